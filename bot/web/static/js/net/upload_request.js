// Uploads of pictures: in the request itself, or to a bucket first if the site limits the size of requests (bot/aws).

import { options } from "../state/options.js";

/**
 * A query photo is sent more than once (for each page, and after the album has changed): remember its upload.
 * @type {WeakMap<File, { token: string, since: number }>}
 */
const uploadedFiles = new WeakMap();
// Much less than the day that the bucket keeps an upload.
const REUSE_MS = 3_600_000;

/** An upload that got no response or an error. request is the XMLHttpRequest. */
export class UploadFailed extends Error {
  /** @param {XMLHttpRequest} request */
  constructor(request) {
    super("not sent");
    this.request = request;
  }
}

/**
 * POST a form with XMLHttpRequest, because fetch can't report upload progress.
 * @param {string} url
 * @param {?FormData} form
 * @param {(share: number) => void} [onProgress] called with the share that has been sent, from 0 to 1
 * @param {?AbortSignal} [signal]
 * @returns {Promise<XMLHttpRequest>} resolves with any HTTP status. Rejects with UploadFailed if there was no response,
 *   or with an AbortError
 */
export function postForm(url, form, onProgress = () => {}, signal = null) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => reject(new UploadFailed(request)));
    request.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/**
 * Append files to a form in the way that the server expects and return it. Rejects like postForm().
 * @param {FormData} form
 * @param {File[]} files
 * @param {(share: number) => void} [onProgress]
 * @param {?AbortSignal} [signal]
 * @returns {Promise<FormData>}
 */
export async function addFiles(form, files, onProgress, signal) {
  for (const file of files) {
    const name = file.name || "photo.jpg";
    if (options.parts.includes("uploads"))
      form.append("upload", `${await uploadToBucket(file, onProgress, signal)} ${name}`);
    else form.append("photo", file, name);
  }
  return form;
}

/**
 * Upload a file to the bucket and return its token.
 * @param {File} file
 * @param {(share: number) => void} [onProgress]
 * @param {?AbortSignal} [signal]
 * @returns {Promise<string>}
 */
async function uploadToBucket(file, onProgress, signal) {
  const known = uploadedFiles.get(file);
  if (known && Date.now() - known.since < REUSE_MS) return known.token;
  const created = await postForm("/api/uploads", null, undefined, signal);
  if (created.status !== 201) throw new UploadFailed(created);
  const { url, fields, token } = JSON.parse(created.responseText);
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  // S3 ignores fields after the file, so it must be the last one.
  form.append("file", file);
  const uploaded = await postForm(url, form, onProgress, signal);
  if (uploaded.status >= 300) throw new UploadFailed(uploaded);
  uploadedFiles.set(file, { token, since: Date.now() });
  return token;
}
