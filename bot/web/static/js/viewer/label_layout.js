// Where the names of summits go on a picture: near their summits, none over another name, line or summit. The same rules
// as in cumbre/labels/layout.py.

// In letters.
const MARGIN = 0.5;
const APART = 0.25;
const BESIDE_LEADER = 0.35;
const LEADER_MIN = 0.6;
const SUMMIT_GAP = 0.45;
const MARK_RADIUS = 0.22;
const HALF_ROWS_MAX = 10;

/**
 * labels have a name, x and y of the summit in pixels, width and height of the text; the most important come first. frame
 * is the part of the picture that is seen, blocked are boxes that no text may cover. Labels over a summit at rowsFrom and
 * over others share rows, which is tidier; without it each keeps its own, which is calmer while they move. Returns
 * { label, box, leader, mark, align } of those that find a place: a label yields only to those before it; where there is a
 * choice, it also keeps off the summits of those after it.
 */
export function placeLabels(labels, frame, { lettersPx, most, blocked = [], rowsFrom = null }) {
  const named = firstOfEachName(labels);
  const half = (Math.max(0, ...named.map(({ height }) => height)) + APART * lettersPx) / 2;
  const inner = grown(frame, -MARGIN * lettersPx);
  const gap = APART * lettersPx;
  const marks = named.slice(0, most).map((label) => markOf(label, lettersPx));
  const placed = [];
  for (const label of named) {
    if (placed.length === most) break;
    const taken = placed.flatMap((other) => [other.box, other.leader, other.mark]);
    const mark = markOf(label, lettersPx);
    if (!isClear([mark], taken, gap)) continue;
    const rows = { first: (rowsFrom ?? label.y) - (SUMMIT_GAP + LEADER_MIN) * lettersPx, half };
    const free = [...places(label, inner, rows, lettersPx)].filter(({ box, leader }) => isClear([box, leader], taken, gap) && isClear([box], blocked, gap));
    const others = marks.filter((other) => other.x !== mark.x || other.y !== mark.y);
    const best = free.find(({ box, leader }) => isClear([box, leader], others, gap)) || free[0];
    if (best) placed.push({ label, mark, ...best });
  }
  return placed;
}

const box = (left, top, right, bottom) => ({ left, top, right, bottom });
const grown = (one, by) => box(one.left - by, one.top - by, one.right + by, one.bottom + by);
const isInside = (one, other) => one.left >= other.left && one.right <= other.right && one.top >= other.top && one.bottom <= other.bottom;
const areApart = (one, other, gap) => one.left >= other.right + gap || other.left >= one.right + gap || one.top >= other.bottom + gap || other.top >= one.bottom + gap;
const isClear = (boxes, taken, gap) => boxes.every((one) => taken.every((other) => areApart(one, other, gap)));

function markOf({ x, y }, lettersPx) {
  const radius = MARK_RADIUS * lettersPx;
  return { x, y, radius, ...grown(box(x, y, x, y), radius) };
}

function firstOfEachName(labels) {
  const names = new Set();
  return labels.filter(({ name }) => !names.has(name) && names.add(name));
}

/** All places of a label inside the frame, the best first. */
function* places(label, frame, rows, lettersPx) {
  for (const place of [...above(label, frame, rows, lettersPx), ...beside(label, frame, lettersPx), ...below(label, frame, lettersPx)]) {
    if (isInside(place.box, frame)) yield place;
  }
}

/** Centred over the leader, or a flag on it; the lowest row first. */
function* above({ x, y, width, height }, frame, rows, lettersPx) {
  const end = y - SUMMIT_GAP * lettersPx;
  const lowest = Math.floor((end - LEADER_MIN * lettersPx - rows.first) / rows.half + 1e-6);
  const aside = BESIDE_LEADER * lettersPx;
  for (let row = lowest; row > lowest - HALF_ROWS_MAX; row -= 1) {
    const bottom = rows.first + row * rows.half;
    const top = bottom - height;
    if (top < frame.top) return;
    const left = slidInside(x - width / 2, width, frame);
    if (left <= x && x <= left + width) yield { box: box(left, top, left + width, bottom), leader: box(x, bottom, x, end), align: "middle" };
    yield { box: box(x + aside, top, x + aside + width, bottom), leader: box(x, top, x, end), align: "start" };
    yield { box: box(x - aside - width, top, x - aside, bottom), leader: box(x, top, x, end), align: "end" };
  }
}

function* beside({ x, y, width, height }, frame, lettersPx) {
  const gap = SUMMIT_GAP * lettersPx;
  const away = gap + LEADER_MIN * lettersPx;
  const top = Math.min(Math.max(y - height / 2, frame.top), frame.bottom - height);
  if (top > y || y > top + height) return;
  yield { box: box(x + away, top, x + away + width, top + height), leader: box(x + gap, y, x + away, y), align: "start" };
  yield { box: box(x - away - width, top, x - away, top + height), leader: box(x - away, y, x - gap, y), align: "end" };
}

function* below({ x, y, width, height }, frame, lettersPx) {
  const start = y + SUMMIT_GAP * lettersPx;
  const top = start + LEADER_MIN * lettersPx;
  const left = slidInside(x - width / 2, width, frame);
  if (left <= x && x <= left + width) yield { box: box(left, top, left + width, top + height), leader: box(x, start, x, top), align: "middle" };
}

const slidInside = (left, width, frame) => Math.min(Math.max(left, frame.left), frame.right - width);
