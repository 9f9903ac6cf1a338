// One photo of the grid: its picture, its peaks, when it was taken, why it is here.

import { el } from "../ui/dom.js";
import { showPhoto } from "../ui/responsive_image.js";
import { localDate, number, t } from "../ui/i18n.js";

const SIZES = [320, 640];
// Very wide and very tall pictures would make rows of one, or slivers.
const MIN_RATIO = 0.75;
const MAX_RATIO = 2.2;

export const ratioOf = (hit) => Math.min(MAX_RATIO, Math.max(MIN_RATIO, (hit.width || 4) / (hit.height || 3)));

/**
 * A link. addressOf(id) is that of a photo; scored says whether scores mean anything; byTime that the day stands above;
 * eager pictures load at once.
 */
export function tile(hit, { addressOf, open, scored, byTime, eager }) {
  const ratio = ratioOf(hit);
  const names = hit.peaks.map((peak) => peak.name);
  const date = hit.local_time ? localDate(hit.local_time) : t("unknown_date");
  const image = el("img", {
    sizes: `(max-width: 40rem) 46vw, ${Math.round(ratio * 15)}rem`,
    alt: "", loading: eager ? "eager" : "lazy", decoding: "async", width: hit.width, height: hit.height,
    on: { load: (event) => event.target.classList.add("there") },
  });
  showPhoto(image, hit, SIZES);
  const label = names.length
    ? el("span", { class: "names" }, hit.peaks.map((peak) => el("span", { class: "summit-name", text: peak.name })))
    : el("span", { class: "names none", text: t("no_peak") });
  return el("a", {
    class: "tile", href: addressOf(hit.id), "data-id": hit.id,
    "aria-label": t("open_photo", { what: `${names.join(", ") || t("no_peak")}, ${date}` }),
    on: { click: (event) => { if (plainClick(event)) { event.preventDefault(); open(hit.id); } } },
  },
  el("span", { class: "frame" }, image),
  el("span", { class: "caption" },
    label,
    el("span", { class: "meta" },
      el("span", { text: byTime && hit.local_time ? localDate(hit.local_time, { timeStyle: "short" }) : date }),
      scored ? el("span", { class: "score", title: t("score", { score: number(hit.score, 3) }), text: number(hit.score, 2) }) : null),
    hit.why ? el("span", { class: "why", title: hit.why, text: hit.why }) : null));
}

// With a modifier key the browser opens a tab, as for any link.
const plainClick = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
