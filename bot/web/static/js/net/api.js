// What the page asks of the server (functions/query/api/openapi.yaml).

import { addFiles, send, SendingFailed } from "./upload_request.js";
import { t } from "../ui/i18n.js";

export class ApiError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

function refusal(status, body, fallback) {
  // The session has ended: the form brings the reader back to this address.
  if (status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  return new ApiError(body.error?.message || fallback, status);
}

async function ask(path, options = {}, root = "/api") {
  let response;
  try {
    response = await fetch(`${root}${path}`, { headers: { Accept: "application/json" }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(t("connection_lost"));
  }
  if (response.status === 204) return null;
  const body = await response.json().catch((error) => {
    // Also what was begun may be given up, or break off; only a refusal may come without words of its own.
    if (error.name === "AbortError") throw error;
    if (response.ok) throw new ApiError(t("connection_lost"));
    return {};
  });
  if (!response.ok) throw refusal(response.status, body, response.statusText);
  return body;
}

const json = (body) => ({ headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body) });
const put = (path, body) => ask(path, { method: "PUT", ...json(body) });

const filterFields = ({ peaks, near, from, to }) => [
  ...peaks.map((id) => ["peak", id]),
  ...Object.entries({ near, from, to }).filter(([, value]) => value),
];

function searchFields(wanted) {
  const fields = filterFields(wanted);
  if (wanted.q) fields.push(["q", wanted.q]);
  if (wanted.like) fields.push(["like", wanted.like]);
  fields.push(["sort", wanted.sort], ["k", String(wanted.k)], ["offset", String(wanted.offset)]);
  return fields;
}

/** question is a File or null. */
export async function search(wanted, question, signal) {
  const fields = searchFields(wanted);
  if (!question) return ask(`/search?${new URLSearchParams(fields)}`, { signal });
  const form = await withFiles(new FormData(), [question], undefined, signal);
  for (const [name, value] of fields) form.append(name, value);
  return ask("/search", { method: "POST", body: form, signal });
}

/** A form with files in it. Rejects with an ApiError. */
export async function withFiles(form, files, onProgress, signal) {
  try {
    return await addFiles(form, files, onProgress, signal);
  } catch (error) {
    throw told(error);
  }
}

function told(error) {
  if (!(error instanceof SendingFailed)) return error;
  const { status, responseText } = error.request;
  return refusal(status, bodyOf(responseText), t("connection_lost"));
}

function bodyOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export const photo = (id, signal) => ask(`/photos/${encodeURIComponent(id)}`, { signal });
/** Every peak with its number of photos: of all photos, or of those that pass near, from and to. */
export const peaks = async (where = {}, signal = null) => (await ask(`/peaks?${new URLSearchParams(filterFields({ peaks: [], ...where }))}`, { signal })).peaks;
export const status = () => ask("/status");
/** When and where the photos of these peaks were taken, by columns. */
export const shots = (peaks, signal) => ask(`/shots?${new URLSearchParams(filterFields({ peaks }))}`, { signal });
export const removePhoto = (id) => ask(`/photos/${encodeURIComponent(id)}`, { method: "DELETE" });
/** Where the change to a better model stands; "POST" begins it, "DELETE" stops it. */
export const model = (method = "GET") => ask("/model", { method });
export const original = (id) => `/api/photos/${encodeURIComponent(id)}/original`;

/** Adds a photo; onProgress(share) hears how much of it has been sent. Resolves to { photo, isNew }. */
export async function addPhoto(file, onProgress = () => {}, signal = null) {
  const form = await withFiles(new FormData(), [file], onProgress, signal);
  // By way of a bucket the photo has gone already.
  const request = await send("/api/photos", form, form.has("photo") ? onProgress : undefined, signal).catch((error) => { throw told(error); });
  const body = bodyOf(request.responseText);
  if (request.status < 300 && body.id) return { photo: body, isNew: request.status === 201 };
  throw refusal(request.status, body, t("connection_lost"));
}

export const retry = (id) => ask(`/photos/${encodeURIComponent(id)}/retry`, { method: "POST" });
export const undoCorrection = (id) => ask(`/photos/${encodeURIComponent(id)}/peaks`, { method: "DELETE" });

export const correct = (id, peakIds) => put(`/photos/${encodeURIComponent(id)}/peaks`, { peaks: peakIds });

/** The summits around a place { lat, lon, altitude_m }, the most striking first. */
export const around = async ({ lat, lon, altitude_m: altitude }) => (await ask(`/peaks/around?${new URLSearchParams({ at: [lat, lon, altitude].join(",") })}`)).peaks;
/** Says where the camera looked; an orientation of the API says it, too. */
export const orient = (id, { heading_deg, pitch_deg, roll_deg }) => put(`/photos/${encodeURIComponent(id)}/orientation`, { heading_deg, pitch_deg, roll_deg });
export const undoOrientation = (id) => ask(`/photos/${encodeURIComponent(id)}/orientation`, { method: "DELETE" });

/** A message to the chat: a form with photos, or what becomes JSON. */
export const say = (message) =>
  ask("/messages", {
    method: "POST",
    ...(message instanceof FormData ? { body: message } : json(message)),
  }, "/chat");
