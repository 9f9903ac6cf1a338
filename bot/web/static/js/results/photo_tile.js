// One tile of the grid: picture, peaks, date, and why the photo matches.

import { el, targetOf } from "../ui/dom.js";
import { showPhoto } from "../ui/responsive_image.js";
import { localDate, number, t } from "../ui/i18n.js";

/** @import { SearchHit } from "openapi" */

const SIZES = [320, 640];
// Limits, because very wide pictures would fill a row alone and very tall ones would become slivers.
const RATIO_MIN = 0.75;
const RATIO_MAX = 2.2;

/**
 * Return width divided by height of a hit's tile.
 * @param {{ width: ?number, height: ?number }} hit
 */
export const tileRatio = (hit) => Math.min(RATIO_MAX, Math.max(RATIO_MIN, (hit.width || 4) / (hit.height || 3)));

/**
 * Create a tile, a link to the photo.
 * @param {SearchHit} hit
 * @param {{ urlOf: (id: string) => string, open: (id: string) => void, scored: boolean, byTime: boolean,
 *   eager: boolean }} options scored shows the score; byTime shows the time of day, because the day is in the heading;
 *   eager loads the picture at once
 * @returns {HTMLAnchorElement}
 */
export function photoTile(hit, { urlOf, open, scored, byTime, eager }) {
  const ratio = tileRatio(hit);
  const names = hit.peaks.map((peak) => peak.name);
  const date = hit.local_time ? localDate(hit.local_time) : t("unknown_date");
  const image = el("img", {
    sizes: `(max-width: 40rem) 46vw, ${Math.round(ratio * 15)}rem`,
    alt: "",
    loading: eager ? "eager" : "lazy",
    decoding: "async",
    width: hit.width,
    height: hit.height,
    on: { load: (event) => targetOf(event).classList.add("loaded") },
  });
  showPhoto(image, hit, SIZES);
  const label = names.length
    ? el(
        "span",
        { class: "names" },
        hit.peaks.map((peak) => el("span", { class: "summit-name", text: peak.name })),
      )
    : el("span", { class: "names none", text: t("no_peak") });
  return el(
    "a",
    {
      class: "tile",
      href: urlOf(hit.id),
      "data-id": hit.id,
      "aria-label": t("open_photo", { what: `${names.join(", ") || t("no_peak")}, ${date}` }),
      on: {
        click: (event) => {
          if (isPlainClick(event)) {
            event.preventDefault();
            open(hit.id);
          }
        },
      },
    },
    el("span", { class: "frame" }, image),
    el(
      "span",
      { class: "caption" },
      label,
      el(
        "span",
        { class: "meta" },
        el("span", { text: byTime && hit.local_time ? localDate(hit.local_time, { timeStyle: "short" }) : date }),
        scored
          ? el("span", {
              class: "score",
              title: t("score", { score: number(hit.score, 3) }),
              text: number(hit.score, 2),
            })
          : null,
      ),
      hit.why ? el("span", { class: "why", title: hit.why, text: hit.why }) : null,
    ),
  );
}

// With a modifier key the browser opens the link in a new tab or window.
/** @param {MouseEvent} event */
const isPlainClick = (event) =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
