// The view as a panorama board shows it: where each summit stands by compass, and how high above the horizon.

import { draw } from "./svg.js";
import { bearing, t } from "./words.js";

const WIDTH = 340;
const HORIZON = 74;
const HEIGHT = 100;
const TICK_DEG = 10;
const LABEL_ROWS = [11, 25];
const CHARACTER_PX = 6.4;
const HIGHEST_PX = 40;
const SLOPE = 1.1;

/** An SVG, or null where the direction or the field of view is not known or no summit is inside. */
export function panorama(photo, named) {
  if (photo.heading_deg === null || photo.hfov_deg === null) return null;
  const half = photo.hfov_deg / 2;
  const inside = photo.candidates.filter((peak) => peak.offset_deg !== null && Math.abs(peak.offset_deg) < half);
  if (!inside.some((peak) => named.has(peak.id))) return null;
  const svg = draw("svg", { class: "panorama", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("view", { heading: bearing(photo.heading_deg) }) });
  const x = (offsetDeg) => (WIDTH / 2) * (1 + Math.tan(radians(offsetDeg)) / Math.tan(radians(half)));
  const highest = Math.max(...inside.map((peak) => peak.elevation_deg ?? 0), 1);
  // As many pixels for a degree upwards as across, unless the highest summit would not fit.
  const pxPerDeg = Math.min(WIDTH / photo.hfov_deg, HIGHEST_PX / highest);
  const rise = (peak) => Math.max(3, pxPerDeg * (peak.elevation_deg ?? highest));
  const summits = inside.map((peak) => ({ ...peak, x: x(peak.offset_deg), y: HORIZON - rise(peak), named: named.has(peak.id) }));
  for (const summit of summits.filter((one) => !one.named)) svg.append(mountain(summit));
  for (const summit of summits.filter((one) => one.named)) svg.append(mountain(summit));
  svg.append(...labels(summits.filter((one) => one.named)), draw("path", { class: "horizon", d: `M0 ${HORIZON}H${WIDTH}` }), ...compass(photo, half, x));
  return svg;
}

const radians = (deg) => (deg * Math.PI) / 180;

function mountain({ x, y, named }) {
  const foot = (HORIZON - y) * SLOPE;
  return draw("path", { class: named ? "summit named" : "summit", d: `M${x - foot} ${HORIZON}L${x} ${y}L${x + foot} ${HORIZON}Z` });
}

/** Names above their summits, in the first row where they do not meet another. */
function labels(summits) {
  const ends = LABEL_ROWS.map(() => -Infinity);
  return [...summits].sort((a, b) => a.x - b.x).flatMap((summit) => {
    const half = (summit.name.length * CHARACTER_PX) / 2;
    const middle = Math.min(WIDTH - half, Math.max(half, summit.x));
    const row = ends.findIndex((end) => middle - half > end + 4);
    if (row < 0) return [];
    ends[row] = middle + half;
    const text = draw("text", { x: middle, y: LABEL_ROWS[row] });
    text.textContent = summit.name;
    return [draw("path", { class: "leader", d: `M${summit.x} ${LABEL_ROWS[row] + 4}V${summit.y - 2}` }), text];
  });
}

function compass({ heading_deg: heading }, half, x) {
  const marks = [];
  for (let deg = Math.ceil((heading - half) / TICK_DEG) * TICK_DEG; deg <= heading + half; deg += TICK_DEG) {
    const at = x(deg - heading);
    const around = ((deg % 360) + 360) % 360;
    marks.push(draw("path", { class: "tick", d: `M${at} ${HORIZON}v5` }));
    if (at < 14 || at > WIDTH - 14) continue;
    const text = draw("text", { class: "deg", x: at, y: HORIZON + 18 });
    text.textContent = around % 90 === 0 ? t("compass").split(",")[around / 45] : `${around}°`;
    marks.push(text);
  }
  return marks;
}
