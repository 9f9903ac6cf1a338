// The photos that answer, in justified rows: each tile is as wide as its picture asks.

import { renditions, rendition } from "./api.js";
import { byId, el } from "./elements.js";
import { localDate, number, t } from "./words.js";

const TILE_SIZES = [320, 640];
// Very wide and very tall pictures would make rows of one, or slivers.
const MIN_RATIO = 0.75;
const MAX_RATIO = 2.2;

/** results as the API gives them; addressOf(id) is the link of a photo; scored says whether scores mean anything. */
export function drawGrid(results, { addressOf, open, scored }) {
  byId("grid").replaceChildren(...results.map((hit, i) => tile(hit, i, { addressOf, open, scored })));
}

function tile(hit, i, { addressOf, open, scored }) {
  const ratio = Math.min(MAX_RATIO, Math.max(MIN_RATIO, (hit.width || 4) / (hit.height || 3)));
  const names = hit.peaks.map((peak) => peak.name);
  const date = hit.local_time ? localDate(hit.local_time) : t("unknown_date");
  const title = names.join(", ") || t("no_peak");
  const image = el("img", {
    src: rendition(hit.id, 320),
    srcset: renditions(hit, TILE_SIZES),
    sizes: `(max-width: 40rem) 46vw, ${Math.round(ratio * 15)}rem`,
    alt: "", loading: i < 8 ? "eager" : "lazy", decoding: "async", width: hit.width, height: hit.height,
    on: { load: (event) => event.target.classList.add("there") },
  });
  const label = names.length
    ? el("span", { class: "names" }, hit.peaks.map((peak) => el("span", { class: "summit-name", text: peak.name })))
    : el("span", { class: "names none", text: t("no_peak") });
  const link = el("a", {
    class: "tile", href: addressOf(hit.id), "aria-label": t("open_photo", { what: `${title}, ${date}` }), "data-id": hit.id,
    on: { click: (event) => { if (plainClick(event)) { event.preventDefault(); open(hit.id); } } },
  },
  el("span", { class: "frame" }, image),
  el("span", { class: "caption" },
    label,
    el("span", { class: "meta" },
      el("span", { text: date }),
      scored ? el("span", { class: "score", title: t("score", { score: number(hit.score, 3) }), text: number(hit.score, 2) }) : null),
    hit.why ? el("span", { class: "why", text: hit.why }) : null));
  return el("li", { vars: { ratio: ratio.toFixed(3) } }, link);
}

// With a modifier key the browser opens a tab, as for any link.
const plainClick = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** Arrow keys go from tile to tile; up and down to the tile that is nearest in the next row. */
export function moveByArrows(event) {
  const tiles = [...byId("grid").querySelectorAll(".tile")];
  const at = tiles.indexOf(document.activeElement);
  if (at < 0) return;
  let next = null;
  if (event.key === "ArrowRight") next = tiles[at + 1];
  else if (event.key === "ArrowLeft") next = tiles[at - 1];
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") next = acrossRows(tiles, at, event.key === "ArrowDown" ? 1 : -1);
  else return;
  event.preventDefault();
  next?.focus();
}

function acrossRows(tiles, at, direction) {
  const boxes = tiles.map((tile) => tile.getBoundingClientRect());
  const here = boxes[at];
  const middle = here.left + here.width / 2;
  const beyond = boxes.map((box, i) => ({ i, box })).filter(({ box }) => (box.top - here.top) * direction > 4);
  if (!beyond.length) return null;
  const row = direction > 0 ? Math.min(...beyond.map((b) => b.box.top)) : Math.max(...beyond.map((b) => b.box.top));
  const inRow = beyond.filter(({ box }) => Math.abs(box.top - row) <= 4);
  inRow.sort((a, b) => Math.abs(a.box.left + a.box.width / 2 - middle) - Math.abs(b.box.left + b.box.width / 2 - middle));
  return tiles[inRow[0].i];
}

export const focusTile = (id) => byId("grid").querySelector(`[data-id="${CSS.escape(id)}"]`)?.focus();
