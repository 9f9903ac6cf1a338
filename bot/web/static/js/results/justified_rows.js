// Justified layout: distributes pictures over rows of about the same height that fill the width of the page.

// A row before a break that is filled at least this far is stretched to the full width and becomes higher by as much.
const NEARLY_FULL = 0.8;

/**
 * Find the pictures that must start a row: the first of a day that does not fit into the current row as a whole, and
 * the first after a day that is longer than a row.
 * @param {(?string)[]} days the day of each picture; null for pictures whose day does not matter
 * @param {number[]} ratios width divided by height of each picture
 * @param {{ width: number, height: number, gap: number }} size width of the page, height of a row and gap, in pixels
 * @returns {Set<number>} indices of pictures
 */
export function rowBreaks(days, ratios, { width, height, gap }) {
  const breaks = new Set();
  let used = 0;
  for (let start = 0, end; start < days.length; start = end) {
    let dayWidth = 0;
    for (end = start; end < days.length && days[end] === days[start]; end += 1) dayWidth += ratios[end] * height + gap;
    if (days[start] === null) continue;
    if (used && used + dayWidth > width + gap) {
      breaks.add(start);
      used = 0;
    }
    used += dayWidth;
    if (dayWidth > width + gap) {
      breaks.add(end);
      used = 0;
    }
  }
  return breaks;
}

/**
 * A row of pictures [from, to). filled is the share of the width that it takes: less than 1 only for the last row and for
 * rows before a break.
 * @typedef {{ from: number, to: number, filled: number }} Row
 */

/**
 * Distribute pictures over rows, starting with picture `from`; for the parameters see rowBreaks().
 * @param {number[]} ratios
 * @param {{ width: number, height: number, gap: number, breaks: Set<number>, from?: number }} size
 * @returns {Row[]}
 */
export function justifiedRows(ratios, { width, height, gap, breaks, from = 0 }) {
  /** @type {Row[]} */
  const rows = [];
  let start = from;
  let sum = 0;
  const end = (/** @type {number} */ to) => {
    const filled = Math.min(1, (sum * height) / width);
    if (start < to) rows.push({ from: start, to, filled: to < ratios.length && filled > NEARLY_FULL ? 1 : filled });
    [start, sum] = [to, 0];
  };
  for (let i = from; i < ratios.length; i += 1) {
    if (breaks.has(i)) end(i);
    const room = width - gap * (i - start);
    const before = sum;
    sum += ratios[i];
    if (sum * height < room) continue;
    // With this picture the row is lower than wanted, without it higher: choose what is closer to the wanted height.
    const low = room / sum / height;
    const high = before ? (room + gap) / before / height : Infinity;
    const to = i > start && 1 / low > high ? i : i + 1;
    rows.push({ from: start, to, filled: 1 });
    start = to;
    sum = to === i ? ratios[i] : 0;
  }
  end(ratios.length);
  return rows;
}
