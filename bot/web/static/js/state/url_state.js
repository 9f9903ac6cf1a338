// The address of the page holds what is asked and which photo is open, so that back, forward and links work.

const PHOTO_ID = /^[0-9a-f]{40}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const NUMBER = "-?\\d{1,3}(?:\\.\\d{1,8})?";
const CIRCLE = new RegExp(`^${NUMBER},${NUMBER},\\d{1,5}(?:\\.\\d{1,8})?$`);

/** Nothing asked: every photo. near is "LAT,LON,KM"; from and to are days, both included; like is a photo's id. */
export const EVERYTHING = Object.freeze({ q: "", peaks: [], near: null, from: null, to: null, like: null });
// question is the number of a photo that is asked (steps.js): no address can hold it.
const START = Object.freeze({ ...EVERYTHING, question: null, sort: "score", photo: null, map: false });

export function readAddress() {
  const query = new URLSearchParams(location.search);
  const fits = (name, form) => (form.test(query.get(name) || "") ? query.get(name) : null);
  return {
    ...START,
    q: (query.get("q") || "").trim(),
    peaks: query.getAll("peak"),
    near: fits("near", CIRCLE),
    from: fits("from", DAY),
    to: fits("to", DAY),
    like: fits("like", PHOTO_ID),
    sort: query.get("sort") === "time" ? "time" : "score",
    photo: fits("photo", PHOTO_ID),
    map: query.has("map"),
  };
}

export function toAddress({ q, peaks, near, from, to, like, sort, photo, map }) {
  const query = new URLSearchParams();
  if (q) query.set("q", q);
  for (const id of peaks) query.append("peak", id);
  for (const [name, value] of Object.entries({ near, from, to, like })) if (value) query.set(name, value);
  if (sort === "time") query.set("sort", "time");
  if (map) query.set("map", "1");
  if (photo) query.set("photo", photo);
  const text = query.toString();
  return text ? `/?${text}` : "/";
}

/** Whether two states ask for the same photos in the same order. */
export function asksTheSame(one, other) {
  return [...Object.keys(EVERYTHING), "question", "sort"].every((key) => String(one[key]) === String(other[key]));
}

/** Whether photos of the album are kept out by something else than words. */
export const isFiltered = ({ peaks, near, from, to }) => Boolean(peaks.length || near || from || to);
