// A histogram of times for the timeline, with bins of a day, a week, a month or a year.

const DAY_S = 86_400;

/** @typedef {{ name: string, start: (date: Date) => number, days: number, step: number }} Unit */
/**
 * A bin of n times, from one day to another ("2023-10-05"), inclusive.
 * @typedef {{ from: string, to: string, n: number }} Bin
 */

const YEAR = {
  name: "year",
  start: (/** @type {Date} */ d) => Date.UTC(d.getUTCFullYear(), 0, 1),
  days: 365.2,
  step: 367,
};
// start returns the start of a time's bin. days is the average length of a bin. A time `step` days after the start of a
// bin is always in the next bin.
/** @type {Unit[]} */
const UNITS = [
  { name: "day", start: (d) => Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate()), days: 1, step: 1 },
  {
    name: "week",
    start: (d) => Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate() - ((d.getUTCDay() + 6) % 7)),
    days: 7,
    step: 7,
  },
  { name: "month", start: (d) => Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), 1), days: 30.4, step: 32 },
  YEAR,
];

/**
 * Count times in bins from the first to the last time, including empty bins.
 * @param {number[]} times POSIX seconds
 * @param {number} most the largest number of bins; more only if even years are too short
 * @returns {{ unit: string, bins: Bin[] }}
 */
export function timeBins(times, most) {
  if (!times.length) return { unit: "day", bins: [] };
  let first = Infinity;
  let last = -Infinity;
  for (const time of times) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  const days = (last - first) / DAY_S + 1;
  const unit = UNITS.find((one) => days / one.days <= most) || YEAR;
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const time of times) {
    const start = unit.start(new Date(time * 1000));
    counts.set(start, (counts.get(start) || 0) + 1);
  }
  const bins = [];
  for (let start = unit.start(new Date(first * 1000)); start <= last * 1000;) {
    const next = nextStart(unit, start);
    bins.push({ from: dayOf(start), to: dayOf(next - DAY_S * 1000), n: counts.get(start) || 0 });
    start = next;
  }
  return { unit: unit.name, bins };
}

/** @type {(unit: Unit, start: number) => number} */
const nextStart = (unit, start) => unit.start(new Date(start + unit.step * DAY_S * 1000));

/** @type {(ms: number) => string} */
const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
