// The chat: a drawer at the side of the page, or the whole screen on a phone.

import { ApiError, sendChatMessage, appendFiles } from "../net/api.js";
import { Composer } from "./composer.js";
import { MessageLog } from "./message_log.js";
import { parsePlace } from "./parse_place.js";
import { byId, el, icon, targetOf } from "../ui/dom.js";
import { saveTabState } from "../state/storage.js";
import { toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

/** @import { Reply, TextReply } from "../net/api.js" */
/** @import { Draft } from "./composer.js" */
/** @import { Entry, OwnMessage } from "./message_log.js" */
/**
 * open shows a photo; onChange is called when a message may have changed the album.
 * @typedef {{ open: (id: string) => void, onChange: () => void }} Page
 */
/**
 * Called when a message could not be sent: restores the draft and returns a function that sends it again.
 * @typedef {() => () => void} Restore
 */

const phone = matchMedia("(max-width: 40rem)");
const touchScreen = matchMedia("(pointer: coarse)");

/** The chat drawer. It sends messages to the server's conversation and shows the replies. */
export class ChatDrawer {
  #button;
  #page;
  #dialog;
  #byKeyboard = false;
  #busy = false;
  // Whether the next message may be the name of a peak that corrects a photo.
  #expectsPeak = false;
  #composer = new Composer((draft) => this.#send(draft));
  #log = new MessageLog({
    say: (text) => this.#say(text),
    press: (data, entry) => this.#press(data, entry),
    open: (id, link) => this.#openPhoto(id, link),
  });

  /**
   * @param {HTMLButtonElement} button opens and closes the drawer
   * @param {Page} page
   */
  constructor(button, page) {
    this.#button = button;
    this.#page = page;
    this.#log.element.prepend(this.#greeting());
    const close = el(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-label": t("close"),
        title: t("close"),
        on: { click: () => this.#dialog.close() },
      },
      icon("close"),
    );
    this.#dialog = el(
      "dialog",
      { id: "chat", class: "chat", tabindex: -1, "aria-labelledby": "chat-title" },
      el("div", { class: "chat-head" }, el("h2", { id: "chat-title", text: t("chat_title") }), close),
      this.#log.element,
      this.#composer.element,
    );
    this.#dialog.addEventListener("close", () => this.#onClose());
    this.#dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.#dialog.addEventListener("pointerdown", () => {
      this.#byKeyboard = false;
    });
    this.#listenForPhotos();
    document.body.append(this.#dialog);
  }

  /**
   * Open or close the drawer.
   * @param {{ byKeyboard: boolean }} options
   */
  toggle({ byKeyboard }) {
    this.#byKeyboard = byKeyboard;
    if (this.#dialog.open) this.#dialog.close();
    else this.open();
  }

  /**
   * Open the drawer. takesFocus is false if it only returns after a reload.
   * @param {{ takesFocus?: boolean }} [options]
   */
  open({ takesFocus = true } = {}) {
    const before = focusedElement();
    if (phone.matches) this.#dialog.showModal();
    else this.#dialog.show();
    document.body.classList.add("chatting");
    this.#button.setAttribute("aria-expanded", "true");
    saveTabState("chat open", true);
    this.#log.scrollTo(null);
    if (takesFocus) this.#focus();
    else this.#restoreFocus(before);
  }

  /**
   * Undo that show() of a dialog moves the focus into it.
   * @param {HTMLElement} before
   */
  #restoreFocus(before) {
    if (phone.matches) this.#dialog.focus();
    else if (before !== document.body) before.focus();
    else focusedElement().blur();
  }

  #onClose() {
    document.body.classList.remove("chatting");
    this.#button.setAttribute("aria-expanded", "false");
    saveTabState("chat open", false);
    this.#button.focus();
  }

  /** Focus the composer, unless that would open the on-screen keyboard unasked. */
  #focus() {
    if (touchScreen.matches && !this.#byKeyboard) this.#dialog.focus();
    else this.#composer.focus();
  }

  #greeting() {
    const ask = (/** @type {string} */ label, /** @type {string} */ text) =>
      el("button", { type: "button", class: "chip", text: label, on: { click: () => this.#say(text) } });
    return el(
      "div",
      { class: "chat-greeting" },
      el("p", { class: "chat-lead", text: t("chat_hello") }),
      el("p", { text: t("chat_how") }),
      el("div", { class: "chips" }, ask(t("chat_ask_peaks"), "/peaks"), ask(t("chat_ask_help"), "/help")),
    );
  }

  /**
   * Send a draft of the composer. If it fails, the draft goes back into the composer, which stays empty until then.
   * @param {Draft} draft
   */
  #send(draft) {
    this.#post(draft, () => {
      this.#composer.fill(draft);
      return () => this.#composer.submit();
    });
  }

  /**
   * Send the text of a button; the draft in the composer stays.
   * @param {string} text
   */
  #say(text) {
    this.#post({ text, files: [] }, () => () => this.#say(text));
  }

  /**
   * @param {Draft} draft
   * @param {Restore} restore
   */
  #post({ text, files }, restore) {
    if (this.#busy) return;
    /** @type {OwnMessage} */
    const entry = { kind: "mine", text, files, names: files.map((file) => file.name) };
    this.#log.add(entry);
    this.#request(requestBody(text, files), () => {
      this.#log.remove(entry);
      return restore();
    });
  }

  /**
   * @param {string} data
   * @param {TextReply} entry
   */
  #press(data, entry) {
    if (this.#busy) return;
    this.#request({ pressed: data }, () => () => this.#press(data, entry), entry);
  }

  /**
   * Send a message and draw the replies.
   * @param {object | FormData | Promise<object | FormData>} body
   * @param {Restore} restore
   * @param {?TextReply} pressed the entry of the button that was pressed
   */
  async #request(body, restore, pressed = null) {
    this.#busy = true;
    this.#composer.lock(true);
    this.#log.showPending(el("p", { class: "waiting", text: t("chat_waiting") }));
    try {
      const { replies } = await sendChatMessage(await body);
      this.#log.showPending();
      this.#draw(replies, pressed);
    } catch (error) {
      const retry = restore();
      this.#log.showPending();
      // A bug in the page belongs in the console, not on the screen.
      if (!(error instanceof ApiError)) throw error;
      const problem = error.status >= 500 ? t("chat_not_sent") : error.message;
      this.#log.showPending(
        el("p", { class: "problem", text: problem }),
        el("button", {
          type: "button",
          text: t("retry"),
          on: {
            click: () => {
              this.#focus();
              retry();
            },
          },
        }),
      );
    } finally {
      this.#busy = false;
      this.#composer.lock(false);
    }
  }

  /**
   * @param {Reply[]} replies
   * @param {?TextReply} pressed
   */
  #draw(replies, pressed) {
    const hadFocus = pressed && this.#log.elementOf(pressed)?.contains(document.activeElement);
    /** @type {Entry[]} */
    const entries = [];
    for (const reply of replies) {
      if (reply.kind === "toast") toast(reply.text);
      else if (reply.kind === "buttons_gone") {
        if (pressed) this.#log.replace(pressed, { ...pressed, buttons: [] });
      } else {
        const replaces = reply.kind === "text" && reply.replaces && pressed;
        if (!replaces || !this.#log.replace(pressed, reply)) this.#log.add(reply);
        entries.push(reply);
      }
    }
    const [first] = entries;
    if (first) this.#log.scrollTo(this.#log.elementOf(first));
    const texts = replies.filter((reply) => reply.kind === "text");
    const expectsText = texts.some((reply) => reply.asks_text || reply.asks_place);
    if (expectsText) this.#composer.focus();
    else if (hadFocus && !this.#dialog.contains(document.activeElement)) this.#focusReply(first);
    if ((pressed || this.#expectsPeak) && !replies.some((reply) => reply.kind === "photos")) this.#page.onChange();
    this.#expectsPeak = texts.some((reply) => reply.asks_text);
  }

  /**
   * The focused button is gone: focus the first button of the reply, or the composer.
   * @param {Entry | undefined} entry
   */
  #focusReply(entry) {
    const next = entry && this.#log.elementOf(entry)?.querySelector("button");
    if (next) next.focus();
    else this.#focus();
  }

  /**
   * @param {string} id
   * @param {HTMLElement} link
   */
  #openPhoto(id, link) {
    this.#page.open(id);
    byId("viewer").addEventListener("close", () => link.focus(), { once: true });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    this.#byKeyboard = true;
    if (event.key === "Escape") {
      event.preventDefault();
      this.#dialog.close();
    } else if (event.key === "/") {
      // "/" starts a command here; it must not focus the search box of the page.
      event.stopPropagation();
      if (targetOf(event).matches("input")) return;
      event.preventDefault();
      this.#composer.focus();
    }
  }

  /** Attach photos that are pasted or dropped on the drawer; stop the events, so that the page ignores them. */
  #listenForPhotos() {
    this.#dialog.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      event.stopPropagation();
      this.#composer.attach(event.clipboardData.files);
    });
    const onDrag = (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      this.#dialog.classList.toggle("dropping", event.type === "dragenter" || event.type === "dragover");
      if (event.type === "drop") this.#composer.attach(event.dataTransfer.files);
    };
    this.#dialog.addEventListener("dragenter", onDrag);
    this.#dialog.addEventListener("dragover", onDrag);
    this.#dialog.addEventListener("dragleave", onDrag);
    this.#dialog.addEventListener("drop", onDrag);
  }
}

const focusedElement = () => (document.activeElement instanceof HTMLElement ? document.activeElement : document.body);

/**
 * @param {string} text
 * @param {File[]} files
 */
async function requestBody(text, files) {
  if (!files.length) {
    const place = parsePlace(text);
    return place ? { place } : { text };
  }
  const form = new FormData();
  if (text) form.append("text", text);
  return appendFiles(form, files);
}
