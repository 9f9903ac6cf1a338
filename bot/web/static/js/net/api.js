// Client of the server's JSON API (functions/query/api/openapi.yaml) and of the chat.

import { addFiles, postForm, UploadFailed } from "./upload_request.js";
import { t } from "../ui/i18n.js";

/** A failed request with a message for people. status is the HTTP status; 0 if the server could not be reached. */
export class ApiError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

function apiError(status, body, fallback) {
  // The session has ended: the login form leads back to the current URL.
  if (status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  return new ApiError(body.error?.message || fallback, status);
}

async function request(path, options = {}, root = "/api") {
  let response;
  try {
    response = await fetch(`${root}${path}`, { headers: { Accept: "application/json" }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(t("connection_lost"));
  }
  if (response.status === 204) return null;
  const body = await response.json().catch((error) => {
    // The request may be aborted or break off while the body is read. Only an error response may lack a JSON body.
    if (error.name === "AbortError") throw error;
    if (response.ok) throw new ApiError(t("connection_lost"));
    return {};
  });
  if (!response.ok) throw apiError(response.status, body, response.statusText);
  return body;
}

const json = (body) => ({
  headers: { "Content-Type": "application/json", Accept: "application/json" },
  body: JSON.stringify(body),
});
const put = (path, body) => request(path, { method: "PUT", ...json(body) });

const filterFields = ({ peaks, near, from, to }) => [
  ...peaks.map((id) => ["peak", id]),
  ...Object.entries({ near, from, to }).filter(([, value]) => value),
];

function searchFields(query) {
  const fields = filterFields(query);
  if (query.q) fields.push(["q", query.q]);
  if (query.like) fields.push(["like", query.like]);
  fields.push(["sort", query.sort], ["k", String(query.k)], ["offset", String(query.offset)]);
  return fields;
}

/**
 * Search by a query (url_state.js, plus k and offset) and, optionally, by a photo.
 * @param {object} query
 * @param {?File} queryPhoto
 * @param {AbortSignal} signal
 */
export async function search(query, queryPhoto, signal) {
  const fields = searchFields(query);
  if (!queryPhoto) return request(`/search?${new URLSearchParams(fields)}`, { signal });
  const form = await appendFiles(new FormData(), [queryPhoto], undefined, signal);
  for (const [name, value] of fields) form.append(name, value);
  return request("/search", { method: "POST", body: form, signal });
}

/** Append files to a form and return it; uploads them to a bucket first if needed. Rejects with an ApiError. */
export async function appendFiles(form, files, onProgress, signal) {
  try {
    return await addFiles(form, files, onProgress, signal);
  } catch (error) {
    throw toApiError(error);
  }
}

function toApiError(error) {
  if (!(error instanceof UploadFailed)) return error;
  const { status, responseText } = error.request;
  return apiError(status, parseBody(responseText), t("connection_lost"));
}

function parseBody(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export const photo = (id, signal) => request(`/photos/${encodeURIComponent(id)}`, { signal });
/** Return every peak with its number of photos: of all photos, or of those that match near, from and to. */
export const peaks = async (where = {}, signal = null) =>
  (await request(`/peaks?${new URLSearchParams(filterFields({ peaks: [], ...where }))}`, { signal })).peaks;
export const status = () => request("/status");
/** Return when and where the photos of these peaks were taken, as parallel arrays. */
export const shots = (peaks, signal) => request(`/shots?${new URLSearchParams(filterFields({ peaks }))}`, { signal });
export const removePhoto = (id) => request(`/photos/${encodeURIComponent(id)}`, { method: "DELETE" });
/** Return the state of the upgrade to the better model; "POST" starts it, "DELETE" stops it. */
export const model = (method = "GET") => request("/model", { method });
export const originalUrl = (id) => `/api/photos/${encodeURIComponent(id)}/original`;

/**
 * Add a photo to the album.
 * @param {File} file
 * @param {(share: number) => void} onProgress called with the share that has been sent, from 0 to 1
 * @param {?AbortSignal} signal
 * @returns {Promise<{ photo: object, isNew: boolean }>} isNew is false if the album had this photo already
 */
export async function addPhoto(file, onProgress = () => {}, signal = null) {
  const form = await appendFiles(new FormData(), [file], onProgress, signal);
  // A photo that went to a bucket has already reported its progress.
  const response = await postForm("/api/photos", form, form.has("photo") ? onProgress : undefined, signal).catch(
    (error) => {
      throw toApiError(error);
    },
  );
  const body = parseBody(response.responseText);
  if (response.status < 300 && body.id) return { photo: body, isNew: response.status === 201 };
  throw apiError(response.status, body, t("connection_lost"));
}

/** Index a photo again that could not be read. */
export const retryPhoto = (id) => request(`/photos/${encodeURIComponent(id)}/retry`, { method: "POST" });
export const undoCorrection = (id) => request(`/photos/${encodeURIComponent(id)}/peaks`, { method: "DELETE" });

/** Save which peaks a photo shows; returns the photo. */
export const saveCorrection = (id, peakIds) => put(`/photos/${encodeURIComponent(id)}/peaks`, { peaks: peakIds });

/** Return the summits around a place { lat, lon, altitude_m }, the most striking first. */
export const peaksAround = async ({ lat, lon, altitude_m: altitude }) =>
  (await request(`/peaks/around?${new URLSearchParams({ at: [lat, lon, altitude].join(",") })}`)).peaks;
/** Save a photo's camera pose (an orientation of the API has these fields, too); returns the photo. */
export const saveOrientation = (id, { heading_deg, pitch_deg, roll_deg }) =>
  put(`/photos/${encodeURIComponent(id)}/orientation`, { heading_deg, pitch_deg, roll_deg });
export const undoOrientation = (id) => request(`/photos/${encodeURIComponent(id)}/orientation`, { method: "DELETE" });

/** Send a chat message, a FormData with photos or an object for JSON; returns the replies. */
export const sendChatMessage = (message) =>
  request(
    "/messages",
    {
      method: "POST",
      ...(message instanceof FormData ? { body: message } : json(message)),
    },
    "/chat",
  );
