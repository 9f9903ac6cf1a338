// Where a camera looked: what a photo says of it, what is sent, and in words.

import { compassPoint, number, t } from "../ui/i18n.js";

const ASSUMED_FOCAL_LENGTH_35MM = 26;

/** The view of a photo (projection.js) as far as it is known. The lens is the file's: by it the server draws what is said. */
export function viewOf({ orientation, width, height, ...photo }) {
  const { heading_deg, pitch_deg, roll_deg } = orientation || photo;
  return {
    heading_deg: heading_deg ?? 0, pitch_deg: pitch_deg ?? 0, roll_deg: roll_deg ?? 0,
    focal_length_35mm: photo.focal_length_35mm || ASSUMED_FOCAL_LENGTH_35MM, width, height,
  };
}

const hundredths = (deg) => Math.round(deg * 100) / 100;

/** What the server is told of a view. */
export const aimOf = ({ heading_deg, pitch_deg, roll_deg }) => ({ heading_deg: hundredths(heading_deg) % 360, pitch_deg: hundredths(pitch_deg), roll_deg: hundredths(roll_deg) });

const tenths = (deg) => number(Math.abs(deg), 1);
const towards = (heading) => `${tenths(heading)}° ${compassPoint(heading)}`;
const isTilted = (roll) => Math.abs(roll) >= 0.05;

/** To be read aloud: "62.4° NE, 5.0° up, tilted 0.3° right". */
export function inWords(view) {
  const { heading_deg: heading, pitch_deg: pitch, roll_deg: roll } = aimOf(view);
  const parts = [towards(heading), t(pitch < 0 ? "align_down" : "align_up", { n: tenths(pitch) })];
  if (isTilted(roll)) parts.push(t(roll < 0 ? "align_tilted_left" : "align_tilted_right", { n: tenths(roll) }));
  return parts.join(", ");
}

/** To be seen at a glance: ["62.4° NE", "↑ 5.0°", "↻ 0.3°"]. */
export function inFigures(view) {
  const { heading_deg: heading, pitch_deg: pitch, roll_deg: roll } = aimOf(view);
  return [towards(heading), `${pitch < 0 ? "↓" : "↑"} ${tenths(pitch)}°`, isTilted(roll) ? `${roll < 0 ? "↺" : "↻"} ${tenths(roll)}°` : ""];
}
