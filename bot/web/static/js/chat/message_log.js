// What was said, by both sides. Every text is set as text; entries are kept for a reload of this tab.

import { el, icon } from "../ui/dom.js";
import { showPhoto } from "../ui/responsive_image.js";
import { saveTabState, readTabState } from "../state/storage.js";
import { t } from "../ui/i18n.js";

const KEPT_AS = "chat";
const MOST_ENTRIES = 60;
const MARGIN_PX = 12;
// /help and its like, wherever a text names them.
const COMMAND = /(?<=^|\s)(\/[a-z]{2,12})(?=[\s.,]|$)/m;

/** element is the log. say(text), press(data, entry) and open(id, link) are told what a person does in it. */
export class ChatLog {
  #does;
  #entries = [];
  #drawn = new Map();
  #passing = el("div", { class: "chat-passing" });
  element = el("div", { class: "chat-log", role: "log", "aria-live": "polite", "aria-label": t("chat_title"), tabindex: 0 });

  constructor(does) {
    this.#does = does;
    this.element.append(this.#passing);
    for (const entry of readTabState(KEPT_AS) || []) this.#append(entry);
  }

  /** A reply as the server gives it, or { kind: "mine", text, files }. */
  add(entry) {
    this.#append(entry);
    while (this.#entries.length > MOST_ENTRIES) this.#drop(this.#entries[0]);
    this.#keep();
  }

  remove(entry) {
    this.#drop(entry);
    this.#keep();
  }

  /** The new one takes the place of the old; false where that is gone. */
  replace(old, entry) {
    const at = this.#entries.indexOf(old);
    if (at < 0) return false;
    const drawn = this.#draw(entry);
    this.#drawn.get(old).replaceWith(drawn);
    this.#drawn.delete(old);
    this.#drawn.set(entry, drawn);
    this.#entries[at] = entry;
    this.#keep();
    return true;
  }

  elementOf(entry) {
    return this.#drawn.get(entry);
  }

  /** What stands below the last message until the next: that an answer is on its way, or why there is none. */
  pass(...children) {
    this.#passing.replaceChildren(...children);
    if (children.length) this.scrollTo(this.#passing);
  }

  /** The end, unless the beginning of the element would then be out of sight. */
  scrollTo(element) {
    this.element.scrollTop = element ? element.offsetTop - MARGIN_PX : this.element.scrollHeight;
  }

  #append(entry) {
    const drawn = this.#draw(entry);
    this.#passing.before(drawn);
    this.#drawn.set(entry, drawn);
    this.#entries.push(entry);
  }

  #drop(entry) {
    this.#drawn.get(entry)?.remove();
    this.#drawn.delete(entry);
    this.#entries = this.#entries.filter((one) => one !== entry);
  }

  #keep() {
    // Files don't outlive the page; their names do.
    saveTabState(KEPT_AS, this.#entries.map(({ files, jpeg, ...entry }) => entry));
  }

  #draw(entry) {
    if (entry.kind === "mine") return mine(entry);
    if (entry.kind === "picture") return withNames(entry);
    if (entry.kind === "photos") return el("div", { class: "chat-photos" }, entry.photos.map((photo) => this.#photo(photo)));
    return this.#text(entry);
  }

  #text(entry) {
    const rows = entry.buttons.map((row) => el("div", { class: "chat-row" }, row.map(({ label, data }) =>
      el("button", { type: "button", text: label, on: { click: () => this.#does.press(data, entry) } }))));
    return el("div", { class: "chat-said" },
      entry.title ? el("p", { class: "chat-lead", text: entry.title }) : null,
      entry.text ? el("p", {}, this.#withCommands(entry.text)) : null,
      entry.asks_place ? el("p", { class: "note", text: t("chat_write_place") }) : null,
      rows);
  }

  #withCommands(text) {
    return text.split(COMMAND).map((part, i) => (i % 2
      ? el("button", { type: "button", class: "link chat-command", text: part, on: { click: () => this.#does.say(part) } })
      : part));
  }

  #photo(photo) {
    const { id, width, height, caption, alt } = photo;
    const [names, ...rest] = caption.split("\n");
    const link = el("a", {
      class: "chat-photo", href: `/?photo=${encodeURIComponent(id)}`, "aria-label": t("open_photo", { what: caption.replaceAll("\n", ", ") || alt }),
      on: {
        click: (event) => {
          // With a modifier key the browser opens a tab, as for any link.
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
          event.preventDefault();
          this.#does.open(id, link);
        },
      },
    },
    showPhoto(el("img", { alt, width, height, sizes: "12rem", loading: "lazy", decoding: "async" }), photo, [320, 640]),
    el("span", { class: "chat-names", text: names }),
    ...rest.map((line) => el("span", { text: line })));
    return link;
  }
}

/** The picture that was sent, with names on it. After a reload its names alone are left. */
function withNames({ jpeg, alt }) {
  if (!jpeg) return el("p", { class: "chat-named", text: alt });
  const bytes = Uint8Array.from(atob(jpeg), (one) => one.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
  const done = () => URL.revokeObjectURL(address);
  return el("img", { class: "chat-named", src: address, alt, on: { load: done, error: done } });
}

function mine({ text, names = [], files = [] }) {
  const pictures = names.map((name, i) => (files[i] ? preview(files[i]) : named(name)));
  return el("div", { class: "chat-mine" },
    el("span", { class: "unseen", text: `${t("chat_you")}: ` }),
    pictures.length ? el("div", { class: "chat-given" }, pictures) : null,
    text ? el("p", { text }) : null);
}

function preview(file) {
  const address = URL.createObjectURL(file);
  const done = () => URL.revokeObjectURL(address);
  // Not every browser can draw every format (HEIC): then the name stands for it.
  const stand = (event) => { done(); event.target.replaceWith(named(file.name)); };
  return el("img", { src: address, alt: file.name, on: { load: done, error: stand } });
}

const named = (name) => el("span", { class: "chat-file" }, icon("photo"), name);
