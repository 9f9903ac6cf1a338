// The way that the photos were taken along.

import { distanceKm } from "./geodesy.js";

// A night in between does not end the way; a week at home does.
const LONGEST_S = 36 * 3600;
// What is farther apart was flown, or belongs to another person's album.
const FARTHEST_KM = 100;

/** shots ({ takenAt, lat, lon }) as lines of [lat, lon] in the order of time, one for each journey. */
export function trailOf(shots) {
  const inOrder = shots.filter((shot) => shot.takenAt !== null).sort((a, b) => a.takenAt - b.takenAt);
  const lines = [];
  let before = null;
  for (const shot of inOrder) {
    const goesOn = before && shot.takenAt - before.takenAt <= LONGEST_S
      && distanceKm(before.lat, before.lon, shot.lat, shot.lon) <= FARTHEST_KM;
    if (goesOn) lines.at(-1).push([shot.lat, shot.lon]);
    else lines.push([[shot.lat, shot.lon]]);
    before = shot;
  }
  return lines.filter((line) => line.length > 1);
}
