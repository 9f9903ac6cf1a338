// Where an <img> with object-fit: contain draws its picture: centred, with empty space at two sides.

/**
 * Return the box of the drawn picture in client coordinates; null until the image has loaded.
 * @param {HTMLImageElement} image
 */
export function drawnImageBox(image) {
  const place = image.getBoundingClientRect();
  const { naturalWidth, naturalHeight } = image;
  if (!naturalWidth) return null;
  const scale = Math.min(place.width / naturalWidth, place.height / naturalHeight);
  const [width, height] = [naturalWidth * scale, naturalHeight * scale];
  return new DOMRect(place.left + (place.width - width) / 2, place.top + (place.height - height) / 2, width, height);
}

/**
 * Return whether a pointer event is on the drawn picture.
 * @param {HTMLImageElement} image
 * @param {{ clientX: number, clientY: number }} event
 */
export function isOnPicture(image, { clientX, clientY }) {
  const drawn = drawnImageBox(image);
  // While the picture loads, everywhere counts: the second click of a double click on a tile must not count as outside.
  if (!drawn) return !image.complete;
  return clientX >= drawn.left && clientX <= drawn.right && clientY >= drawn.top && clientY <= drawn.bottom;
}
