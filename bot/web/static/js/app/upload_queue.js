// The upload queue: photos that are added to the album, with progress, errors, retry and undo for each.

import { addPhoto, ApiError, removePhoto } from "../net/api.js";
import { byId, el, icon } from "../ui/dom.js";
import { options } from "../state/options.js";
import { fileSize, percent, capitalize, t, tn } from "../ui/i18n.js";

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

  /** Add files to the queue. */
  add(files) {
    for (const file of files) {
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
      if (error.name === "AbortError") this.#set(item, { state: "given_up" });
      else if (error instanceof ApiError) this.#set(item, { state: "failed", message: error.message });
      else throw error;
    } finally {
      this.#running -= 1;
      this.#startNext();
    }
  }

  async #undo(item) {
    try {
      await removePhoto(item.photo.id);
      this.#set(item, { state: "taken_back", photo: null });
      this.#page.onChange();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#set(item, { message: error.message });
    }
  }

  #set(item, change) {
    const before = item.state;
    Object.assign(item, change);
    const bar = item.row.querySelector("progress");
    // Progress only moves the bar; only a new state redraws the row, so that focus stays.
    if (before === item.state && bar && !change.message) bar.value = item.share;
    else this.#drawItem(item);
    this.#drawHead();
  }

  #drawItem(item) {
    const { state, file, photo, message } = item;
    const button = (text, run) =>
      el("button", { type: "button", class: "link", text, "aria-label": `${text}: ${file.name}`, on: { click: run } });
    const actions =
      {
        waiting: () => [
          button(t("cancel"), () => {
            this.#set(item, { state: "given_up" });
          }),
        ],
        sending: () => [button(t("cancel"), () => item.abort.abort())],
        added: () => [button(t("show"), () => this.#page.open(photo.id)), button(t("undo"), () => this.#undo(item))],
        known: () => [button(t("show"), () => this.#page.open(photo.id))],
        failed: () =>
          file.size > options.max_upload_bytes
            ? []
            : [
                button(t("retry"), () => {
                  this.#set(item, { state: "waiting" });
                  this.#startNext();
                }),
              ],
        given_up: () => [
          button(t("retry"), () => {
            this.#set(item, { state: "waiting" });
            this.#startNext();
          }),
        ],
      }[state]?.() || [];
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
      el("span", { class: "upload-actions" }, actions),
    );
    // The focused button may be gone: focus the next button, or the row.
    if (hadFocus) (item.row.querySelector("button") || item.row).focus();
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
