// Places, circles and distances on a sphere.

const EARTH_KM = 6371.0088;
const radians = (deg) => (deg * Math.PI) / 180;

/** The great circle's length in kilometres (haversine formula). */
export function distanceKm(lat1, lon1, lat2, lon2) {
  const a = Math.sin(radians(lat2 - lat1) / 2) ** 2
    + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * Math.sin(radians(lon2 - lon1) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** "LAT,LON,KM" as { lat, lon, km }. */
export function readCircle(text) {
  const [lat, lon, km] = text.split(",").map(Number);
  return { lat, lon, km };
}

export const writeCircle = ({ lat, lon, km }) => `${lat.toFixed(5)},${wrapped(lon).toFixed(5)},${Math.max(0.01, km).toPrecision(4)}`;

/** Where one comes to from a place: [lat, lon] after so many kilometres in a direction. */
export function destination(lat, lon, bearingDeg, km) {
  const d = km / EARTH_KM;
  const b = radians(bearingDeg);
  const lat1 = radians(lat);
  const lat2 = Math.asin(Math.sin(lat1) * Math.cos(d) + Math.cos(lat1) * Math.sin(d) * Math.cos(b));
  const lon2 = radians(lon) + Math.atan2(Math.sin(b) * Math.sin(d) * Math.cos(lat1), Math.cos(d) - Math.sin(lat1) * Math.sin(lat2));
  return [(lat2 * 180) / Math.PI, (lon2 * 180) / Math.PI];
}

// A map can be turned round the Earth more than once.
const wrapped = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
