// The upload queue: photos that are added to the album, with progress, errors, retry and undo for each.

import { addPhoto, ApiError, isAbort, removePhoto } from "../net/api.js";
import { byId, el, icon } from "../ui/dom.js";
import { options } from "../state/options.js";
import { fileSize, percent, capitalize, t, tn } from "../ui/i18n.js";

/** @import { Photo } from "openapi" */
/** @typedef {keyof typeof STATE_TEXTS | "failed"} UploadState */
/**
 * A file in the queue. share is what has been sent, from 0 to 1; photo is the added photo; message says what went wrong.
 * @typedef {{
 *   file: File,
 *   state: UploadState,
 *   share: number,
 *   photo: ?Photo,
 *   message: string,
 *   abort: AbortController,
 *   row: HTMLLIElement,
 * }} Item
 */

const CONCURRENT_MAX = 2;
// Text keys of the states; the text of the state "failed" is its error message.
const STATE_TEXTS = {
  waiting: "upload_waiting",
  sending: "upload_sending",
  reading: "upload_reading",
  added: "upload_added",
  known: "upload_known",
  taken_back: "upload_taken_back",
  given_up: "upload_given_up",
};

/** The queue and its panel. */
export class UploadQueue {
  #page;
  /** @type {Item[]} */
  #items = [];
  #running = 0;

  /**
   * @param {{ onChange: () => void, open: (id: string) => void }} page onChange is called when photos were added or
   *   removed; open shows a photo
   */
  constructor(page) {
    this.#page = page;
    byId("uploads-close").addEventListener("click", () => this.#close());
    addEventListener("beforeunload", (event) => {
      if (this.#isBusy) event.preventDefault();
    });
  }

  /**
   * Add files to the queue.
   * @param {File[]} files
   */
  add(files) {
    for (const file of files) {
      /** @type {Item} */
      const item = {
        file,
        state: "waiting",
        share: 0,
        photo: null,
        message: "",
        abort: new AbortController(),
        row: el("li", { class: "upload", tabindex: -1 }),
      };
      if (file.size > options.max_upload_bytes)
        Object.assign(item, { state: "failed", message: t("too_large", { size: fileSize(options.max_upload_bytes) }) });
      this.#items.push(item);
      byId("uploads-list").append(item.row);
      this.#drawItem(item);
    }
    byId("uploads").hidden = false;
    this.#startNext();
  }

  get #isBusy() {
    return this.#items.some(({ state }) => state === "waiting" || state === "sending" || state === "reading");
  }

  #startNext() {
    while (this.#running < CONCURRENT_MAX) {
      const item = this.#items.find(({ state }) => state === "waiting");
      if (!item) break;
      this.#send(item);
    }
    this.#drawHead();
  }

  /** @param {Item} item */
  async #send(item) {
    this.#running += 1;
    this.#set(item, { state: "sending", share: 0, message: "", abort: new AbortController() });
    try {
      const { photo, isNew } = await addPhoto(
        item.file,
        (share) => this.#set(item, { share, state: share < 1 ? "sending" : "reading" }),
        item.abort.signal,
      );
      this.#set(item, { state: isNew ? "added" : "known", photo });
      if (isNew) this.#page.onChange();
    } catch (error) {
      if (isAbort(error)) this.#set(item, { state: "given_up" });
      else if (error instanceof ApiError) this.#set(item, { state: "failed", message: error.message });
      else throw error;
    } finally {
      this.#running -= 1;
      this.#startNext();
    }
  }

  /**
   * @param {Item} item
   * @param {Photo} photo
   */
  async #undo(item, photo) {
    try {
      await removePhoto(photo.id);
      this.#set(item, { state: "taken_back", photo: null });
      this.#page.onChange();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#set(item, { message: error.message });
    }
  }

  /**
   * @param {Item} item
   * @param {Partial<Item>} change
   */
  #set(item, change) {
    const before = item.state;
    Object.assign(item, change);
    const bar = item.row.querySelector("progress");
    // Progress only moves the bar; only a new state redraws the row, so that focus stays.
    if (before === item.state && bar && !change.message) bar.value = item.share;
    else this.#drawItem(item);
    this.#drawHead();
  }

  /** @param {Item} item */
  #drawItem(item) {
    const { state, file, message } = item;
    const sending = state === "sending" || state === "reading";
    const hadFocus = item.row.contains(document.activeElement);
    item.row.className = `upload ${state}`;
    item.row.replaceChildren(
      el("span", { class: "upload-name", text: file.name, title: file.name }),
      el("span", { class: "upload-state", text: state === "failed" ? capitalize(message) : t(STATE_TEXTS[state]) }),
      sending
        ? el("progress", { max: 1, value: state === "reading" ? null : item.share, "aria-label": file.name })
        : "",
      message && state !== "failed" ? el("span", { class: "problem", text: capitalize(message) }) : "",
      el("span", { class: "upload-actions" }, this.#actions(item)),
    );
    // The focused button may be gone: focus the next button, or the row.
    if (hadFocus) (item.row.querySelector("button") || item.row).focus();
  }

  /** @param {Item} item */
  #actions(item) {
    const { state, file, photo } = item;
    const button = (/** @type {string} */ text, /** @type {() => void} */ run) =>
      el("button", { type: "button", class: "link", text, "aria-label": `${text}: ${file.name}`, on: { click: run } });
    const giveUp = () => this.#set(item, { state: "given_up" });
    const retry = () => {
      this.#set(item, { state: "waiting" });
      this.#startNext();
    };
    const isTooLarge = file.size > options.max_upload_bytes;
    if (state === "waiting") return [button(t("cancel"), giveUp)];
    if (state === "sending") return [button(t("cancel"), () => item.abort.abort())];
    if ((state === "failed" && !isTooLarge) || state === "given_up") return [button(t("retry"), retry)];
    const actions = [];
    if (photo) actions.push(button(t("show"), () => this.#page.open(photo.id)));
    if (photo && state === "added") actions.push(button(t("undo"), () => this.#undo(item, photo)));
    return actions;
  }

  #drawHead() {
    const done = this.#items.filter(({ state }) => !["waiting", "sending", "reading"].includes(state)).length;
    const failed = this.#items.filter(({ state }) => state === "failed").length;
    const total = this.#items.length;
    const text =
      done < total ? t("uploading", { done, total }) : failed ? tn("upload_failures", failed) : t("upload_done");
    if (byId("uploads-title").textContent !== text) byId("uploads-title").textContent = text;
    byId("uploads-close").replaceChildren(icon("close"));
    byId("uploads-close").setAttribute("aria-label", done < total ? t("cancel_all") : t("close"));
    document.title = document.title.replace(/^\(\d+ ?%\) /, "");
    if (done < total) document.title = `(${percent(done / total)}) ${document.title}`;
  }

  #close() {
    for (const item of this.#items) {
      if (item.state === "waiting") item.state = "given_up";
      item.abort.abort();
    }
    this.#items = [];
    byId("uploads-list").replaceChildren();
    byId("uploads").hidden = true;
    document.title = document.title.replace(/^\(\d+ ?%\) /, "");
  }
}
