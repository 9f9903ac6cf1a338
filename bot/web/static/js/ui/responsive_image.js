// Image URLs and srcset for photos: from the server, or straight from a bucket if the site has one (bot/aws).

import { options } from "../state/options.js";

/**
 * Return the URL of a photo's rendition by the server: a JPEG of at most `size` pixels on its long side.
 * @param {string} id
 * @param {number} size
 */
export const renditionUrl = (id, size) => `/api/photos/${encodeURIComponent(id)}/rendition?size=${size}`;

/** @type {(contentSha256: string, size: number) => string} */
const bucketUrl = (contentSha256, size) => `/api/shown/${contentSha256}/${size}.jpg`;

/**
 * Show a photo in an <img>; the browser chooses the size that fits.
 * @param {HTMLImageElement} image
 * @param {{ id: string, content_sha256?: string, width: ?number, height: ?number }} photo content_sha256 is missing or
 *   empty if unknown
 * @param {number[]} sizes rendition sizes to choose from, in pixels of the long side
 * @returns {HTMLImageElement} the same image
 */
export function showPhoto(image, photo, sizes) {
  const sha256 = options.parts.includes("shown") ? photo.content_sha256 : "";
  image.dataset.photo = photo.id;
  if (sha256) {
    // The server creates renditions that are missing in the bucket or no longer accessible.
    const fallBack = () => {
      if (image.dataset.photo === photo.id) setSources(image, photo, sizes, (size) => renditionUrl(photo.id, size));
    };
    image.addEventListener("error", fallBack, { once: true });
  }
  setSources(image, photo, sizes, sha256 ? (size) => bucketUrl(sha256, size) : (size) => renditionUrl(photo.id, size));
  return image;
}

/**
 * Rendition sizes are those of the long side; srcset needs widths, which are smaller for portraits.
 * @param {HTMLImageElement} image
 * @param {{ width: ?number, height: ?number }} photo
 * @param {number[]} sizes
 * @param {(size: number) => string} urlOf
 */
function setSources(image, { width, height }, sizes, urlOf) {
  const longSide = Math.max(width || 1, height || 1);
  image.srcset = sizes.map((size) => `${urlOf(size)} ${Math.round((size * (width || 1)) / longSide)}w`).join(", ");
  image.src = urlOf(sizes[0]);
}
