// The chat's messages of both sides. All texts are inserted as text; entries survive a reload of the tab.

import { el, icon, targetOf } from "../ui/dom.js";
import { showPhoto } from "../ui/responsive_image.js";
import { saveTabState, readTabState } from "../state/storage.js";
import { t } from "../ui/i18n.js";

/** @import { ChatPhoto, PhotosReply, PictureReply, TextReply } from "../net/api.js" */
/**
 * A message of the person. Its files are missing after a reload.
 * @typedef {{ kind: "mine", text: string, files?: File[], names?: string[] }} OwnMessage
 */
/** @typedef {OwnMessage | TextReply | PhotosReply | PictureReply} Entry */

const STORAGE_KEY = "chat";
const ENTRIES_MAX = 60;
const MARGIN_PX = 12;
// Commands such as /help within a text.
const COMMAND = /(?<=^|\s)(\/[a-z]{2,12})(?=[\s.,]|$)/m;

/** The log; `element` is its container. */
export class MessageLog {
  #actions;
  /** @type {Entry[]} */
  #entries = [];
  /** @type {Map<Entry, HTMLElement>} */
  #elements = new Map();
  #pending = el("div", { class: "chat-pending" });
  element = el("div", {
    class: "chat-log",
    role: "log",
    "aria-live": "polite",
    "aria-label": t("chat_title"),
    tabindex: 0,
  });

  /**
   * @param {{ say: (text: string) => void, press: (data: string, entry: TextReply) => void,
   *   open: (id: string, link: HTMLElement) => void }} actions say sends a command, press reports a pressed button,
   *   open shows a photo
   */
  constructor(actions) {
    this.#actions = actions;
    this.element.append(this.#pending);
    for (const entry of readTabState(STORAGE_KEY) || []) this.#append(entry);
  }

  /**
   * Append an entry.
   * @param {Entry} entry
   */
  add(entry) {
    this.#append(entry);
    while (this.#entries.length > ENTRIES_MAX) this.#drop(this.#entries[0]);
    this.#save();
  }

  /** @param {Entry} entry */
  remove(entry) {
    this.#drop(entry);
    this.#save();
  }

  /**
   * Replace an entry; returns false if it is no longer in the log.
   * @param {Entry} old
   * @param {Entry} entry
   */
  replace(old, entry) {
    const at = this.#entries.indexOf(old);
    if (at < 0) return false;
    const element = this.#draw(entry);
    this.#elements.get(old)?.replaceWith(element);
    this.#elements.delete(old);
    this.#elements.set(entry, element);
    this.#entries[at] = entry;
    this.#save();
    return true;
  }

  /** @param {Entry} entry */
  elementOf(entry) {
    return this.#elements.get(entry);
  }

  /**
   * Show elements below the last message, such as a waiting indicator or an error; without any, clear the place.
   * @param {HTMLElement[]} children
   */
  showPending(...children) {
    this.#pending.replaceChildren(...children);
    if (children.length) this.scrollTo(this.#pending);
  }

  /**
   * Scroll to the top of an element; null scrolls to the end.
   * @param {HTMLElement | null | undefined} element
   */
  scrollTo(element) {
    this.element.scrollTop = element ? element.offsetTop - MARGIN_PX : this.element.scrollHeight;
  }

  /** @param {Entry} entry */
  #append(entry) {
    const element = this.#draw(entry);
    this.#pending.before(element);
    this.#elements.set(entry, element);
    this.#entries.push(entry);
  }

  /** @param {Entry} entry */
  #drop(entry) {
    this.#elements.get(entry)?.remove();
    this.#elements.delete(entry);
    this.#entries = this.#entries.filter((one) => one !== entry);
  }

  #save() {
    // Files and annotated pictures are too large to store; their names remain.
    const withoutFiles = (/** @type {string} */ key, /** @type {unknown} */ value) =>
      key === "files" || key === "jpeg" ? undefined : value;
    saveTabState(STORAGE_KEY, JSON.parse(JSON.stringify(this.#entries, withoutFiles)));
  }

  /**
   * @param {Entry} entry
   * @returns {HTMLElement}
   */
  #draw(entry) {
    if (entry.kind === "mine") return drawOwnMessage(entry);
    if (entry.kind === "picture") return drawAnnotatedPicture(entry);
    if (entry.kind === "photos")
      return el(
        "div",
        { class: "chat-photos" },
        entry.photos.map((photo) => this.#photo(photo)),
      );
    return this.#text(entry);
  }

  /** @param {TextReply} entry */
  #text(entry) {
    const rows = entry.buttons.map((row) =>
      el(
        "div",
        { class: "chat-row" },
        row.map(({ label, data }) =>
          el("button", { type: "button", text: label, on: { click: () => this.#actions.press(data, entry) } }),
        ),
      ),
    );
    return el(
      "div",
      { class: "chat-reply" },
      entry.title ? el("p", { class: "chat-lead", text: entry.title }) : null,
      entry.text ? el("p", {}, this.#withCommands(entry.text)) : null,
      entry.asks_place ? el("p", { class: "note", text: t("chat_write_place") }) : null,
      rows,
    );
  }

  /**
   * Turn the commands of a text into buttons.
   * @param {string} text
   */
  #withCommands(text) {
    return text.split(COMMAND).map((part, i) =>
      i % 2
        ? el("button", {
            type: "button",
            class: "link chat-command",
            text: part,
            on: { click: () => this.#actions.say(part) },
          })
        : part,
    );
  }

  /** @param {ChatPhoto} photo */
  #photo(photo) {
    const { id, width, height, caption, alt } = photo;
    const [names, ...rest] = caption.split("\n");
    const link = el(
      "a",
      {
        class: "chat-photo",
        href: `/?photo=${encodeURIComponent(id)}`,
        "aria-label": t("open_photo", { what: caption.replaceAll("\n", ", ") || alt }),
        on: {
          click: (event) => {
            // With a modifier key the browser opens the link in a new tab or window.
            if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
            event.preventDefault();
            this.#actions.open(id, link);
          },
        },
      },
      showPhoto(
        el("img", { alt, width, height, sizes: "12rem", loading: "lazy", decoding: "async" }),
        photo,
        [320, 640],
      ),
      el("span", { class: "chat-names", text: names }),
      ...rest.map((line) => el("span", { text: line })),
    );
    return link;
  }
}

/**
 * The picture that was sent, with names drawn on it. After a reload only the names remain.
 * @param {PictureReply} picture
 */
function drawAnnotatedPicture({ jpeg, alt }) {
  if (!jpeg) return el("p", { class: "chat-annotated", text: alt });
  const bytes = Uint8Array.from(atob(jpeg), (one) => one.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
  const revoke = () => URL.revokeObjectURL(url);
  return el("img", { class: "chat-annotated", src: url, alt, on: { load: revoke, error: revoke } });
}

/** @param {OwnMessage} message */
function drawOwnMessage({ text, names = [], files = [] }) {
  const pictures = names.map((name, i) => (files[i] ? preview(files[i]) : fileName(name)));
  return el(
    "div",
    { class: "chat-own" },
    el("span", { class: "visually-hidden", text: `${t("chat_you")}: ` }),
    pictures.length ? el("div", { class: "chat-attachments" }, pictures) : null,
    text ? el("p", { text }) : null,
  );
}

/** @param {File} file */
function preview(file) {
  const url = URL.createObjectURL(file);
  const revoke = () => URL.revokeObjectURL(url);
  // Not every browser can decode every format (HEIC): show the file name instead.
  const fallBack = (/** @type {Event} */ event) => {
    revoke();
    targetOf(event).replaceWith(fileName(file.name));
  };
  return el("img", { src: url, alt: file.name, on: { load: revoke, error: fallBack } });
}

/** @param {string} name */
const fileName = (name) => el("span", { class: "chat-file" }, icon("photo"), name);
