// Where the pictures of photos come from: the server, or the bucket that they lie in, where the site has one (bot/cloud).

import { options } from "../state/options.js";

/** A JPEG of a photo by the server, at most `size` pixels long. */
export const rendition = (id, size) => `/api/photos/${encodeURIComponent(id)}/rendition?size=${size}`;

const fromBucket = (content, size) => `/api/shown/${content}/${size}.jpg`;

/** Has an <img> show a photo ({ id, content_sha256, width, height }) in whichever of these sizes suits it. */
export function showPhoto(image, photo, sizes) {
  const byBucket = options.parts.includes("shown") && photo.content_sha256;
  image.dataset.photo = photo.id;
  if (byBucket) {
    // What the bucket lacks, or no longer allows, the server makes.
    const instead = () => { if (image.dataset.photo === photo.id) set(image, photo, sizes, (size) => rendition(photo.id, size)); };
    image.addEventListener("error", instead, { once: true });
  }
  set(image, photo, sizes, byBucket ? (size) => fromBucket(photo.content_sha256, size) : (size) => rendition(photo.id, size));
  return image;
}

/** Of a srcset the sizes bound the long side, so that a portrait's widths are smaller. */
function set(image, { width, height }, sizes, address) {
  const long = Math.max(width || 1, height || 1);
  image.srcset = sizes.map((size) => `${address(size)} ${Math.round((size * (width || 1)) / long)}w`).join(", ");
  image.src = address(sizes[0]);
}
