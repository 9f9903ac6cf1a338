// What stands above the photos: how many there are of what, what narrows them down, in which order they are.

import { EVERYTHING, isFiltered } from "../state/url_state.js";
import { byId, el, icon } from "../ui/dom.js";
import { readCircle } from "../map/geodesy.js";
import { anyOf, day, distance, t, tn } from "../ui/i18n.js";

/**
 * asked is the page's state; n of the photos that answer are here, more says whether that is not all; total is how many
 * pass the filters, null while that is not known. Returns the title.
 */
export function drawHead({ asked, question, n, more, names, total }) {
  const scored = isScored(asked, question);
  const title = titleOf({ asked, question, n, more, names, total, scored });
  byId("results-head").hidden = n === 0;
  byId("results-title").textContent = title;
  byId("sort").hidden = !scored || n < 2;
  return title;
}

/** The document's title: what is asked, and where. */
export function pageTitle({ q, from, to, near }, names) {
  const filters = [anyOf(names), (from || to) && spanText(from, to), near && withinText(near)];
  return [q, ...filters, "Cumbre"].filter(Boolean).join(" · ");
}

/** Whether the photos have scores: without words or a photo every one is there for the same reason. */
export const isScored = (asked, question) => Boolean(asked.q || asked.like || question);

function titleOf({ asked, question, n, more, names, total, scored }) {
  if (!scored) return isFiltered(asked) ? filteredTitle(more ? total : n, names) : t("all_photos");
  if (asked.like) return more ? t("similar_best", { n }) : tn("similar", n);
  const what = [asked.q && t("quoted", { text: asked.q }), anyOf(names)].filter(Boolean).join(" · ");
  if (question) return [tn("alike", n), what].filter(Boolean).join(" · ");
  return `${more ? t("found_best", { n }) : tn("found", n)} ${what}`;
}

function filteredTitle(n, names) {
  if (names.length) return n === null ? anyOf(names) : tn("showing", n, { names: anyOf(names) });
  return n === null ? t("filtered_photos") : tn("chosen", n);
}

/** What narrows the photos down beside words and peaks, each with a button that takes it away. */
export function drawFilters(asked, change) {
  const { from, to, near, like } = asked;
  const chips = [];
  if (from || to) chips.push(chip("time", spanText(from, to), () => change({ from: null, to: null })));
  if (near) chips.push(chip("place", withinText(near), () => change({ near: null })));
  if (like) chips.push(chip("photo", t("like_this"), () => change({ like: null })));
  if (chips.length + asked.peaks.length > 1) {
    chips.push(el("button", { type: "button", class: "link", text: t("clear_filters"), on: { click: () => change({ ...EVERYTHING, q: asked.q }) } }));
  }
  byId("filters").replaceChildren(...chips);
  byId("filters").hidden = !chips.length;
}

const withinText = (near) => t("within", { distance: distance(1000 * readCircle(near).km) });

function spanText(from, to) {
  if (from && to) return from === to ? day(from) : t("from_to", { from: day(from), to: day(to) });
  return from ? t("from_on", { from: day(from) }) : t("until", { to: day(to) });
}

function chip(name, text, remove) {
  return el("button", { type: "button", class: "chip", "aria-label": t("remove_filter", { what: text }), title: t("remove_filter", { what: text }), on: { click: remove } },
    icon(name), el("span", { text }), icon("close"));
}
