// The way that the photos were taken along: a line through each day.

import { distanceKm } from "./geo.js";

const DAY_S = 86_400;
// What is farther apart on one day was flown, or belongs to another person's album.
const FARTHEST_KM = 100;

/** shots ({ takenAt, lat, lon }) as lines of [lat, lon], one or more for each day, in the order of time. */
export function trailOf(shots) {
  const inOrder = shots.filter((shot) => shot.takenAt !== null).sort((a, b) => a.takenAt - b.takenAt);
  const lines = [];
  let before = null;
  for (const shot of inOrder) {
    const goesOn = before && Math.floor(before.takenAt / DAY_S) === Math.floor(shot.takenAt / DAY_S)
      && distanceKm(before.lat, before.lon, shot.lat, shot.lon) <= FARTHEST_KM;
    if (goesOn) lines.at(-1).push([shot.lat, shot.lon]);
    else lines.push([[shot.lat, shot.lon]]);
    before = shot;
  }
  return lines.filter((line) => line.length > 1);
}
