// Client of the server's JSON API (functions/query/api/openapi.yaml) and of the chat. The types of "openapi" are made from
// that description (npm run types).

import { addFiles, postForm, UploadFailed } from "./upload_request.js";
import { t } from "../ui/i18n.js";

/** @import { PeakCount, PeaksAround, Photo, SearchAnswer, Shots, Status } from "openapi" */
/** @import { CameraPose } from "../geo/pinhole.js" */
/** @import { Query } from "../state/url_state.js" */

/**
 * One page of a query: at most k photos from offset on.
 * @typedef {Query & { sort: "score" | "time", k: number, offset: number }} PagedQuery
 */

/**
 * When and where a photo was taken; takenAt is in POSIX seconds.
 * @typedef {{ id: string, takenAt: ?number, lat: ?number, lon: ?number }} Shot
 */
/** @typedef {Shot & { lat: number, lon: number }} LocatedShot */

/**
 * The state of the upgrade to a better model (ModelState in local/model_upgrade.py).
 * @typedef {{
 *   phase: "none" | "offered" | "fetching" | "indexing" | "done" | "failed",
 *   stopping: boolean,
 *   model: string,
 *   bytes_done: number,
 *   bytes_total: number,
 *   photos_done: number,
 *   photos_total: number,
 *   message: string,
 *   notices: string[],
 * }} ModelState
 */

/**
 * The replies of the chat (bot/web/chat/replies.py).
 * @typedef {{
 *   kind: "text",
 *   title: string,
 *   text: string,
 *   buttons: { label: string, data: string }[][],
 *   replaces: boolean,
 *   asks_place: boolean,
 *   asks_text: boolean,
 * }} TextReply
 */
/**
 * @typedef {{
 *   id: string,
 *   content_sha256: string,
 *   width: ?number,
 *   height: ?number,
 *   caption: string,
 *   alt: string,
 * }} ChatPhoto
 */
/** @typedef {{ kind: "photos", photos: ChatPhoto[] }} PhotosReply */
/** @typedef {{ kind: "picture", jpeg: string, alt: string }} PictureReply */
/** @typedef {TextReply | PhotosReply | PictureReply | { kind: "buttons_gone" } | { kind: "toast", text: string }} Reply */

/** A failed request with a message for people. status is the HTTP status; 0 if the server could not be reached. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} [status]
   */
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/**
 * Return whether a request was aborted, which nobody needs to be told.
 * @param {unknown} error
 */
export const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * @param {number} status
 * @param {any} body
 * @param {string} fallback
 */
function apiError(status, body, fallback) {
  // The session has ended: the login form leads back to the current URL.
  if (status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  return new ApiError(body.error?.message || fallback, status);
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @param {string} [root]
 * @returns {Promise<any>}
 */
async function request(path, options = {}, root = "/api") {
  let response;
  try {
    response = await fetch(`${root}${path}`, { headers: { Accept: "application/json" }, ...options });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(t("connection_lost"));
  }
  if (response.status === 204) return null;
  const body = await response.json().catch((error) => {
    // The request may be aborted or break off while the body is read. Only an error response may lack a JSON body.
    if (isAbort(error)) throw error;
    if (response.ok) throw new ApiError(t("connection_lost"));
    return {};
  });
  if (!response.ok) throw apiError(response.status, body, response.statusText);
  return body;
}

/** @param {unknown} body */
const json = (body) => ({
  headers: { "Content-Type": "application/json", Accept: "application/json" },
  body: JSON.stringify(body),
});
/**
 * @param {string} path
 * @param {unknown} body
 */
const put = (path, body) => request(path, { method: "PUT", ...json(body) });

/**
 * @param {Partial<Query>} query
 * @returns {[string, string][]}
 */
const filterFields = ({ peaks = [], near, from, to }) => [
  ...peaks.map((id) => /** @type {[string, string]} */ (["peak", id])),
  ...Object.entries({ near, from, to }).flatMap(([name, value]) =>
    value ? [/** @type {[string, string]} */ ([name, value])] : [],
  ),
];

/** @param {PagedQuery} query */
function searchFields(query) {
  const fields = filterFields(query);
  if (query.q) fields.push(["q", query.q]);
  if (query.like) fields.push(["like", query.like]);
  fields.push(["sort", query.sort], ["k", String(query.k)], ["offset", String(query.offset)]);
  return fields;
}

/**
 * Search by a query and, optionally, by a photo.
 * @param {PagedQuery} query
 * @param {?File} queryPhoto
 * @param {AbortSignal} signal
 * @returns {Promise<SearchAnswer>}
 */
export async function search(query, queryPhoto, signal) {
  const fields = searchFields(query);
  if (!queryPhoto) return request(`/search?${new URLSearchParams(fields)}`, { signal });
  const form = await appendFiles(new FormData(), [queryPhoto], undefined, signal);
  for (const [name, value] of fields) form.append(name, value);
  return request("/search", { method: "POST", body: form, signal });
}

/**
 * Append files to a form and return it; uploads them to a bucket first if needed. Rejects with an ApiError.
 * @param {FormData} form
 * @param {File[]} files
 * @param {(share: number) => void} [onProgress]
 * @param {?AbortSignal} [signal]
 */
export async function appendFiles(form, files, onProgress, signal) {
  try {
    return await addFiles(form, files, onProgress, signal);
  } catch (error) {
    throw toApiError(error);
  }
}

/** @param {unknown} error */
function toApiError(error) {
  if (!(error instanceof UploadFailed)) return error;
  const { status, responseText } = error.request;
  return apiError(status, parseBody(responseText), t("connection_lost"));
}

/**
 * @param {string} text
 * @returns {any}
 */
function parseBody(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/**
 * Return what is known about a photo.
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<Photo>}
 */
export const photo = (id, signal) => request(`/photos/${encodeURIComponent(id)}`, { signal });
/**
 * Return every peak with its number of photos: of all photos, or of those that match near, from and to.
 * @param {Partial<Query>} [where]
 * @param {?AbortSignal} [signal]
 * @returns {Promise<PeakCount[]>}
 */
export const peaks = async (where = {}, signal = null) =>
  (await request(`/peaks?${new URLSearchParams(filterFields({ ...where, peaks: [] }))}`, { signal })).peaks;
/** @returns {Promise<Status>} */
export const status = () => request("/status");
/**
 * Return when and where the photos of these peaks were taken, as parallel arrays.
 * @param {string[]} peaks
 * @param {AbortSignal} signal
 * @returns {Promise<Shots>}
 */
export const shots = (peaks, signal) => request(`/shots?${new URLSearchParams(filterFields({ peaks }))}`, { signal });
/**
 * @param {string} id
 * @returns {Promise<null>}
 */
export const removePhoto = (id) => request(`/photos/${encodeURIComponent(id)}`, { method: "DELETE" });
/**
 * Return the state of the upgrade to the better model; "POST" starts it, "DELETE" stops it.
 * @param {"GET" | "POST" | "DELETE"} [method]
 * @returns {Promise<ModelState>}
 */
export const model = (method = "GET") => request("/model", { method });
/** @param {string} id */
export const originalUrl = (id) => `/api/photos/${encodeURIComponent(id)}/original`;

/**
 * Add a photo to the album.
 * @param {File} file
 * @param {(share: number) => void} [onProgress] called with the share that has been sent, from 0 to 1
 * @param {?AbortSignal} [signal]
 * @returns {Promise<{ photo: Photo, isNew: boolean }>} isNew is false if the album had this photo already
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

/**
 * Index a photo again that could not be read.
 * @param {string} id
 * @returns {Promise<Photo>}
 */
export const retryPhoto = (id) => request(`/photos/${encodeURIComponent(id)}/retry`, { method: "POST" });
/**
 * @param {string} id
 * @returns {Promise<Photo>}
 */
export const undoCorrection = (id) => request(`/photos/${encodeURIComponent(id)}/peaks`, { method: "DELETE" });

/**
 * Save which peaks a photo shows.
 * @param {string} id
 * @param {string[]} peakIds
 * @returns {Promise<Photo>}
 */
export const saveCorrection = (id, peakIds) => put(`/photos/${encodeURIComponent(id)}/peaks`, { peaks: peakIds });

/**
 * Return the summits around a place, the most striking first.
 * @param {NonNullable<Photo["gps"]>} place
 * @returns {Promise<PeaksAround["peaks"]>}
 */
export const peaksAround = async ({ lat, lon, altitude_m: altitude }) =>
  (await request(`/peaks/around?${new URLSearchParams({ at: [lat, lon, altitude].join(",") })}`)).peaks;
/**
 * Save a photo's camera pose (an orientation of the API has these fields, too).
 * @param {string} id
 * @param {CameraPose} pose
 * @returns {Promise<Photo>}
 */
export const saveOrientation = (id, { heading_deg, pitch_deg, roll_deg }) =>
  put(`/photos/${encodeURIComponent(id)}/orientation`, { heading_deg, pitch_deg, roll_deg });
/**
 * @param {string} id
 * @returns {Promise<Photo>}
 */
export const undoOrientation = (id) => request(`/photos/${encodeURIComponent(id)}/orientation`, { method: "DELETE" });

/**
 * Send a chat message, a FormData with photos or an object for JSON.
 * @param {FormData | object} message
 * @returns {Promise<{ replies: Reply[] }>}
 */
export const sendChatMessage = (message) =>
  request(
    "/messages",
    {
      method: "POST",
      ...(message instanceof FormData ? { body: message } : json(message)),
    },
    "/chat",
  );
