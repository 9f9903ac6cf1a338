// Names above summits, in as few rows as they need. No name covers another, nor a line that leads from a name to its summit.

import { draw } from "../ui/svg.js";

// In step with .panorama text in viewer.css.
const LETTERS_PX = 12;
const FIRST_ROW = 11;
const ROW_PX = 15;
const ROWS_MAX = 3;
const NAMES_MAX = 7;
const BETWEEN_NAMES_PX = 8;
const BESIDE_LEADER_PX = 4;
const measured = document.createElement("canvas").getContext("2d");

/**
 * summits have name, x and what is likelier comes first; width is that of the drawing. Returns the labels and how many
 * rows they take; the least likely names are left out where all of them would not fit.
 */
export function layOut(summits, width) {
  measured.font = `${LETTERS_PX}px ${getComputedStyle(document.body).fontFamily}`;
  const sized = summits.slice(0, NAMES_MAX).map((summit) => ({ summit, wide: measured.measureText(summit.name).width }));
  for (let n = sized.length; n > 0; n -= 1) {
    const fromLeft = sized.slice(0, n).sort((a, b) => a.summit.x - b.summit.x);
    for (let rows = 1; rows <= ROWS_MAX; rows += 1) {
      const labels = placed(fromLeft, rows, width, []);
      if (labels) return { labels, rows };
    }
  }
  return { labels: [], rows: 0 };
}

/** Tries every place of a name until the names after it have theirs, too; null where there is no way. */
function placed(rest, rows, width, before) {
  if (!rest.length) return before;
  for (const label of places(rest[0], rows, width)) {
    if (!before.every((other) => areApart(label, other))) continue;
    const all = placed(rest.slice(1), rows, width, [...before, label]);
    if (all) return all;
  }
  return null;
}

/** Over the summit, or beside its line like a flag; the lowest row first. Row 0 is the highest. */
function* places({ summit, wide }, rows, width) {
  const over = Math.max(0, Math.min(width - wide, summit.x - wide / 2));
  const flags = [summit.x + BESIDE_LEADER_PX, summit.x - BESIDE_LEADER_PX - wide].filter((left) => left >= 0 && left + wide <= width);
  for (let row = rows - 1; row >= 0; row -= 1) {
    yield { summit, row, left: over, right: over + wide, isFlag: false };
    for (const left of flags) yield { summit, row, left, right: left + wide, isFlag: true };
  }
}

function areApart(one, other) {
  if (one.row === other.row && one.left < other.right + BETWEEN_NAMES_PX && other.left < one.right + BETWEEN_NAMES_PX) return false;
  return !crosses(one, other) && !crosses(other, one);
}

/** Whether the line of a label runs through the name of another. */
function crosses({ summit, row, isFlag }, other) {
  const passes = isFlag ? other.row >= row : other.row > row;
  return passes && summit.x > other.left - BESIDE_LEADER_PX / 2 && summit.x < other.right + BESIDE_LEADER_PX / 2;
}

/** The height that so many rows take. */
export const rowsHeight = (rows) => rows * ROW_PX;

export function drawLabel({ summit, row, left, isFlag }) {
  const line = FIRST_ROW + row * ROW_PX;
  const top = isFlag ? line - LETTERS_PX + 3 : line + 4;
  return [
    draw("path", { class: "leader", d: `M${summit.x.toFixed(1)} ${top}V${(summit.y - 2).toFixed(1)}` }),
    draw("text", { x: left, y: line, text: summit.name }),
  ];
}
