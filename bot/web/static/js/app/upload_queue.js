// Photos on their way into the album: how far each is, what went wrong, and a way back for each.

import { addPhoto, ApiError, removePhoto } from "../net/api.js";
import { byId, el, icon } from "../ui/dom.js";
import { options } from "../state/options.js";
import { fileSize, percent, sentence, t, tn } from "../ui/i18n.js";

const AT_ONCE = 2;
const SAID = {
  waiting: "upload_waiting", sending: "upload_sending", reading: "upload_reading", added: "upload_added",
  known: "upload_known", taken_back: "upload_taken_back", given_up: "upload_given_up",
};

/** changed() is called when the album has other photos than before; open(id) shows a photo. */
export class Uploads {
  #page;
  #items = [];
  #running = 0;

  constructor(page) {
    this.#page = page;
    byId("uploads-close").addEventListener("click", () => this.#close());
    addEventListener("beforeunload", (event) => { if (this.#isBusy) event.preventDefault(); });
  }

  add(files) {
    for (const file of files) {
      const item = { file, state: "waiting", share: 0, photo: null, message: "", giveUp: new AbortController(), row: el("li", { class: "upload", tabindex: -1 }) };
      if (file.size > options.max_upload_bytes) Object.assign(item, { state: "failed", message: t("too_large", { size: fileSize(options.max_upload_bytes) }) });
      this.#items.push(item);
      byId("uploads-list").append(item.row);
      this.#drawItem(item);
    }
    byId("uploads").hidden = false;
    this.#proceed();
  }

  get #isBusy() {
    return this.#items.some(({ state }) => state === "waiting" || state === "sending" || state === "reading");
  }

  #proceed() {
    while (this.#running < AT_ONCE) {
      const item = this.#items.find(({ state }) => state === "waiting");
      if (!item) break;
      this.#send(item);
    }
    this.#drawHead();
  }

  async #send(item) {
    this.#running += 1;
    this.#set(item, { state: "sending", share: 0, message: "", giveUp: new AbortController() });
    try {
      const { photo, isNew } = await addPhoto(item.file, (share) => this.#set(item, { share, state: share < 1 ? "sending" : "reading" }), item.giveUp.signal);
      this.#set(item, { state: isNew ? "added" : "known", photo });
      if (isNew) this.#page.changed();
    } catch (error) {
      if (error.name === "AbortError") this.#set(item, { state: "given_up" });
      else if (error instanceof ApiError) this.#set(item, { state: "failed", message: error.message });
      else throw error;
    } finally {
      this.#running -= 1;
      this.#proceed();
    }
  }

  async #takeBack(item) {
    try {
      await removePhoto(item.photo.id);
      this.#set(item, { state: "taken_back", photo: null });
      this.#page.changed();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#set(item, { message: error.message });
    }
  }

  #set(item, change) {
    const before = item.state;
    Object.assign(item, change);
    const bar = item.row.querySelector("progress");
    // Progress moves the bar; only another state draws the row anew, so that focus stays where it is.
    if (before === item.state && bar && !change.message) bar.value = item.share;
    else this.#drawItem(item);
    this.#drawHead();
  }

  #drawItem(item) {
    const { state, file, photo, message } = item;
    const button = (text, run) => el("button", { type: "button", class: "link", text, "aria-label": `${text}: ${file.name}`, on: { click: run } });
    const actions = {
      waiting: () => [button(t("cancel"), () => { this.#set(item, { state: "given_up" }); })],
      sending: () => [button(t("cancel"), () => item.giveUp.abort())],
      added: () => [button(t("show"), () => this.#page.open(photo.id)), button(t("undo"), () => this.#takeBack(item))],
      known: () => [button(t("show"), () => this.#page.open(photo.id))],
      failed: () => (file.size > options.max_upload_bytes ? [] : [button(t("retry"), () => { this.#set(item, { state: "waiting" }); this.#proceed(); })]),
      given_up: () => [button(t("retry"), () => { this.#set(item, { state: "waiting" }); this.#proceed(); })],
    }[state]?.() || [];
    const sending = state === "sending" || state === "reading";
    const hadFocus = item.row.contains(document.activeElement);
    item.row.className = `upload ${state}`;
    item.row.replaceChildren(
      el("span", { class: "upload-name", text: file.name, title: file.name }),
      el("span", { class: "upload-state", text: state === "failed" ? sentence(message) : t(SAID[state]) }),
      sending ? el("progress", { max: 1, value: state === "reading" ? null : item.share, "aria-label": file.name }) : "",
      message && state !== "failed" ? el("span", { class: "problem", text: sentence(message) }) : "",
      el("span", { class: "upload-actions" }, actions));
    // The button that was pressed may be gone: focus goes to the next one, or stays in the row.
    if (hadFocus) (item.row.querySelector("button") || item.row).focus();
  }

  #drawHead() {
    const done = this.#items.filter(({ state }) => !["waiting", "sending", "reading"].includes(state)).length;
    const failed = this.#items.filter(({ state }) => state === "failed").length;
    const total = this.#items.length;
    const text = done < total ? t("uploading", { done, total }) : failed ? tn("upload_failures", failed) : t("upload_done");
    if (byId("uploads-title").textContent !== text) byId("uploads-title").textContent = text;
    byId("uploads-close").replaceChildren(icon("close"));
    byId("uploads-close").setAttribute("aria-label", done < total ? t("cancel_all") : t("close"));
    document.title = document.title.replace(/^\(\d+ ?%\) /, "");
    if (done < total) document.title = `(${percent(done / total)}) ${document.title}`;
  }

  #close() {
    for (const item of this.#items) {
      if (item.state === "waiting") item.state = "given_up";
      item.giveUp.abort();
    }
    this.#items = [];
    byId("uploads-list").replaceChildren();
    byId("uploads").hidden = true;
    document.title = document.title.replace(/^\(\d+ ?%\) /, "");
  }
}
