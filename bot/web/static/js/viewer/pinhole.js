// Directions to places in a picture and back: cumbre/geo/pinhole.py for the page (docs/summits.md, "Projection").
//
// A view has heading_deg, pitch_deg, roll_deg, focal_length_35mm, and the upright picture's width and height. Places are
// fractions of the picture from its top left corner.

const FULL_FRAME_DIAGONAL_MM = Math.hypot(36, 24);
const LEAST_AHEAD = 1e-6;
// Straight up or down a heading would mean nothing.
const PITCH_MOST_DEG = 85;

const radians = (deg) => (deg * Math.PI) / 180;
const degrees = (rad) => (rad * 180) / Math.PI;
const { sin, cos, atan2 } = Math;

/** The focal length in pixels; the 35 mm equivalence is by the diagonal. */
export const focalPx = (view) => (view.focal_length_35mm / FULL_FRAME_DIAGONAL_MM) * Math.hypot(view.width, view.height);

/** How many degrees the picture is wide and high. */
export function fieldOfView(view) {
  const across = (px) => 2 * degrees(Math.atan(px / 2 / focalPx(view)));
  return { wideDeg: across(view.width), highDeg: across(view.height) };
}

/** Where a direction { bearing_deg, elevation_deg } stands in the picture, or beside it; null behind the camera. */
export function project(view, direction) {
  const [offset, elevation] = [radians(direction.bearing_deg - view.heading_deg), radians(direction.elevation_deg)];
  const [pitch, roll] = [radians(view.pitch_deg), radians(view.roll_deg)];
  const [right, up, forward] = [cos(elevation) * sin(offset), sin(elevation), cos(elevation) * cos(offset)];
  const ahead = forward * cos(pitch) + up * sin(pitch);
  const above = up * cos(pitch) - forward * sin(pitch);
  if (ahead <= LEAST_AHEAD) return null;
  const scale = focalPx(view) / ahead;
  return {
    x: 0.5 + ((right * cos(roll) - above * sin(roll)) * scale) / view.width,
    y: 0.5 - ((right * sin(roll) + above * cos(roll)) * scale) / view.height,
  };
}

/** The direction that stands at a place; the inverse of project(). */
export function unproject(view, place) {
  const pitch = radians(view.pitch_deg);
  const { right, above, ahead } = ray(view, place);
  const up = above * cos(pitch) + ahead * sin(pitch);
  const forward = ahead * cos(pitch) - above * sin(pitch);
  return { bearing_deg: around(view.heading_deg + degrees(atan2(right, forward))), elevation_deg: degrees(atan2(up, Math.hypot(right, forward))) };
}

/** The view, turned and tilted so that a direction stands at a place. */
export function laid(view, direction, place) {
  const { right, above, ahead } = ray(view, place);
  // Of above cos p + ahead sin p = sin e there are two solutions: that which tilts less.
  const [middle, reach] = [atan2(ahead, above), Math.hypot(above, ahead)];
  const aside = Math.acos(Math.min(1, Math.max(-1, sin(radians(direction.elevation_deg)) / reach)));
  const tilt = (pitch) => Math.abs(signed(degrees(pitch) - view.pitch_deg));
  const nearest = [middle - aside, middle + aside].sort((a, b) => tilt(a) - tilt(b))[0];
  const { pitch_deg } = tilted({ pitch_deg: signed(degrees(nearest)) });
  const pitch = radians(pitch_deg);
  const forward = ahead * cos(pitch) - above * sin(pitch);
  return { ...view, pitch_deg, heading_deg: around(direction.bearing_deg - degrees(atan2(right, forward))) };
}

/** The view, turned by some degrees to the right, up and clockwise. */
export function turned(view, { right = 0, up = 0, clockwise = 0 }) {
  return tilted({ ...view, heading_deg: around(view.heading_deg + right), pitch_deg: view.pitch_deg + up, roll_deg: signed(view.roll_deg + clockwise) });
}

const tilted = (view) => ({ ...view, pitch_deg: Math.min(PITCH_MOST_DEG, Math.max(-PITCH_MOST_DEG, view.pitch_deg)) });

/** The same angle in [0, 360). */
export const around = (deg) => ((deg % 360) + 360) % 360;
/** The same angle in [-180, 180). */
export const signed = (deg) => around(deg + 180) - 180;

/** A unit vector towards a place, of the camera without its roll. */
function ray(view, { x, y }) {
  const roll = radians(view.roll_deg);
  const [aside, over] = [((x - 0.5) * view.width) / focalPx(view), ((0.5 - y) * view.height) / focalPx(view)];
  const long = Math.hypot(aside, over, 1);
  return { right: (aside * cos(roll) + over * sin(roll)) / long, above: (over * cos(roll) - aside * sin(roll)) / long, ahead: 1 / long };
}
