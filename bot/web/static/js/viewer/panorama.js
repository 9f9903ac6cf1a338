// The view as a panorama board shows it: where each summit stands by compass, and how high above the horizon.

import { drawLabel, layOut, rowsHeight } from "./panorama_labels.js";
import { draw } from "../ui/svg.js";
import { bearing, t } from "../ui/i18n.js";

const WIDTH = 340;
const BELOW_HORIZON_PX = 26;
const TICK_DEG = 10;
const HIGHEST_PX = 40;
const LEAST_PX = 3;
const SLOPE = 1.1;
// A compass may err by so much: a peak that is named may stand beyond the edge that the photo's direction gives.
const BEYOND_EDGE_DEG = 20;
// Beyond it the plane that a lens draws on has no place for what is seen.
const PLANE_MAX_DEG = 75;

/** An SVG, or null where the direction or the field of view is not known or no summit is inside. */
export function panorama(photo, named) {
  if (photo.heading_deg === null || photo.hfov_deg === null) return null;
  const seen = photo.hfov_deg / 2;
  const known = photo.candidates.filter((peak) => peak.offset_deg !== null);
  const marked = known.filter((peak) => named.has(peak.id) && Math.abs(peak.offset_deg) < seen + BEYOND_EDGE_DEG);
  if (!marked.length) return null;
  // Wide enough for every peak that is named.
  const half = Math.max(seen, ...marked.map((peak) => Math.abs(peak.offset_deg) + 2));
  const x = projection(half);
  const inside = known.filter((peak) => Math.abs(peak.offset_deg) < half);
  const highest = Math.max(...inside.map((peak) => peak.elevation_deg ?? 0), 1);
  // As many pixels for a degree upwards as across, unless the highest summit would not fit.
  const pxPerDeg = Math.min(WIDTH / (2 * half), HIGHEST_PX / highest);
  const rise = (peak) => Math.max(LEAST_PX, pxPerDeg * (peak.elevation_deg ?? highest));
  const at = (peak) => ({ ...peak, x: x(peak.offset_deg), named: named.has(peak.id), rise: rise(peak) });
  const { labels, rows } = layOut(marked.map(at), WIDTH);
  const horizon = rowsHeight(rows) + HIGHEST_PX + 6;
  const standing = (summit) => ({ ...summit, y: horizon - summit.rise });
  const summits = inside.map((peak) => standing(at(peak))).sort((a, b) => a.named - b.named);
  return draw("svg", { class: "panorama", viewBox: `0 0 ${WIDTH} ${horizon + BELOW_HORIZON_PX}`, role: "img", "aria-label": t("view", { heading: bearing(photo.heading_deg) }) },
    summits.map((summit) => mountain(summit, horizon)),
    half > seen ? [-seen, seen].map((edge) => draw("path", { class: "edge", d: `M${x(edge).toFixed(1)} ${rowsHeight(rows)}V${horizon}` })) : [],
    labels.flatMap((label) => drawLabel({ ...label, summit: standing(label.summit) })),
    draw("path", { class: "horizon", d: `M0 ${horizon}H${WIDTH}` }),
    compass(photo.heading_deg, half, x, horizon));
}

const radians = (deg) => (deg * Math.PI) / 180;

/** Degrees from the middle to pixels from the left: as a lens draws them, and evenly in a very wide view. */
function projection(half) {
  const across = half < PLANE_MAX_DEG ? (deg) => Math.tan(radians(deg)) : (deg) => deg;
  return (deg) => (WIDTH / 2) * (1 + across(deg) / across(half));
}

function mountain({ x, y, named }, horizon) {
  const foot = (horizon - y) * SLOPE;
  return draw("path", { class: named ? "summit named" : "summit", d: `M${x - foot} ${horizon}L${x} ${y}L${x + foot} ${horizon}Z` });
}

function compass(heading, half, x, horizon) {
  const marks = [];
  for (let deg = Math.ceil((heading - half) / TICK_DEG) * TICK_DEG; deg <= heading + half; deg += TICK_DEG) {
    const at = x(deg - heading);
    const around = ((deg % 360) + 360) % 360;
    marks.push(draw("path", { class: "tick", d: `M${at} ${horizon}v5` }));
    if (at < 14 || at > WIDTH - 14) continue;
    const text = around % 90 === 0 ? t("compass").split(",")[around / 45] : `${around}°`;
    marks.push(draw("text", { class: "deg", x: at, y: horizon + 18, text }));
  }
  return marks;
}
