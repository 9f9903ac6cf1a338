// The header of the results: a title with the number of photos, the filter chips and the sort order.

import { EMPTY_QUERY, isFiltered } from "../state/url_state.js";
import { byId, el, icon } from "../ui/dom.js";
import { parseCircle } from "../geo/geodesy.js";
import { anyOf, day, distance, t, tn } from "../ui/i18n.js";

/** @import { Query, State } from "../state/url_state.js" */

/**
 * Draw the header.
 * @param {{ state: State, queryPhoto: ?File, n: number, more: boolean, names: string[], total: ?number }} options n
 *   photos are loaded, more says whether there are more; names are those of the selected peaks; total is the number of
 *   photos that match the filters, null while unknown
 * @returns {string} the title
 */
export function drawHeader({ state, queryPhoto, n, more, names, total }) {
  const scored = isScored(state, queryPhoto);
  const title = titleOf({ state, queryPhoto, n, more, names, total, scored });
  byId("results-head").hidden = n === 0;
  byId("results-title").textContent = title;
  byId("sort").hidden = !scored || n < 2;
  return title;
}

/**
 * Return the document's title: the words and filters of the query.
 * @param {Query} query
 * @param {string[]} names
 */
export function pageTitle({ q, from, to, near }, names) {
  const filters = [anyOf(names), rangeText(from, to), near && withinText(near)];
  return [q, ...filters, "Cumbre"].filter(Boolean).join(" · ");
}

/**
 * Return whether the results have scores. Without words or a photo, they only match the filters.
 * @param {Query} state
 * @param {?File} queryPhoto
 */
export const isScored = (state, queryPhoto) => Boolean(state.q || state.like || queryPhoto);

/**
 * @param {{ state: State, queryPhoto: ?File, n: number, more: boolean, names: string[], total: ?number,
 * scored: boolean }} options
 */
function titleOf({ state, queryPhoto, n, more, names, total, scored }) {
  if (!scored) return isFiltered(state) ? filteredTitle(more ? total : n, names) : t("all_photos");
  if (state.like) return more ? tn("similar_best", n) : tn("similar", n);
  const what = [state.q && t("quoted", { text: state.q }), anyOf(names)].filter(Boolean).join(" · ");
  if (queryPhoto) return [tn("alike", n), what].filter(Boolean).join(" · ");
  return `${more ? tn("found_best", n) : tn("found", n)} ${what}`;
}

/**
 * @param {?number} n
 * @param {string[]} names
 */
function filteredTitle(n, names) {
  if (names.length) return n === null ? anyOf(names) : tn("showing", n, { names: anyOf(names) });
  return n === null ? t("filtered_photos") : tn("chosen", n);
}

/**
 * Draw a chip with a remove button for each filter by time, place or photo. change(partialState) applies a change.
 * @param {State} state
 * @param {(change: Partial<State>) => void} change
 */
export function drawFilterChips(state, change) {
  const { from, to, near, like } = state;
  const chips = [];
  if (from || to) chips.push(chip("time", rangeText(from, to), () => change({ from: null, to: null })));
  if (near) chips.push(chip("place", withinText(near), () => change({ near: null })));
  if (like) chips.push(chip("photo", t("like_this"), () => change({ like: null })));
  if (chips.length + state.peaks.length > 1) {
    chips.push(
      el("button", {
        type: "button",
        class: "link",
        text: t("clear_filters"),
        on: { click: () => change({ ...EMPTY_QUERY, q: state.q }) },
      }),
    );
  }
  byId("filters").replaceChildren(...chips);
  byId("filters").hidden = !chips.length;
}

/** @param {string} near */
const withinText = (near) => t("within", { distance: distance(1000 * parseCircle(near).km) });

/**
 * @param {?string} from
 * @param {?string} to
 */
function rangeText(from, to) {
  if (from && to) return from === to ? day(from) : t("from_to", { from: day(from), to: day(to) });
  if (from) return t("from_on", { from: day(from) });
  return to ? t("until", { to: day(to) }) : "";
}

/**
 * @param {string} iconName
 * @param {string} text
 * @param {() => void} remove
 */
function chip(iconName, text, remove) {
  return el(
    "button",
    {
      type: "button",
      class: "chip",
      "aria-label": t("remove_filter", { what: text }),
      title: t("remove_filter", { what: text }),
      on: { click: remove },
    },
    icon(iconName),
    el("span", { text }),
    icon("close"),
  );
}
