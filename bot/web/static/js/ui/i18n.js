// Translated texts and locale-aware formatting. The server puts the texts into the page (bot/i18n/catalogues.py).

import { byId } from "./dom.js";

/** @type {Record<string, string | Record<string, string>>} */
const table = JSON.parse(byId("wording").textContent ?? "");
const language = document.documentElement.lang;
// The reader's regional variant of the page's language: en-GB and en-US write dates differently.
const locale = navigator.languages.find((one) => one.split("-")[0] === language) || language;
const plural = new Intl.PluralRules(language);

/**
 * Return the text of a key with its {placeholders} filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  return filled(/** @type {string} */ (table[key]), values);
}

/**
 * Return the text of a key in the plural form for n. {n} is filled in.
 * @param {string} key
 * @param {number} n
 * @param {Record<string, string | number>} [values]
 */
export function tn(key, n, values = {}) {
  // Categories with the same text as "other" are left out.
  const forms = /** @type {Record<string, string>} */ (table[key]);
  return filled(forms[plural.select(n)] ?? forms.other, { n: number(n), ...values });
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

/**
 * Format a number with a fixed number of decimals.
 * @param {number} n
 */
export function number(n, decimals = 0) {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(n);
}

/**
 * Capitalize a message of the server: messages start in lower case, so that they also fit after a colon.
 * @param {string} text
 */
export function capitalize(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {number} m */
export function metres(m) {
  return `${number(m)} m`;
}

/**
 * Format a distance in metres as metres or kilometres.
 * @param {number} m
 */
export function distance(m) {
  return m < 1000 ? metres(m) : `${number(m / 1000, m < 10_000 ? 1 : 0)} km`;
}

/**
 * "Lhotse, Nuptse or Ama Dablam".
 * @param {string[]} names
 */
export const anyOf = (names) => new Intl.ListFormat(locale, { type: "disjunction" }).format(names);
/**
 * "Lhotse, Nuptse and Ama Dablam".
 * @param {string[]} names
 */
export const allOf = (names) => new Intl.ListFormat(locale).format(names);

/**
 * 41.2 -> "041° NE".
 * @param {number} deg
 */
export function bearing(deg) {
  const rounded = Math.round(deg) % 360;
  return `${String(rounded).padStart(3, "0")}° ${compassPoint(rounded)}`;
}

/**
 * 41.2 -> "NE".
 * @param {number} deg
 */
export const compassPoint = (deg) => t("compass").split(",")[Math.round(deg / 45) % 8];

/**
 * Describe an angle from the centre of the picture; negative degrees are to the left.
 * @param {number} deg
 */
export function offset(deg) {
  const n = Math.round(Math.abs(deg));
  if (n === 0) return t("offset_centre");
  return t(deg < 0 ? "offset_left" : "offset_right", { n });
}

/** @param {number} probability */
export function percent(probability) {
  return t("percent", { n: probability > 0 && probability < 0.01 ? "< 1" : Math.round(100 * probability) });
}

/**
 * Format an ISO time as the camera's clock showed it, without conversion to the reader's time zone.
 * @param {string} iso
 * @param {Intl.DateTimeFormatOptions} [options]
 */
export function localDate(iso, options = { dateStyle: "medium" }) {
  const clock = new Date(`${iso.slice(0, 19)}Z`);
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(clock);
}

/**
 * Format a day ("2023-10-05") in the reader's locale.
 * @param {string} iso
 * @param {Intl.DateTimeFormatOptions} [options]
 */
export const day = (iso, options = { dateStyle: "medium" }) => localDate(`${iso}T00:00:00`, options);

/**
 * { lat: 27.83620, lon: 86.76490 } -> "27.8362° N, 86.7649° E".
 * @param {{ lat: number, lon: number }} gps
 */
export function place(gps) {
  const points = t("compass").split(",");
  const lat = `${number(Math.abs(gps.lat), 4)}° ${gps.lat < 0 ? points[4] : points[0]}`;
  const lon = `${number(Math.abs(gps.lon), 4)}° ${gps.lon < 0 ? points[6] : points[2]}`;
  return `${lat}, ${lon}`;
}

/** @param {number} bytes */
export function fileSize(bytes) {
  return bytes < 1e6 ? `${number(Math.ceil(bytes / 1e3))} kB` : `${number(bytes / 1e6, 1)} MB`;
}
