// Layout of summit names on a picture: each near its summit, without overlapping other names, leaders or summits. The
// rules are those of cumbre/labels/layout.py.

// In units of the font size.
const MARGIN = 0.5;
const APART = 0.25;
const BESIDE_LEADER = 0.35;
const LEADER_MIN = 0.6;
const SUMMIT_GAP = 0.45;
const MARK_RADIUS = 0.22;
const HALF_ROWS_MAX = 10;

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Box */
/**
 * A label to place: x and y of the summit, width and height of the text, in pixels.
 * @typedef {{ name: string, x: number, y: number, width: number, height: number }} SizedLabel
 */
/** @typedef {{ box: Box, leader: Box, align: "start" | "middle" | "end" }} PlaceOfLabel */
/**
 * A label that found a place. mark is the box of the mark on the summit; align is the text-anchor.
 * @template {SizedLabel} [Label=SizedLabel]
 * @typedef {PlaceOfLabel & { label: Label, mark: Box & { x: number, y: number, radius: number } }} PlacedLabel
 */
/** @typedef {{ first: number, half: number }} HalfRows the bottom of the first one, and the height of half a row */

/**
 * Place labels. A label gives way only to labels before it; if it has a choice, it also avoids the summits of labels
 * after it.
 * @template {SizedLabel} Label
 * @param {Label[]} labels the most important first
 * @param {Box} frame visible part of the picture
 * @param {object} options
 * @param {number} options.fontPx font size in pixels
 * @param {number} options.most the largest number of labels
 * @param {Box[]} [options.blocked] boxes that no text may cover
 * @param {?number} [options.rowsFrom] y of the summit that the shared rows of all labels start from, which looks tidy;
 *   null gives each label its own rows, so that labels move smoothly with the view
 * @returns {PlacedLabel<Label>[]} the labels that found a place
 */
export function placeLabels(labels, frame, { fontPx, most, blocked = [], rowsFrom = null }) {
  const unique = firstOfEachName(labels);
  const half = (Math.max(0, ...unique.map(({ height }) => height)) + APART * fontPx) / 2;
  const inner = grown(frame, -MARGIN * fontPx);
  const gap = APART * fontPx;
  const marks = unique.slice(0, most).map((label) => markOf(label, fontPx));
  /** @type {PlacedLabel<Label>[]} */
  const placed = [];
  for (const label of unique) {
    if (placed.length === most) break;
    const taken = placed.flatMap((other) => [other.box, other.leader, other.mark]);
    const mark = markOf(label, fontPx);
    if (!isClear([mark], taken, gap)) continue;
    const rows = { first: (rowsFrom ?? label.y) - (SUMMIT_GAP + LEADER_MIN) * fontPx, half };
    const free = [...places(label, inner, rows, fontPx)].filter(
      ({ box, leader }) => isClear([box, leader], taken, gap) && isClear([box], blocked, gap),
    );
    const others = marks.filter((other) => other.x !== mark.x || other.y !== mark.y);
    const best = free.find(({ box, leader }) => isClear([box, leader], others, gap)) || free[0];
    if (best) placed.push({ label, mark, ...best });
  }
  return placed;
}

/** @type {(left: number, top: number, right: number, bottom: number) => Box} */
const box = (left, top, right, bottom) => ({ left, top, right, bottom });
/** @type {(one: Box, by: number) => Box} */
const grown = (one, by) => box(one.left - by, one.top - by, one.right + by, one.bottom + by);
/** @type {(one: Box, other: Box) => boolean} */
const isInside = (one, other) =>
  one.left >= other.left && one.right <= other.right && one.top >= other.top && one.bottom <= other.bottom;
/** @type {(one: Box, other: Box, gap: number) => boolean} */
const areApart = (one, other, gap) =>
  one.left >= other.right + gap ||
  other.left >= one.right + gap ||
  one.top >= other.bottom + gap ||
  other.top >= one.bottom + gap;
/** @type {(boxes: Box[], taken: Box[], gap: number) => boolean} */
const isClear = (boxes, taken, gap) => boxes.every((one) => taken.every((other) => areApart(one, other, gap)));

/**
 * @param {{ x: number, y: number }} summit
 * @param {number} fontPx
 */
function markOf({ x, y }, fontPx) {
  const radius = MARK_RADIUS * fontPx;
  return { x, y, radius, ...grown(box(x, y, x, y), radius) };
}

/**
 * @template {SizedLabel} Label
 * @param {Label[]} labels
 */
function firstOfEachName(labels) {
  const names = new Set();
  return labels.filter(({ name }) => !names.has(name) && names.add(name));
}

/**
 * Yield all places of a label inside the frame, the best first.
 * @param {SizedLabel} label
 * @param {Box} frame
 * @param {HalfRows} rows
 * @param {number} fontPx
 */
function* places(label, frame, rows, fontPx) {
  for (const place of [
    ...above(label, frame, rows, fontPx),
    ...beside(label, frame, fontPx),
    ...below(label, frame, fontPx),
  ]) {
    if (isInside(place.box, frame)) yield place;
  }
}

/**
 * Places above the summit, in the lowest row first: centred over the leader, or beside it like a flag.
 * @param {SizedLabel} label
 * @param {Box} frame
 * @param {HalfRows} rows
 * @param {number} fontPx
 * @returns {Generator<PlaceOfLabel>}
 */
function* above({ x, y, width, height }, frame, rows, fontPx) {
  const end = y - SUMMIT_GAP * fontPx;
  const lowest = Math.floor((end - LEADER_MIN * fontPx - rows.first) / rows.half + 1e-6);
  const aside = BESIDE_LEADER * fontPx;
  for (let row = lowest; row > lowest - HALF_ROWS_MAX; row -= 1) {
    const bottom = rows.first + row * rows.half;
    const top = bottom - height;
    if (top < frame.top) return;
    const left = clampedLeft(x - width / 2, width, frame);
    if (left <= x && x <= left + width)
      yield { box: box(left, top, left + width, bottom), leader: box(x, bottom, x, end), align: "middle" };
    yield { box: box(x + aside, top, x + aside + width, bottom), leader: box(x, top, x, end), align: "start" };
    yield { box: box(x - aside - width, top, x - aside, bottom), leader: box(x, top, x, end), align: "end" };
  }
}

/**
 * @param {SizedLabel} label
 * @param {Box} frame
 * @param {number} fontPx
 * @returns {Generator<PlaceOfLabel>}
 */
function* beside({ x, y, width, height }, frame, fontPx) {
  const gap = SUMMIT_GAP * fontPx;
  const away = gap + LEADER_MIN * fontPx;
  const top = Math.min(Math.max(y - height / 2, frame.top), frame.bottom - height);
  if (top > y || y > top + height) return;
  yield {
    box: box(x + away, top, x + away + width, top + height),
    leader: box(x + gap, y, x + away, y),
    align: "start",
  };
  yield { box: box(x - away - width, top, x - away, top + height), leader: box(x - away, y, x - gap, y), align: "end" };
}

/**
 * @param {SizedLabel} label
 * @param {Box} frame
 * @param {number} fontPx
 * @returns {Generator<PlaceOfLabel>}
 */
function* below({ x, y, width, height }, frame, fontPx) {
  const start = y + SUMMIT_GAP * fontPx;
  const top = start + LEADER_MIN * fontPx;
  const left = clampedLeft(x - width / 2, width, frame);
  if (left <= x && x <= left + width)
    yield { box: box(left, top, left + width, top + height), leader: box(x, start, x, top), align: "middle" };
}

/** @type {(left: number, width: number, frame: Box) => number} */
const clampedLeft = (left, width, frame) => Math.min(Math.max(left, frame.left), frame.right - width);
