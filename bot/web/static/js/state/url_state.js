// The page's state in its URL: the query and the open photo, so that Back, Forward and links work.

const PHOTO_ID = /^[0-9a-f]{40}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const NUMBER = "-?\\d{1,3}(?:\\.\\d{1,8})?";
const CIRCLE = new RegExp(`^${NUMBER},${NUMBER},\\d{1,5}(?:\\.\\d{1,8})?$`);

/**
 * A query. q is text, peaks are peak ids, near is "LAT,LON,KM", from and to are days (inclusive), like is a photo id: the
 * query is then for similar photos.
 * @typedef {{ q: string, peaks: string[], near: ?string, from: ?string, to: ?string, like: ?string }} Query
 */

/**
 * The state of the page. `question` is the id of the query photo in history.js: a file can't be part of a URL. photo is
 * the id of the open photo, map says whether the map is large.
 * @typedef {Query & { question: ?number, sort: "score" | "time", photo: ?string, map: boolean }} State
 */

/**
 * The query that matches every photo.
 * @type {Readonly<Query>}
 */
export const EMPTY_QUERY = Object.freeze({ q: "", peaks: [], near: null, from: null, to: null, like: null });
/** @type {Readonly<State>} */
const INITIAL_STATE = Object.freeze({ ...EMPTY_QUERY, question: null, sort: "score", photo: null, map: false });

/**
 * Return the state in the current URL. Malformed parameters are ignored.
 * @returns {State}
 */
export function readUrl() {
  const params = new URLSearchParams(location.search);
  const valid = (/** @type {string} */ name, /** @type {RegExp} */ pattern) =>
    pattern.test(params.get(name) || "") ? params.get(name) : null;
  return {
    ...INITIAL_STATE,
    q: (params.get("q") || "").trim(),
    peaks: params.getAll("peak"),
    near: valid("near", CIRCLE),
    from: valid("from", DAY),
    to: valid("to", DAY),
    like: valid("like", PHOTO_ID),
    sort: params.get("sort") === "time" ? "time" : "score",
    photo: valid("photo", PHOTO_ID),
    map: params.has("map"),
  };
}

/**
 * Return the URL path and query string of a state.
 * @param {State} state
 */
export function toUrl({ q, peaks, near, from, to, like, sort, photo, map }) {
  const params = new URLSearchParams();
  if (q) params.set("q", q);
  for (const id of peaks) params.append("peak", id);
  for (const [name, value] of Object.entries({ near, from, to, like })) if (value) params.set(name, value);
  if (sort === "time") params.set("sort", "time");
  if (map) params.set("map", "1");
  if (photo) params.set("photo", photo);
  const text = params.toString();
  return text ? `/?${text}` : "/";
}

/**
 * Return whether two states have the same results in the same order.
 * @param {State} one
 * @param {State} other
 */
export function isSameQuery(one, other) {
  const names = /** @type {(keyof State)[]} */ ([...Object.keys(EMPTY_QUERY), "question", "sort"]);
  return names.every((name) => String(one[name]) === String(other[name]));
}

/**
 * Return whether a filter (peaks, place or time) is set.
 * @param {Pick<Query, "peaks" | "near" | "from" | "to">} query
 */
export const isFiltered = ({ peaks, near, from, to }) => Boolean(peaks.length || near || from || to);
