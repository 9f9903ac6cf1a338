// Which pictures share a row, so that rows are about equally high and as wide as the page.

// What may be stretched to a full row: it gets higher by as much.
const NEARLY_FULL = 0.8;

/**
 * Where a row must begin: with a day that has no room beside those before it, and after one that is longer than a row.
 * days has a key for each picture, null where days don't matter.
 */
export function breaksOf(days, ratios, { width, height, gap }) {
  const breaks = new Set();
  let used = 0;
  for (let start = 0, end = 0; start < days.length; start = end) {
    let wide = 0;
    for (end = start; end < days.length && days[end] === days[start]; end += 1) wide += ratios[end] * height + gap;
    if (days[start] === null) continue;
    if (used && used + wide > width + gap) { breaks.add(start); used = 0; }
    used += wide;
    if (wide > width + gap) { breaks.add(end); used = 0; }
  }
  return breaks;
}

/**
 * Splits pictures of these ratios (width by height) into rows of [from, to), starting with picture `from`.
 * A row that is `height` high fills `width`; the last row, and one before a break, may be shorter: then filled is below 1.
 */
export function rowsOf(ratios, { width, height, gap, breaks, from = 0 }) {
  const rows = [];
  let start = from;
  let sum = 0;
  const end = (to) => {
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
    // One picture too many makes the row low, one too few makes it high: whichever is nearer to what is wanted.
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
