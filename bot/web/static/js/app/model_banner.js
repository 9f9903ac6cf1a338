// While the small model answers: what a better one would bring, and one button that fetches it and changes over.

import * as api from "../net/api.js";
import { byId, el } from "../ui/dom.js";
import { savePreference, readPreference } from "../state/storage.js";
import { sentence, number, t } from "../ui/i18n.js";

const BUSY_MS = 1000;
const PUT_AWAY = "model offer put away";

export class ModelBanner {
  #page;
  #timer = 0;
  #drawn = "";
  #before = "";

  /** page: switched() is called when another model answers; covers(notices) hears what the banner says already. */
  constructor(page) {
    this.#page = page;
  }

  async refresh(method = "GET") {
    clearTimeout(this.#timer);
    // Where the server can't index there is no such offer.
    if (!byId("model-banner")) return;
    try {
      const state = await api.model(method);
      this.#page.covers(state.phase === "none" ? [] : state.notices);
      this.#draw(state);
      // A small album is indexed between two looks.
      if (state.phase === "done" && isBusy({ phase: this.#before })) this.#page.switched();
      this.#before = state.phase;
      if (isBusy(state)) this.#timer = setTimeout(() => this.refresh(), BUSY_MS);
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      // The status line says that nobody answers; a change that was under way is looked for again.
      if (isBusy({ phase: this.#before })) this.#timer = setTimeout(() => this.refresh(), 5 * BUSY_MS);
    }
  }

  #draw(state) {
    const place = byId("model-banner");
    const hidden = state.phase === "none" || (state.phase === "offered" && readPreference(PUT_AWAY) === offerOf(state));
    place.hidden = hidden;
    if (hidden) return;
    const progress = place.querySelector("progress");
    // A new figure moves the bar; only another phase is drawn anew, so that focus stays and readers hear it once.
    if (this.#drawn === state.phase && isBusy(state) && progress) {
      place.querySelector(".model-figures").textContent = figures(state);
      setShare(progress, state);
      return;
    }
    this.#drawn = state.phase;
    place.replaceChildren(
      el("p", { class: "model-text", role: "status" }, text(state)),
      isBusy(state) ? el("span", { class: "model-figures", text: figures(state) }) : "",
      isBusy(state) ? setShare(el("progress", { max: 1, "aria-label": text(state) }), state) : "",
      el("span", { class: "actions" }, this.#actions(state)));
  }

  #actions(state) {
    const button = (label, run, kind = "link") => el("button", { type: "button", class: kind, text: label, on: { click: run } });
    const putAway = () => {
      savePreference(PUT_AWAY, offerOf(state));
      byId("model-banner").hidden = true;
    };
    switch (state.phase) {
      case "offered": return [button(offerText(state), () => this.refresh("POST"), "primary"), button(t("model_not_now"), putAway)];
      case "failed": return [button(t("retry"), () => this.refresh("POST"), "primary"), button(t("model_leave"), () => this.refresh("DELETE"))];
      case "done": return [button(t("close"), () => { byId("model-banner").hidden = true; })];
      default: return [button(t("cancel"), () => this.refresh("DELETE"))];
    }
  }
}

const isBusy = ({ phase }) => phase === "fetching" || phase === "indexing";
const megabytes = (bytes) => number(Math.round(bytes / 1e6));
const offerOf = ({ model, bytes_total: total }) => `${model} ${total}`;

function text({ phase, bytes_total: total, message }) {
  switch (phase) {
    case "offered": return t(total ? "model_offer" : "model_due");
    case "fetching": return t("model_fetching");
    case "indexing": return t("model_indexing");
    case "failed": return sentence(message);
    default: return t("model_done");
  }
}

function offerText({ bytes_done: done, bytes_total: total }) {
  if (!total) return t("model_read_again");
  return done ? t("model_go_on", { n: megabytes(total - done) }) : t("model_fetch", { n: megabytes(total) });
}

function figures(state) {
  if (state.phase === "indexing") return state.photos_total ? t("of", { n: number(state.photos_done), total: number(state.photos_total) }) : "";
  return t("model_megabytes", { n: megabytes(state.bytes_done), total: megabytes(state.bytes_total) });
}

function setShare(progress, state) {
  const [done, total] = state.phase === "indexing" ? [state.photos_done, state.photos_total] : [state.bytes_done, state.bytes_total];
  if (total) progress.value = done / total;
  else progress.removeAttribute("value");
  return progress;
}
