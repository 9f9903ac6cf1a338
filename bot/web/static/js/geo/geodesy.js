// Distances, destinations and circles on a spherical Earth.

const EARTH_KM = 6371.0088;
/** @param {number} deg */
const radians = (deg) => (deg * Math.PI) / 180;

/**
 * Return the great-circle distance in kilometres (haversine formula).
 * @param {number} lat1
 * @param {number} lon1
 * @param {number} lat2
 * @param {number} lon2
 */
export function distanceKm(lat1, lon1, lat2, lon2) {
  const a =
    Math.sin(radians(lat2 - lat1) / 2) ** 2 +
    Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * Math.sin(radians(lon2 - lon1) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(a)));
}

/**
 * "LAT,LON,KM" -> { lat, lon, km }.
 * @param {string} text
 */
export function parseCircle(text) {
  const [lat, lon, km] = text.split(",").map(Number);
  return { lat, lon, km };
}

/**
 * { lat, lon, km } -> "LAT,LON,KM".
 * @param {{ lat: number, lon: number, km: number }} circle
 */
export const formatCircle = ({ lat, lon, km }) =>
  `${lat.toFixed(5)},${wrapped(lon).toFixed(5)},${Math.max(0.01, km).toPrecision(4)}`;

/**
 * Return the point [lat, lon] at a distance and bearing from a place.
 * @param {number} lat
 * @param {number} lon
 * @param {number} bearingDeg
 * @param {number} km
 * @returns {[number, number]}
 */
export function destination(lat, lon, bearingDeg, km) {
  const d = km / EARTH_KM;
  const b = radians(bearingDeg);
  const lat1 = radians(lat);
  const lat2 = Math.asin(Math.sin(lat1) * Math.cos(d) + Math.cos(lat1) * Math.sin(d) * Math.cos(b));
  const lon2 =
    radians(lon) +
    Math.atan2(Math.sin(b) * Math.sin(d) * Math.cos(lat1), Math.cos(d) - Math.sin(lat1) * Math.sin(lat2));
  return [(lat2 * 180) / Math.PI, (lon2 * 180) / Math.PI];
}

// A map can be dragged around the Earth more than once, so its longitudes may exceed 180 degrees.
/** @param {number} lon */
const wrapped = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
