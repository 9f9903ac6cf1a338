// Which pictures share a row, so that rows are about equally high and as wide as the page.

/**
 * Splits pictures of these ratios (width by height) into rows of [from, to), starting with picture `from`.
 * A row that is `height` high fills `width`; the last row may be shorter: then filled is below 1.
 */
export function rowsOf(ratios, { width, height, gap, from = 0 }) {
  const rows = [];
  let start = from;
  let sum = 0;
  for (let i = from; i < ratios.length; i += 1) {
    const room = width - gap * (i - start);
    const before = sum;
    sum += ratios[i];
    if (sum * height < room) continue;
    // One picture too many makes the row low, one too few makes it high: whichever is nearer to what is wanted.
    const low = room / sum / height;
    const high = before ? (room + gap) / before / height : Infinity;
    const end = i > start && 1 / low > high ? i : i + 1;
    rows.push({ from: start, to: end, filled: 1 });
    start = end;
    sum = end === i ? ratios[i] : 0;
  }
  if (start < ratios.length) rows.push({ from: start, to: ratios.length, filled: Math.min(1, (sum * height) / width) });
  return rows;
}
