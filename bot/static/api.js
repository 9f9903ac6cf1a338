// What the page asks of the server (functions/query/openapi.yaml).

import { t } from "./words.js";

export class ApiError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

async function ask(path, options = {}, root = "/api") {
  let response;
  try {
    response = await fetch(`${root}${path}`, { headers: { Accept: "application/json" }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(t("connection_lost"));
  }
  const body = await response.json().catch((error) => {
    // Also what was begun may be given up, or break off; only a refusal may come without words of its own.
    if (error.name === "AbortError") throw error;
    if (response.ok) throw new ApiError(t("connection_lost"));
    return {};
  });
  if (!response.ok) throw new ApiError(body.error?.message || response.statusText, response.status);
  return body;
}

function searchFields({ q, peaks, sort, k }) {
  const fields = [];
  if (q) fields.push(["q", q]);
  for (const id of peaks) fields.push(["peak", id]);
  fields.push(["sort", sort], ["k", String(k)]);
  return fields;
}

/** question is a File or null. */
export function search(wanted, question, signal) {
  const fields = searchFields(wanted);
  if (!question) return ask(`/search?${new URLSearchParams(fields)}`, { signal });
  const form = photoForm(question);
  for (const [name, value] of fields) form.append(name, value);
  return ask("/search", { method: "POST", body: form, signal });
}

function photoForm(file) {
  const form = new FormData();
  form.append("photo", file, file.name || "photo.jpg");
  return form;
}

export const photo = (id, signal) => ask(`/photos/${encodeURIComponent(id)}`, { signal });
export const peaks = async () => (await ask("/peaks")).peaks;
export const status = () => ask("/status");
export const addPhoto = (file) => ask("/photos", { method: "POST", body: photoForm(file) });
export const retry = (id) => ask(`/photos/${encodeURIComponent(id)}/retry`, { method: "POST" });
export const undoCorrection = (id) => ask(`/photos/${encodeURIComponent(id)}/peaks`, { method: "DELETE" });

export const correct = (id, peakIds) =>
  ask(`/photos/${encodeURIComponent(id)}/peaks`, {
    method: "PUT",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ peaks: peakIds }),
  });

/** A message to the chat: a form with photos, or what becomes JSON. */
export const say = (message) =>
  ask("/messages", {
    method: "POST",
    ...(message instanceof FormData
      ? { body: message }
      : { headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(message) }),
  }, "/chat");

export const rendition = (id, size) => `/api/photos/${encodeURIComponent(id)}/rendition?size=${size}`;

/** A srcset: the sizes bound the long side, so that a portrait's widths are smaller. */
export function renditions({ id, width, height }, sizes) {
  const long = Math.max(width || 1, height || 1);
  return sizes.map((size) => `${rendition(id, size)} ${Math.round((size * (width || 1)) / long)}w`).join(", ");
}
