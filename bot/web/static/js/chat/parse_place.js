// A place as people type or paste it: two numbers of degrees, perhaps with N, S, E or W (O in Spanish).

const DEGREES = String.raw`([-+]?\d{1,3}(?:[.,]\d+)?)\s*°?`;
const PLACE = new RegExp(String.raw`^${DEGREES}\s*([NS])?\s*[,;\s]\s*${DEGREES}\s*([EWO])?$`, "i");

/** "27.8362, 86.7649" -> { lat: 27.8362, lon: 86.7649 }; null where it is no place. */
export function readPlace(text) {
  const found = PLACE.exec(text.trim());
  // Two whole numbers may mean anything.
  if (!found || !/[.,°]/.test(text)) return null;
  const lat = degrees(found[1]) * (/s/i.test(found[2] || "") ? -1 : 1);
  const lon = degrees(found[3]) * (/[wo]/i.test(found[4] || "") ? -1 : 1);
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

const degrees = (number) => Number(number.replace(",", "."));
