// A drawing of the view like a panorama board: summits by bearing, and by elevation angle above the horizon.

import { drawLabel, layOutLabels, rowsHeight } from "./panorama_labels.js";
import { svgEl } from "../ui/svg.js";
import { bearing, t } from "../ui/i18n.js";

/** @import { Photo, Prediction } from "openapi" */
/** @typedef {Prediction & { offset_deg: number }} Located */

const WIDTH = 340;
const BELOW_HORIZON_PX = 26;
const TICK_DEG = 10;
const RISE_MAX_PX = 40;
const RISE_MIN_PX = 3;
// Half the width of a mountain's base divided by its height.
const BASE_RATIO = 1.1;
// The largest compass error: a peak may be this far beyond the edge that the photo's heading suggests.
const BEYOND_EDGE_DEG = 20;
// Half the field of view above which a rectilinear projection is of no use.
const RECTILINEAR_MAX_DEG = 75;

/**
 * Draw the panorama.
 * @param {Pick<Photo, "heading_deg" | "hfov_deg" | "candidates">} photo
 * @param {Set<string>} named ids of the peaks that the photo shows
 * @returns {?SVGElement} null if heading or field of view are unknown, or if no named peak is in view
 */
export function panorama(photo, named) {
  if (photo.heading_deg === null || photo.hfov_deg === null) return null;
  const halfView = photo.hfov_deg / 2;
  const known = /** @type {Located[]} */ (photo.candidates.filter((peak) => peak.offset_deg !== null));
  const marked = known.filter((peak) => named.has(peak.id) && Math.abs(peak.offset_deg) < halfView + BEYOND_EDGE_DEG);
  if (!marked.length) return null;
  // Wide enough for all named peaks.
  const half = Math.max(halfView, ...marked.map((peak) => Math.abs(peak.offset_deg) + 2));
  const x = projection(half);
  const inside = known.filter((peak) => Math.abs(peak.offset_deg) < half);
  const highest = Math.max(...inside.map((peak) => peak.elevation_deg ?? 0), 1);
  // The same scale vertically as horizontally, unless the highest summit would not fit.
  const pxPerDeg = Math.min(WIDTH / (2 * half), RISE_MAX_PX / highest);
  const rise = (/** @type {Located} */ peak) => Math.max(RISE_MIN_PX, pxPerDeg * (peak.elevation_deg ?? highest));
  const at = (/** @type {Located} */ peak) => ({
    name: peak.name,
    x: x(peak.offset_deg),
    named: named.has(peak.id),
    rise: rise(peak),
  });
  const { labels, rows } = layOutLabels(marked.map(at), WIDTH);
  const horizon = rowsHeight(rows) + RISE_MAX_PX + 6;
  const withY = (/** @type {ReturnType<typeof at>} */ summit) => ({ ...summit, y: horizon - summit.rise });
  const summits = inside.map((peak) => withY(at(peak))).sort((a, b) => Number(a.named) - Number(b.named));
  return svgEl(
    "svg",
    {
      class: "panorama",
      viewBox: `0 0 ${WIDTH} ${horizon + BELOW_HORIZON_PX}`,
      role: "img",
      "aria-label": t("view", { heading: bearing(photo.heading_deg) }),
    },
    summits.map((summit) => mountain(summit, horizon)),
    half > halfView
      ? [-halfView, halfView].map((edge) =>
          svgEl("path", { class: "edge", d: `M${x(edge).toFixed(1)} ${rowsHeight(rows)}V${horizon}` }),
        )
      : [],
    labels.flatMap((label) => drawLabel({ ...label, summit: withY(label.summit) })),
    svgEl("path", { class: "horizon", d: `M0 ${horizon}H${WIDTH}` }),
    compass(photo.heading_deg, half, x, horizon),
  );
}

/** @param {number} deg */
const radians = (deg) => (deg * Math.PI) / 180;

/**
 * Return a function from degrees off the centre to x in pixels: rectilinear, or linear in a very wide view.
 * @param {number} half
 * @returns {(deg: number) => number}
 */
function projection(half) {
  const across = (/** @type {number} */ deg) => (half < RECTILINEAR_MAX_DEG ? Math.tan(radians(deg)) : deg);
  return (deg) => (WIDTH / 2) * (1 + across(deg) / across(half));
}

/**
 * @param {{ x: number, y: number, named: boolean }} summit
 * @param {number} horizon
 */
function mountain({ x, y, named }, horizon) {
  const halfBase = (horizon - y) * BASE_RATIO;
  return svgEl("path", {
    class: named ? "summit named" : "summit",
    d: `M${x - halfBase} ${horizon}L${x} ${y}L${x + halfBase} ${horizon}Z`,
  });
}

/**
 * @param {number} heading
 * @param {number} half
 * @param {(deg: number) => number} x
 * @param {number} horizon
 */
function compass(heading, half, x, horizon) {
  const marks = [];
  for (let deg = Math.ceil((heading - half) / TICK_DEG) * TICK_DEG; deg <= heading + half; deg += TICK_DEG) {
    const at = x(deg - heading);
    const azimuth = ((deg % 360) + 360) % 360;
    marks.push(svgEl("path", { class: "tick", d: `M${at} ${horizon}v5` }));
    if (at < 14 || at > WIDTH - 14) continue;
    const text = azimuth % 90 === 0 ? t("compass").split(",")[azimuth / 45] : `${azimuth}°`;
    marks.push(svgEl("text", { class: "deg", x: at, y: horizon + 18, text }));
  }
  return marks;
}
