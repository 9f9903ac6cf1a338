// Layout of names above the summits of the panorama, in as few rows as possible. Names overlap neither each other nor
// leader lines.

import { canvasContext } from "../ui/canvas.js";
import { fitted, svgEl } from "../ui/svg.js";

/**
 * A name beside its summit: row 0 is the top one; left and right are in pixels; a flag is beside its leader.
 * @template {{ name: string, x: number }} [Summit={ name: string, x: number }]
 * @typedef {{ summit: Summit, row: number, left: number, right: number, isFlag: boolean }} NameLabel
 */
/**
 * @template {{ name: string, x: number }} Summit
 * @typedef {{ summit: Summit, textWidth: number }} Measured
 */

// In step with .panorama text in viewer.css.
const FONT_PX = 12;
const FIRST_BASELINE = 11;
const ROW_PX = 15;
const ROWS_MAX = 3;
const NAMES_MAX = 7;
const BETWEEN_NAMES_PX = 8;
const BESIDE_LEADER_PX = 4;
// Letters may extend a little beyond the measured width of a text, and browsers round it up to whole pixels.
const EDGE_PX = 2;
const context = canvasContext(document.createElement("canvas"));

/**
 * Lay out labels; the least likely names are left out if not all fit.
 * @template {{ name: string, x: number }} Summit
 * @param {Summit[]} summits the likeliest first
 * @param {number} width of the drawing in pixels
 * @returns {{ labels: NameLabel<Summit>[], rows: number }} labels for drawLabel(), and the number of rows
 */
export function layOutLabels(summits, width) {
  context.font = `${FONT_PX}px ${getComputedStyle(document.body).fontFamily}`;
  const measured = summits
    .slice(0, NAMES_MAX)
    .map((summit) => ({ summit, textWidth: Math.min(width - 2 * EDGE_PX, context.measureText(summit.name).width) }));
  for (let n = measured.length; n > 0; n -= 1) {
    const fromLeft = measured.slice(0, n).sort((a, b) => a.summit.x - b.summit.x);
    for (let rows = 1; rows <= ROWS_MAX; rows += 1) {
      const labels = placeAll(fromLeft, rows, width, []);
      if (labels) return { labels, rows };
    }
  }
  return { labels: [], rows: 0 };
}

/**
 * Place the rest of the names by backtracking; null if that is impossible.
 * @template {{ name: string, x: number }} Summit
 * @param {Measured<Summit>[]} rest
 * @param {number} rows
 * @param {number} width
 * @param {NameLabel<Summit>[]} placed
 * @returns {?NameLabel<Summit>[]}
 */
function placeAll(rest, rows, width, placed) {
  if (!rest.length) return placed;
  for (const label of places(rest[0], rows, width)) {
    if (!placed.every((other) => areApart(label, other))) continue;
    const all = placeAll(rest.slice(1), rows, width, [...placed, label]);
    if (all) return all;
  }
  return null;
}

/**
 * Yield places centred over the summit or beside its leader like a flag, in the lowest row first. Row 0 is the top.
 * @template {{ name: string, x: number }} Summit
 * @param {Measured<Summit>} measured
 * @param {number} rows
 * @param {number} width
 */
function* places({ summit, textWidth }, rows, width) {
  const rightmost = width - EDGE_PX - textWidth;
  const over = Math.max(EDGE_PX, Math.min(rightmost, summit.x - textWidth / 2));
  const flags = [summit.x + BESIDE_LEADER_PX, summit.x - BESIDE_LEADER_PX - textWidth].filter(
    (left) => left >= EDGE_PX && left <= rightmost,
  );
  for (let row = rows - 1; row >= 0; row -= 1) {
    yield { summit, row, left: over, right: over + textWidth, isFlag: false };
    for (const left of flags) yield { summit, row, left, right: left + textWidth, isFlag: true };
  }
}

/**
 * @param {NameLabel} one
 * @param {NameLabel} other
 */
function areApart(one, other) {
  if (one.row === other.row && one.left < other.right + BETWEEN_NAMES_PX && other.left < one.right + BETWEEN_NAMES_PX)
    return false;
  return !crosses(one, other) && !crosses(other, one);
}

/**
 * Return whether the leader of a label crosses the name of another.
 * @param {NameLabel} label
 * @param {NameLabel} other
 */
function crosses({ summit, row, isFlag }, other) {
  const passes = isFlag ? other.row >= row : other.row > row;
  return passes && summit.x > other.left - BESIDE_LEADER_PX / 2 && summit.x < other.right + BESIDE_LEADER_PX / 2;
}

/**
 * Return the height of some rows in pixels.
 * @param {number} rows
 */
export const rowsHeight = (rows) => rows * ROW_PX;

/**
 * Draw a label of layOutLabels(); its summit needs x and y in pixels.
 * @param {NameLabel<{ name: string, x: number, y: number }>} label
 */
export function drawLabel({ summit, row, left, right, isFlag }) {
  const baseline = FIRST_BASELINE + row * ROW_PX;
  const top = isFlag ? baseline - FONT_PX + 3 : baseline + 4;
  return [
    svgEl("path", { class: "leader", d: `M${summit.x.toFixed(1)} ${top}V${(summit.y - 2).toFixed(1)}` }),
    svgEl("text", { x: left, y: baseline, ...fitted(right - left), text: summit.name }),
  ];
}
