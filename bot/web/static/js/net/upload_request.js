// Pictures on their way to the server: in the request, or by way of a bucket where requests must be small (bot/cloud).

import { options } from "../state/options.js";

// A photo is asked about more than once: page by page, and when the album has changed.
const inBucket = new WeakMap();
// Far less than the day that the bucket keeps it.
const KEPT_MS = 3_600_000;

export class SendingFailed extends Error {
  constructor(request) {
    super("not sent");
    this.request = request;
  }
}

/**
 * Posts a form; resolves to the XMLHttpRequest, whatever it answered. onProgress(share) hears how much has gone, which
 * fetch can't tell. Rejects with SendingFailed where nobody answered, and with an AbortError.
 */
export function send(address, form, onProgress = () => {}, signal = null) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => reject(new SendingFailed(request)));
    request.addEventListener("abort", () => reject(new DOMException("given up", "AbortError")));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Adds files to a form, as the server takes them. Rejects as send() does. */
export async function addFiles(form, files, onProgress, signal) {
  for (const file of files) {
    const name = file.name || "photo.jpg";
    if (options.parts.includes("uploads")) form.append("upload", `${await putIntoBucket(file, onProgress, signal)} ${name}`);
    else form.append("photo", file, name);
  }
  return form;
}

async function putIntoBucket(file, onProgress, signal) {
  const there = inBucket.get(file);
  if (there && Date.now() - there.since < KEPT_MS) return there.token;
  const asked = await send("/api/uploads", null, undefined, signal);
  if (asked.status !== 201) throw new SendingFailed(asked);
  const { url, fields, token } = JSON.parse(asked.responseText);
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  // Buckets leave out what follows the file.
  form.append("file", file);
  const sent = await send(url, form, onProgress, signal);
  if (sent.status >= 300) throw new SendingFailed(sent);
  inBucket.set(file, { token, since: Date.now() });
  return token;
}
