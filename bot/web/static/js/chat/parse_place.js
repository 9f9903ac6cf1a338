// Parses a place that is typed or pasted: two numbers in degrees, optionally with N, S, E or W (O in Spanish).

const DEGREES = String.raw`([-+]?\d{1,3}(?:[.,]\d+)?)\s*°?`;
const PLACE = new RegExp(String.raw`^${DEGREES}\s*([NS])?\s*[,;\s]\s*${DEGREES}\s*([EWO])?$`, "i");

/**
 * "27.8362, 86.7649" -> { lat: 27.8362, lon: 86.7649 }; null if the text is not a place.
 * @param {string} text
 */
export function parsePlace(text) {
  const match = PLACE.exec(text.trim());
  // Two integers could mean anything: require a decimal separator or a degree sign.
  if (!match || !/[.,°]/.test(text)) return null;
  const lat = degrees(match[1]) * (/s/i.test(match[2] || "") ? -1 : 1);
  const lon = degrees(match[3]) * (/[wo]/i.test(match[4] || "") ? -1 : 1);
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

/** @param {string} number */
const degrees = (number) => Number(number.replace(",", "."));
