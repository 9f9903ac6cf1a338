// The pinhole camera model: directions to places in a picture and back. The page's version of cumbre/geo/pinhole.py
// (docs/summits.md, "Projection").
//
// A place is { x, y } in fractions of the picture from its top left corner.

/** @typedef {{ heading_deg: number, pitch_deg: number, roll_deg: number }} CameraPose */
/**
 * The pose of a camera, its lens, and width and height of the upright picture.
 * @typedef {CameraPose & { focal_length_35mm: number, width: number, height: number }} View
 */
/** @typedef {{ bearing_deg: number, elevation_deg: number }} Direction */
/** @typedef {{ x: number, y: number }} Place */

const FULL_FRAME_DIAGONAL_MM = Math.hypot(36, 24);
const AHEAD_MIN = 1e-6;
// Straight up or down, a heading would be undefined.
const PITCH_MAX_DEG = 85;

/** @param {number} deg */
const radians = (deg) => (deg * Math.PI) / 180;
/** @param {number} rad */
const degrees = (rad) => (rad * 180) / Math.PI;
const { sin, cos, atan2 } = Math;

/**
 * Return the focal length in pixels; 35 mm equivalence is by the diagonal.
 * @param {View} view
 */
export const focalPx = (view) =>
  (view.focal_length_35mm / FULL_FRAME_DIAGONAL_MM) * Math.hypot(view.width, view.height);

/**
 * Return the horizontal and vertical field of view in degrees.
 * @param {View} view
 */
export function fieldOfView(view) {
  /** @param {number} px */
  const angle = (px) => 2 * degrees(Math.atan(px / 2 / focalPx(view)));
  return { widthDeg: angle(view.width), heightDeg: angle(view.height) };
}

/**
 * Return the place of a direction, which may be outside of the picture; null if it is behind the camera.
 * @param {View} view
 * @param {Direction} direction
 * @returns {?Place}
 */
export function project(view, direction) {
  const [offset, elevation] = [radians(direction.bearing_deg - view.heading_deg), radians(direction.elevation_deg)];
  const [pitch, roll] = [radians(view.pitch_deg), radians(view.roll_deg)];
  const [right, up, forward] = [cos(elevation) * sin(offset), sin(elevation), cos(elevation) * cos(offset)];
  const ahead = forward * cos(pitch) + up * sin(pitch);
  const above = up * cos(pitch) - forward * sin(pitch);
  if (ahead <= AHEAD_MIN) return null;
  const scale = focalPx(view) / ahead;
  return {
    x: 0.5 + ((right * cos(roll) - above * sin(roll)) * scale) / view.width,
    y: 0.5 - ((right * sin(roll) + above * cos(roll)) * scale) / view.height,
  };
}

/**
 * Return the direction of a place; the inverse of project().
 * @param {View} view
 * @param {Place} place
 * @returns {Direction}
 */
export function unproject(view, place) {
  const pitch = radians(view.pitch_deg);
  const { right, above, ahead } = ray(view, place);
  const up = above * cos(pitch) + ahead * sin(pitch);
  const forward = ahead * cos(pitch) - above * sin(pitch);
  return {
    bearing_deg: wrap360(view.heading_deg + degrees(atan2(right, forward))),
    elevation_deg: degrees(atan2(up, Math.hypot(right, forward))),
  };
}

/**
 * Return the view, turned and tilted (with the same roll) so that a direction is at a place.
 * @param {View} view
 * @param {Direction} direction
 * @param {Place} place
 * @returns {View}
 */
export function turnedTo(view, direction, place) {
  const { right, above, ahead } = ray(view, place);
  // above * cos(pitch) + ahead * sin(pitch) = sin(elevation) has two solutions: choose the one that tilts less.
  const [middle, reach] = [atan2(ahead, above), Math.hypot(above, ahead)];
  const aside = Math.acos(Math.min(1, Math.max(-1, sin(radians(direction.elevation_deg)) / reach)));
  /** @param {number} pitch */
  const tilt = (pitch) => Math.abs(wrap180(degrees(pitch) - view.pitch_deg));
  const nearest = [middle - aside, middle + aside].sort((a, b) => tilt(a) - tilt(b))[0];
  const { pitch_deg } = withPitchLimit({ pitch_deg: wrap180(degrees(nearest)) });
  const pitch = radians(pitch_deg);
  const forward = ahead * cos(pitch) - above * sin(pitch);
  return { ...view, pitch_deg, heading_deg: wrap360(direction.bearing_deg - degrees(atan2(right, forward))) };
}

/**
 * Return the view, turned by degrees to the right, up and clockwise.
 * @param {View} view
 * @param {{ right?: number, up?: number, clockwise?: number }} change
 * @returns {View}
 */
export function turnedBy(view, { right = 0, up = 0, clockwise = 0 }) {
  return withPitchLimit({
    ...view,
    heading_deg: wrap360(view.heading_deg + right),
    pitch_deg: view.pitch_deg + up,
    roll_deg: wrap180(view.roll_deg + clockwise),
  });
}

/** @type {<Tilted extends { pitch_deg: number }>(view: Tilted) => Tilted} */
const withPitchLimit = (view) => ({
  ...view,
  pitch_deg: Math.min(PITCH_MAX_DEG, Math.max(-PITCH_MAX_DEG, view.pitch_deg)),
});

/**
 * Wrap an angle to [0, 360).
 * @param {number} deg
 */
export const wrap360 = (deg) => ((deg % 360) + 360) % 360;
/**
 * Wrap an angle to [-180, 180).
 * @param {number} deg
 */
export const wrap180 = (deg) => wrap360(deg + 180) - 180;

/**
 * Return a unit vector towards a place, in coordinates of the camera without its roll.
 * @param {View} view
 * @param {Place} place
 */
function ray(view, { x, y }) {
  const roll = radians(view.roll_deg);
  const [aside, over] = [((x - 0.5) * view.width) / focalPx(view), ((0.5 - y) * view.height) / focalPx(view)];
  const length = Math.hypot(aside, over, 1);
  return {
    right: (aside * cos(roll) + over * sin(roll)) / length,
    above: (over * cos(roll) - aside * sin(roll)) / length,
    ahead: 1 / length,
  };
}
