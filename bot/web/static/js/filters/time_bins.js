// Times in equal spans, for a time line: days, weeks, months or years, whichever fit.

const DAY_S = 86_400;

// days: how long a span is on average; step: so many days after its start lies in the next one.
const UNITS = [
  { name: "day", start: (d) => Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate()), days: 1, step: 1 },
  { name: "week", start: (d) => Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate() - ((d.getUTCDay() + 6) % 7)), days: 7, step: 7 },
  { name: "month", start: (d) => Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), 1), days: 30.4, step: 32 },
  { name: "year", start: (d) => Date.UTC(d.getUTCFullYear(), 0, 1), days: 365.2, step: 367 },
];

/**
 * The spans from the first to the last of these times (POSIX seconds), at most `most` where years allow it:
 * { unit, spans: [{ from, to, n }] }, from and to as days ("2023-10-05"), both included; empty spans are there too.
 */
export function spansOf(times, most) {
  if (!times.length) return { unit: "day", spans: [] };
  let first = Infinity;
  let last = -Infinity;
  for (const time of times) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  const days = (last - first) / DAY_S + 1;
  const unit = UNITS.find((one) => days / one.days <= most) || UNITS.at(-1);
  const counts = new Map();
  for (const time of times) {
    const start = unit.start(new Date(time * 1000));
    counts.set(start, (counts.get(start) || 0) + 1);
  }
  const spans = [];
  for (let start = unit.start(new Date(first * 1000)); start <= last * 1000;) {
    const next = after(unit, start);
    spans.push({ from: dayOf(start), to: dayOf(next - DAY_S * 1000), n: counts.get(start) || 0 });
    start = next;
  }
  return { unit: unit.name, spans };
}

const after = (unit, start) => unit.start(new Date(start + unit.step * DAY_S * 1000));

const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
