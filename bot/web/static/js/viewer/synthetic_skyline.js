// A synthetic skyline from the catalogue's summits: each is a triangle with flanks as in cumbre/viewshed/visibility.py.

import { wrap180 } from "../geo/pinhole.js";
import { svgEl } from "../ui/svg.js";

/** @typedef {{ distance_m: number, bearing_deg: number, elevation_deg: number }} Peak */

// Degrees of elevation per degree of bearing.
const FLANK_SLOPE = 0.5;
// CSS class and range of distances in metres. The farthest comes first, so that near mountains are drawn over it.
/** @type {[string, number, number][]} */
const RANGES = [
  ["far", 30_000, Infinity],
  ["middle", 12_000, 30_000],
  ["near", 0, 12_000],
];
// Each mountain is drawn three times, so that the panorama can be centred on any bearing.
const TURNS_DEG = [-360, 0, 360];

/**
 * Return SVG paths in pixels: x grows with the bearing from north, y is 0 at the horizon and negative above it.
 * @param {Peak[]} peaks
 * @param {number} pxPerDeg
 */
export function mountains(peaks, pxPerDeg) {
  return RANGES.map(([name, from, to]) => {
    const outlines = peaks
      .filter(
        ({ distance_m: distance, elevation_deg: elevation }) => distance >= from && distance < to && elevation > 0,
      )
      .flatMap((peak) => TURNS_DEG.map((turn) => outline(peak, turn, pxPerDeg)));
    return svgEl("path", { class: name, d: outlines.join("") });
  });
}

/**
 * @param {Peak} peak
 * @param {number} turn
 * @param {number} pxPerDeg
 */
function outline({ bearing_deg: bearing, elevation_deg: elevation }, turn, pxPerDeg) {
  const [x, halfBase] = [(bearing + turn) * pxPerDeg, (elevation / FLANK_SLOPE) * pxPerDeg];
  return `M${(x - halfBase).toFixed(1)} 0L${x.toFixed(1)} ${(-elevation * pxPerDeg).toFixed(1)}L${(x + halfBase).toFixed(1)} 0Z`;
}

/**
 * Return whether a peak is hidden by the flank of a nearer one.
 * @param {Peak} peak
 * @param {Peak[]} peaks
 */
export function isHidden(peak, peaks) {
  return peaks.some(
    (other) =>
      other.distance_m < peak.distance_m &&
      other.elevation_deg - FLANK_SLOPE * Math.abs(wrap180(other.bearing_deg - peak.bearing_deg)) > peak.elevation_deg,
  );
}
