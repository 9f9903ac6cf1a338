// Empty states: no matching photos, an empty album, or an error, each with what to try next.

import { byId, el, icon, withCode } from "../ui/dom.js";
import { capitalize, t } from "../ui/i18n.js";

const SUGGESTIONS_MAX = 5;

/** Hide the empty state. */
export function hideEmptyState() {
  byId("nothing").hidden = true;
  byId("nothing").replaceChildren();
}

/**
 * Say that no photo matches.
 * @param {{ query: string, note: string, filtered: boolean, peaks: { name: string }[], ask: (q: string) => void,
 *   clearFilters: () => void, showAll: () => void }} options note is the server's remark; peaks have photos and are
 *   suggested; ask(q) searches for other words
 */
export function drawNoMatches({ query, note, filtered, peaks, ask, clearFilters, showAll }) {
  const title = query ? t("nothing", { query: t("quoted", { text: query }) }) : t("nothing_plain");
  // A note that contains the query would repeat the title.
  const advice = query && note.includes(query) ? t("try_other") : capitalize(note);
  const chips = peaks
    .slice(0, SUGGESTIONS_MAX)
    .map((peak) =>
      el("button", { type: "button", class: "chip", text: peak.name, on: { click: () => ask(peak.name) } }),
    );
  show(
    el("h1", { text: title }),
    advice ? el("p", {}, ...withCode(advice)) : null,
    chips.length ? el("p", { class: "chips" }, el("span", { text: t("try_peaks") }), ...chips) : null,
    el(
      "p",
      { class: "actions" },
      filtered ? el("button", { type: "button", text: t("without_filter"), on: { click: clearFilters } }) : null,
      el("button", { type: "button", class: "link", text: t("show_all"), on: { click: showAll } }),
    ),
  );
}

/**
 * Say that the album has no photos (yet). choose() opens the file dialog for adding photos.
 * @param {{ indexing: boolean, choose: () => void }} options
 */
export function drawEmptyAlbum({ indexing, choose }) {
  if (indexing) return show(el("h1", { text: t("empty_title") }), el("p", { text: t("empty_indexing") }));
  return show(
    el("h1", { text: t("empty_title") }),
    el("p", { text: t("empty_text") }),
    el("p", { text: t("empty_drop") }),
    el(
      "p",
      { class: "actions" },
      el("button", { type: "button", class: "primary", on: { click: choose } }, icon("add"), t("add_photos")),
    ),
    el("p", {}, t("empty_demo"), " ", el("code", { text: "cumbre demo" })),
  );
}

/**
 * Show an error. retry() repeats the request; null if that can't help.
 * @param {string} message
 * @param {{ retry?: ?() => void, showAll: () => void }} options
 */
export function drawError(message, { retry = null, showAll }) {
  show(
    el("h1", { text: capitalize(message) }),
    el(
      "p",
      { class: "actions" },
      retry ? el("button", { type: "button", text: t("retry"), on: { click: retry } }) : null,
      el("button", { type: "button", class: "link", text: t("show_all"), on: { click: showAll } }),
    ),
  );
}

/** @param {(HTMLElement | null)[]} parts */
function show(...parts) {
  byId("nothing").replaceChildren(icon("ridge", "ridge"), ...parts.filter((part) => part !== null));
  byId("nothing").hidden = false;
}
