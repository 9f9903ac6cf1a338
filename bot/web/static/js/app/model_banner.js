// The banner that offers the better model while the small one is active: it downloads the model and switches to it.

import * as api from "../net/api.js";
import { byId, el } from "../ui/dom.js";
import { savePreference, readPreference } from "../state/storage.js";
import { capitalize, number, t } from "../ui/i18n.js";

/** @import { ModelState } from "../net/api.js" */

const POLL_MS = 1000;
const DISMISSED_KEY = "model offer put away";

/** The banner. It polls the server while an upgrade is running. */
export class ModelBanner {
  #page;
  #timer = 0;
  #drawn = "";
  /** @type {ModelState["phase"]} */
  #phaseBefore = "none";

  /**
   * @param {{ onSwitch: () => void, hideNotices: (notices: string[]) => void }} page onSwitch is called when another
   *   model is active; hideNotices gets the notices that the banner already covers
   */
  constructor(page) {
    this.#page = page;
  }

  /**
   * Load and draw the state; "POST" starts the upgrade, "DELETE" stops it.
   * @param {"GET" | "POST" | "DELETE"} [method]
   */
  async refresh(method = "GET") {
    clearTimeout(this.#timer);
    const banner = byId("model-banner");
    // The template has no banner if the server can't index.
    if (!banner) return;
    try {
      const state = await api.model(method);
      this.#page.hideNotices(state.phase === "none" ? [] : state.notices);
      this.#draw(banner, state);
      // The phase "indexing" may be over between two polls, so check for any busy phase.
      if (state.phase === "done" && isBusy({ phase: this.#phaseBefore })) this.#page.onSwitch();
      this.#phaseBefore = state.phase;
      if (isBusy(state)) this.#timer = setTimeout(() => this.refresh(), POLL_MS);
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      // The status line reports that the server is unreachable. Poll on if an upgrade was running.
      if (isBusy({ phase: this.#phaseBefore })) this.#timer = setTimeout(() => this.refresh(), 5 * POLL_MS);
    }
  }

  /**
   * @param {HTMLElement} banner
   * @param {ModelState} state
   */
  #draw(banner, state) {
    const hidden =
      state.phase === "none" || (state.phase === "offered" && readPreference(DISMISSED_KEY) === offerKey(state));
    banner.hidden = hidden;
    if (hidden) return;
    const progress = banner.querySelector("progress");
    const shown = banner.querySelector(".model-figures");
    const drawing = `${state.phase} ${state.stopping}`;
    // Only a new phase redraws the banner, so that focus stays and screen readers announce it once.
    if (this.#drawn === drawing && isBusy(state) && progress && shown) {
      shown.textContent = figures(state);
      setProgress(progress, state);
      return;
    }
    this.#drawn = drawing;
    banner.replaceChildren(
      el("p", { class: "model-text", role: "status" }, text(state)),
      isBusy(state) ? el("span", { class: "model-figures", text: figures(state) }) : "",
      isBusy(state) ? setProgress(el("progress", { max: 1, "aria-label": text(state) }), state) : "",
      el("span", { class: "actions" }, this.#actions(banner, state)),
    );
  }

  /**
   * @param {HTMLElement} banner
   * @param {ModelState} state
   */
  #actions(banner, state) {
    const button = (/** @type {string} */ label, /** @type {() => void} */ run, kind = "link") =>
      el("button", { type: "button", class: kind, text: label, on: { click: run } });
    const dismiss = () => {
      savePreference(DISMISSED_KEY, offerKey(state));
      banner.hidden = true;
    };
    switch (state.phase) {
      case "offered":
        return [button(offerText(state), () => this.refresh("POST"), "primary"), button(t("model_not_now"), dismiss)];
      case "failed":
        return [
          button(t("retry"), () => this.refresh("POST"), "primary"),
          button(t("model_leave"), () => this.refresh("DELETE")),
        ];
      case "done":
        return [
          button(t("close"), () => {
            banner.hidden = true;
          }),
        ];
      default:
        return state.stopping ? [] : [button(t("cancel"), () => this.refresh("DELETE"))];
    }
  }
}

/** @param {Pick<ModelState, "phase">} state */
const isBusy = ({ phase }) => phase === "fetching" || phase === "indexing";
/** @param {number} bytes */
const megabytes = (bytes) => number(Math.round(bytes / 1e6));
/**
 * Identifies an offer that was dismissed: another model, or another size, is a new offer.
 * @param {ModelState} state
 */
const offerKey = ({ model, bytes_total: total }) => `${model} ${total}`;

/** @param {ModelState} state */
function text({ phase, stopping, bytes_total: total, message }) {
  if (stopping) return t("model_stopping");
  switch (phase) {
    case "offered":
      return t(total ? "model_offer" : "model_due");
    case "fetching":
      return t("model_fetching");
    case "indexing":
      return t("model_indexing");
    case "failed":
      return capitalize(message);
    default:
      return t("model_done");
  }
}

/** @param {ModelState} state */
function offerText({ bytes_done: done, bytes_total: total }) {
  if (!total) return t("model_read_again");
  return done ? t("model_go_on", { n: megabytes(total - done) }) : t("model_fetch", { n: megabytes(total) });
}

/** @param {ModelState} state */
function figures(state) {
  if (state.phase === "indexing")
    return state.photos_total ? t("of", { n: number(state.photos_done), total: number(state.photos_total) }) : "";
  return t("model_megabytes", { n: megabytes(state.bytes_done), total: megabytes(state.bytes_total) });
}

/**
 * @param {HTMLProgressElement} progress
 * @param {ModelState} state
 */
function setProgress(progress, state) {
  const [done, total] =
    state.phase === "indexing" ? [state.photos_done, state.photos_total] : [state.bytes_done, state.bytes_total];
  if (total) progress.value = done / total;
  else progress.removeAttribute("value");
  return progress;
}
