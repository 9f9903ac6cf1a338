// The address of the page holds what is asked and which photo is open, so that back, forward and links work.

export function readAddress() {
  const query = new URLSearchParams(location.search);
  return {
    q: (query.get("q") || "").trim(),
    peaks: query.getAll("peak"),
    sort: query.get("sort") === "time" ? "time" : "score",
    photo: query.get("photo"),
  };
}

export function toAddress({ q, peaks, sort, photo }) {
  const query = new URLSearchParams();
  if (q) query.set("q", q);
  for (const id of peaks) query.append("peak", id);
  if (sort === "time") query.set("sort", "time");
  if (photo) query.set("photo", photo);
  const text = query.toString();
  return text ? `/?${text}` : "/";
}
