// Nothing to show: said plainly, with what to try next.

import { byId, el, icon, withCommands } from "../ui/dom.js";
import { sentence, t } from "../ui/i18n.js";

const SUGGESTED = 5;

export function hideNothing() {
  byId("nothing").hidden = true;
  byId("nothing").replaceChildren();
}

/** No photo matches. peaks are those that have photos; ask and clear change what is asked. */
export function drawNothing({ query, note, filtered, peaks, ask, clearFilters, showAll }) {
  const title = query ? t("nothing", { query: t("quoted", { text: query }) }) : t("nothing_plain");
  // A note that repeats the question would say the title again.
  const advice = query && note.includes(query) ? t("try_other") : sentence(note);
  const chips = peaks.slice(0, SUGGESTED).map((peak) =>
    el("button", { type: "button", class: "chip", text: peak.name, on: { click: () => ask(peak.name) } }));
  show(
    el("h1", { text: title }),
    advice ? el("p", {}, ...withCommands(advice)) : null,
    chips.length ? el("p", { class: "chips" }, el("span", { text: t("try_peaks") }), ...chips) : null,
    el("p", { class: "actions" },
      filtered ? el("button", { type: "button", text: t("without_filter"), on: { click: clearFilters } }) : null,
      el("button", { type: "button", class: "link", text: t("show_all"), on: { click: showAll } })));
}

/** The album has no photos (yet). */
export function drawEmptyAlbum({ indexing, choose }) {
  if (indexing) return show(el("h1", { text: t("empty_title") }), el("p", { text: t("empty_indexing") }));
  return show(
    el("h1", { text: t("empty_title") }),
    el("p", { text: t("empty_text") }),
    el("p", { text: t("empty_drop") }),
    el("p", { class: "actions" }, el("button", { type: "button", class: "primary", on: { click: choose } }, icon("add"), t("add_photos"))),
    el("p", {}, t("empty_demo"), " ", el("code", { text: "cumbre demo" })));
}

/** retry asks once more, where that may bring something else. */
export function drawFault(message, { retry = null, showAll }) {
  show(
    el("h1", { text: sentence(message) }),
    el("p", { class: "actions" },
      retry ? el("button", { type: "button", text: t("retry"), on: { click: retry } }) : null,
      el("button", { type: "button", class: "link", text: t("show_all"), on: { click: showAll } })));
}

function show(...parts) {
  byId("nothing").replaceChildren(icon("ridge", "ridge"), ...parts.filter(Boolean));
  byId("nothing").hidden = false;
}
