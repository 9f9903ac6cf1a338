// The page's words: one table from the server (bot/i18n/catalogues.py), chosen by language there.

const table = JSON.parse(document.getElementById("wording").textContent);
const language = document.documentElement.lang;
// The page's language as it is used where the reader is: en-GB writes dates unlike en-US.
const locale = navigator.languages.find((one) => one.split("-")[0] === language) || language;
const plural = new Intl.PluralRules(language);

/** The text of a key with {names} filled in. */
export function t(key, values = {}) {
  return table[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** The text of a key in the form for a number. */
export function tn(key, n, values = {}) {
  const form = plural.select(n) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { n: number(n), ...values });
}

export function number(n, digits = 0) {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n);
}

/** A reason or note of the server as a sentence: they come without a capital, to stand after a colon as well. */
export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function metres(m) {
  return `${number(m)} m`;
}

export function distance(m) {
  return m < 1000 ? metres(m) : `${number(m / 1000, m < 10_000 ? 1 : 0)} km`;
}

/** "Lhotse, Nuptse or Ama Dablam". */
export const anyOf = (names) => new Intl.ListFormat(locale, { type: "disjunction" }).format(names);
/** "Lhotse, Nuptse and Ama Dablam". */
export const allOf = (names) => new Intl.ListFormat(locale).format(names);

/** 41.2 -> "041° NE". */
export function bearing(deg) {
  const rounded = Math.round(deg) % 360;
  return `${String(rounded).padStart(3, "0")}° ${compassPoint(rounded)}`;
}

export const compassPoint = (deg) => t("compass").split(",")[Math.round(deg / 45) % 8];

export function offset(deg) {
  const n = Math.round(Math.abs(deg));
  if (n === 0) return t("offset_centre");
  return t(deg < 0 ? "offset_left" : "offset_right", { n });
}

export function percent(probability) {
  return t("percent", { n: probability > 0 && probability < 0.01 ? "< 1" : Math.round(100 * probability) });
}

/** A local time as it stood on the camera's clock: the offset in it is not applied to the reader's zone. */
export function localDate(iso, options = { dateStyle: "medium" }) {
  const clock = new Date(`${iso.slice(0, 19)}Z`);
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(clock);
}

/** "2023-10-05" as people write it. */
export const day = (iso, options = { dateStyle: "medium" }) => localDate(`${iso}T00:00:00`, options);

/** 27.83620, 86.76490 -> "27.8362° N, 86.7649° E". */
export function place(gps) {
  const points = t("compass").split(",");
  const lat = `${number(Math.abs(gps.lat), 4)}° ${gps.lat < 0 ? points[4] : points[0]}`;
  const lon = `${number(Math.abs(gps.lon), 4)}° ${gps.lon < 0 ? points[6] : points[2]}`;
  return `${lat}, ${lon}`;
}

export function fileSize(bytes) {
  return bytes < 1e6 ? `${number(Math.ceil(bytes / 1e3))} kB` : `${number(bytes / 1e6, 1)} MB`;
}
