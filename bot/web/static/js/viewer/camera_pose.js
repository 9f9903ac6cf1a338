// The camera's pose (heading, pitch and roll): read from a photo, rounded for the API, and formatted for people.

import { compassPoint, number, t } from "../ui/i18n.js";

/** @import { Photo } from "openapi" */
/** @import { CameraPose, View } from "../geo/pinhole.js" */

const ASSUMED_FOCAL_LENGTH_35MM = 26;

/**
 * Return the view (pinhole.js) of a photo, with defaults for what is unknown. The focal length is that of the file even
 * if the pose was set by a person, because the server uses it to draw the names.
 * @param {Photo} photo
 * @returns {View}
 */
export function viewOfPhoto({ orientation, width, height, ...photo }) {
  const { heading_deg, pitch_deg, roll_deg } = orientation || photo;
  return {
    heading_deg: heading_deg ?? 0,
    pitch_deg: pitch_deg ?? 0,
    roll_deg: roll_deg ?? 0,
    focal_length_35mm: photo.focal_length_35mm || ASSUMED_FOCAL_LENGTH_35MM,
    width: width ?? 1,
    height: height ?? 1,
  };
}

/** @param {number} deg */
const hundredths = (deg) => Math.round(deg * 100) / 100;

/**
 * Return the pose of a view for the API, rounded to hundredths of a degree.
 * @param {CameraPose} view
 * @returns {CameraPose}
 */
export const roundedPose = ({ heading_deg, pitch_deg, roll_deg }) => ({
  heading_deg: hundredths(heading_deg) % 360,
  pitch_deg: hundredths(pitch_deg),
  roll_deg: hundredths(roll_deg),
});

/** @param {number} deg */
const tenths = (deg) => number(Math.abs(deg), 1);
/** @param {number} heading */
const headingText = (heading) => `${tenths(heading)}° ${compassPoint(heading)}`;
/** @param {number} roll */
const isTilted = (roll) => Math.abs(roll) >= 0.05;

/**
 * Describe a pose for screen readers: "62.4° NE, 5.0° up, tilted 0.3° right".
 * @param {CameraPose} view
 */
export function poseInWords(view) {
  const { heading_deg: heading, pitch_deg: pitch, roll_deg: roll } = roundedPose(view);
  const parts = [headingText(heading), t(pitch < 0 ? "align_down" : "align_up", { n: tenths(pitch) })];
  if (isTilted(roll)) parts.push(t(roll < 0 ? "align_tilted_left" : "align_tilted_right", { n: tenths(roll) }));
  return parts.join(", ");
}

/**
 * Return a pose as short texts: ["62.4° NE", "↑ 5.0°", "↻ 0.3°"]. The last one is empty if the camera is level.
 * @param {CameraPose} view
 */
export function poseInFigures(view) {
  const { heading_deg: heading, pitch_deg: pitch, roll_deg: roll } = roundedPose(view);
  return [
    headingText(heading),
    `${pitch < 0 ? "↓" : "↑"} ${tenths(pitch)}°`,
    isTilted(roll) ? `${roll < 0 ? "↺" : "↻"} ${tenths(roll)}°` : "",
  ];
}
