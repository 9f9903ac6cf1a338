// The catalogue's summits as mountains all around, whose flanks fall as in cumbre/viewshed/visibility.py.

import { signed } from "./pinhole.js";
import { draw } from "../ui/svg.js";

// Degrees of elevation per degree of bearing.
const FLANK_SLOPE = 0.5;
// The farthest first, so that near ones stand before far ones.
const RANGES = [["far", 30_000, Infinity], ["middle", 12_000, 30_000], ["near", 0, 12_000]];
// Turns on which each stands, so that north lies anywhere.
const TURNS_DEG = [-360, 0, 360];

/** Paths in pixels, bearings to the right from north and elevations upwards from the horizon. */
export function mountains(peaks, pxPerDeg) {
  return RANGES.map(([name, from, to]) => {
    const outlines = peaks
      .filter(({ distance_m: distance, elevation_deg: elevation }) => distance >= from && distance < to && elevation > 0)
      .flatMap((peak) => TURNS_DEG.map((turn) => outline(peak, turn, pxPerDeg)));
    return draw("path", { class: name, d: outlines.join("") });
  });
}

function outline({ bearing_deg: bearing, elevation_deg: elevation }, turn, pxPerDeg) {
  const [x, half] = [(bearing + turn) * pxPerDeg, (elevation / FLANK_SLOPE) * pxPerDeg];
  return `M${(x - half).toFixed(1)} 0L${x.toFixed(1)} ${(-elevation * pxPerDeg).toFixed(1)}L${(x + half).toFixed(1)} 0Z`;
}

/** Whether the mountain of a nearer peak stands before a peak. */
export function isHidden(peak, peaks) {
  return peaks.some((other) => other.distance_m < peak.distance_m
    && other.elevation_deg - FLANK_SLOPE * Math.abs(signed(other.bearing_deg - peak.bearing_deg)) > peak.elevation_deg);
}
