// The track on the map: lines that connect photos in the order in which they were taken.

import { distanceKm } from "../geo/geodesy.js";

/** @import { LocatedShot } from "../net/api.js" */

// A night does not end a journey; a week at home does.
const GAP_MAX_S = 36 * 3600;
// A longer leg was a flight, or the photo is from another person's album.
const LEG_MAX_KM = 100;

/**
 * Split photos into journeys.
 * @param {LocatedShot[]} shots
 * @returns {[number, number][][]} one line of [lat, lon] points for each journey
 */
export function trackLines(shots) {
  const inOrder = shots
    .flatMap(({ takenAt, lat, lon }) => (takenAt === null ? [] : [{ takenAt, lat, lon }]))
    .sort((a, b) => a.takenAt - b.takenAt);
  /** @type {[number, number][][]} */
  const lines = [];
  let before;
  for (const shot of inOrder) {
    const continues =
      before &&
      shot.takenAt - before.takenAt <= GAP_MAX_S &&
      distanceKm(before.lat, before.lon, shot.lat, shot.lon) <= LEG_MAX_KM;
    if (continues) lines[lines.length - 1].push([shot.lat, shot.lon]);
    else lines.push([[shot.lat, shot.lon]]);
    before = shot;
  }
  return lines.filter((line) => line.length > 1);
}
