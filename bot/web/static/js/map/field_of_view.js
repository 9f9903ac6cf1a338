// The camera's field of view as a wedge on the map.

import "../../vendor/leaflet/leaflet.js";
import { destination } from "../geo/geodesy.js";

/** @import { Map, Polygon } from "leaflet" */
/** @import { Photo } from "openapi" */

const { L } = globalThis;
// The wedge's length as a share of the map's height.
const SHARE_OF_VIEW = 0.3;
const ARC_STEPS = 24;

/**
 * Return a Leaflet polygon for a photo; null if the photo's place or heading is unknown.
 * @param {Photo} photo
 * @param {Map} map
 * @returns {?Polygon}
 */
export function fieldOfViewWedge(photo, map) {
  const heading = photo.heading_deg;
  if (!photo.gps || heading === null) return null;
  const { lat, lon } = photo.gps;
  const bounds = map.getBounds();
  const km = (SHARE_OF_VIEW * map.distance(bounds.getNorthWest(), bounds.getSouthWest())) / 1000;
  const half = (photo.hfov_deg ?? 4) / 2;
  const arc = Array.from({ length: ARC_STEPS + 1 }, (_, i) =>
    destination(lat, lon, heading - half + (2 * half * i) / ARC_STEPS, km),
  );
  return L.polygon([[lat, lon], ...arc], { className: "wedge", interactive: false });
}
