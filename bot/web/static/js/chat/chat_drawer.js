// The chat: a drawer beside the page, the whole screen of a phone. It talks to the server's conversation.

import { ApiError, say, withFiles } from "../net/api.js";
import { ChatBox } from "./composer.js";
import { ChatLog } from "./message_log.js";
import { readPlace } from "./parse_place.js";
import { byId, el, icon } from "../ui/dom.js";
import { saveTabState } from "../state/storage.js";
import { toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

const isPhone = matchMedia("(max-width: 40rem)");
const isTouched = matchMedia("(pointer: coarse)");

export class Chat {
  #button;
  #page;
  #dialog;
  #byKeyboard = false;
  #busy = false;
  // The next words may be the name of a peak, which corrects a photo.
  #namesPeak = false;
  #box = new ChatBox((made) => this.#send(made));
  #log = new ChatLog({
    say: (text) => this.#say(text),
    press: (data, entry) => this.#press(data, entry),
    open: (id, link) => this.#openPhoto(id, link),
  });

  constructor(button, page) {
    this.#button = button;
    this.#page = page;
    this.#log.element.prepend(this.#greeting());
    const close = el("button", { type: "button", class: "quiet", "aria-label": t("close"), title: t("close"), on: { click: () => this.#dialog.close() } }, icon("close"));
    this.#dialog = el("dialog", { id: "chat", class: "chat", tabindex: -1, "aria-labelledby": "chat-title" },
      el("div", { class: "chat-head" }, el("h2", { id: "chat-title", text: t("chat_title") }), close),
      this.#log.element, this.#box.element);
    this.#dialog.addEventListener("close", () => this.#closed());
    this.#dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.#dialog.addEventListener("pointerdown", () => { this.#byKeyboard = false; });
    this.#listenForPhotos();
    document.body.append(this.#dialog);
  }

  toggle({ byKeyboard }) {
    this.#byKeyboard = byKeyboard;
    if (this.#dialog.open) this.#dialog.close();
    else this.open();
  }

  open({ takesFocus = true } = {}) {
    const before = document.activeElement;
    if (isPhone.matches) this.#dialog.showModal();
    else this.#dialog.show();
    document.body.classList.add("chatting");
    this.#button.setAttribute("aria-expanded", "true");
    saveTabState("chat open", true);
    this.#log.scrollTo(null);
    if (takesFocus) this.#focus();
    else this.#giveFocusBack(before);
  }

  /** A dialog takes the focus when it is shown, whoever had it. */
  #giveFocusBack(before) {
    if (isPhone.matches) this.#dialog.focus();
    else if (before && before !== document.body) before.focus();
    else document.activeElement.blur();
  }

  #closed() {
    document.body.classList.remove("chatting");
    this.#button.setAttribute("aria-expanded", "false");
    saveTabState("chat open", false);
    this.#button.focus();
  }

  /** Into the box; not where that would bring up a phone's keyboard unasked. */
  #focus() {
    if (isTouched.matches && !this.#byKeyboard) this.#dialog.focus();
    else this.#box.focus();
  }

  #greeting() {
    const ask = (label, text) => el("button", { type: "button", class: "chip", text: label, on: { click: () => this.#say(text) } });
    return el("div", { class: "chat-hello" },
      el("p", { class: "chat-lead", text: t("chat_hello") }), el("p", { text: t("chat_how") }),
      el("div", { class: "chips" }, ask(t("chat_ask_peaks"), "/peaks"), ask(t("chat_ask_help"), "/help")));
  }

  /** What was made in the box goes back there unsent; it is empty until then. */
  #send(made) {
    this.#post(made, () => {
      this.#box.fill(made);
      return () => this.#box.submit();
    });
  }

  /** What a button says leaves alone what stands in the box. */
  #say(text) {
    this.#post({ text, files: [] }, () => () => this.#say(text));
  }

  #post({ text, files }, unsent) {
    if (this.#busy) return;
    const entry = { kind: "mine", text, files, names: files.map((file) => file.name) };
    this.#log.add(entry);
    this.#ask(message(text, files), () => {
      this.#log.remove(entry);
      return unsent();
    });
  }

  #press(data, entry) {
    if (this.#busy) return;
    this.#ask({ pressed: data }, () => () => this.#press(data, entry), entry);
  }

  /** unsent() puts back what could not be sent, and gives what sends it again. */
  async #ask(body, unsent, pressed = null) {
    this.#busy = true;
    this.#box.lock(true);
    this.#log.pass(el("p", { class: "waiting", text: t("chat_waiting") }));
    try {
      const { replies } = await say(await body);
      this.#log.pass();
      this.#draw(replies, pressed);
    } catch (error) {
      const again = unsent();
      this.#log.pass();
      // A fault of the page itself belongs in the console, not in front of people.
      if (!(error instanceof ApiError)) throw error;
      const told = error.status >= 500 ? t("chat_not_sent") : error.message;
      this.#log.pass(
        el("p", { class: "problem", text: told }),
        el("button", { type: "button", text: t("retry"), on: { click: () => { this.#focus(); again(); } } }));
    } finally {
      this.#busy = false;
      this.#box.lock(false);
    }
  }

  #draw(replies, pressed) {
    const hadFocus = pressed && this.#log.elementOf(pressed)?.contains(document.activeElement);
    let first = null;
    for (const reply of replies) {
      if (reply.kind === "toast") toast(reply.text);
      else if (reply.kind === "buttons_gone") this.#log.replace(pressed, { ...pressed, buttons: [] });
      else if (!(reply.replaces && this.#log.replace(pressed, reply))) this.#log.add(reply);
      if (!first && reply.kind !== "toast" && reply.kind !== "buttons_gone") first = reply;
    }
    if (first) this.#log.scrollTo(this.#log.elementOf(first));
    const wants = replies.some((reply) => reply.asks_text || reply.asks_place);
    if (wants) this.#box.focus();
    else if (hadFocus && !this.#dialog.contains(document.activeElement)) this.#focusAfter(first);
    if ((pressed || this.#namesPeak) && !replies.some((reply) => reply.kind === "photos")) this.#page.changed();
    this.#namesPeak = replies.some((reply) => reply.asks_text);
  }

  /** Who pressed a button that is gone goes on at the first of what has come in its place. */
  #focusAfter(entry) {
    const next = entry && this.#log.elementOf(entry)?.querySelector("button");
    if (next) next.focus();
    else this.#focus();
  }

  #openPhoto(id, link) {
    this.#page.open(id);
    byId("viewer").addEventListener("close", () => link.focus(), { once: true });
  }

  #onKey(event) {
    this.#byKeyboard = true;
    if (event.key === "Escape") {
      event.preventDefault();
      this.#dialog.close();
    } else if (event.key === "/") {
      // A command begins; the page's own box stays out of it.
      event.stopPropagation();
      if (event.target.matches("input")) return;
      event.preventDefault();
      this.#box.focus();
    }
  }

  /** What is pasted or dropped here is for the chat; the page, which listens as well, does not hear of it. */
  #listenForPhotos() {
    const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
    this.#dialog.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      event.stopPropagation();
      this.#box.attach(event.clipboardData.files);
    });
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
      this.#dialog.addEventListener(name, (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        this.#dialog.classList.toggle("dropping", name === "dragenter" || name === "dragover");
        if (name === "drop") this.#box.attach(event.dataTransfer.files);
      });
    }
  }
}

async function message(text, files) {
  if (!files.length) {
    const place = readPlace(text);
    return place ? { place } : { text };
  }
  const form = new FormData();
  if (text) form.append("text", text);
  return withFiles(form, files);
}
