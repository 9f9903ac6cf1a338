// Where a picture is drawn in its place: as a whole, in the middle, with something left over at two sides.

/** The box on the screen that the drawn picture takes (object-fit: contain); null while there is none. */
export function drawnBox(image) {
  const place = image.getBoundingClientRect();
  const { naturalWidth, naturalHeight } = image;
  if (!naturalWidth) return null;
  const scale = Math.min(place.width / naturalWidth, place.height / naturalHeight);
  const [width, height] = [naturalWidth * scale, naturalHeight * scale];
  return new DOMRect(place.left + (place.width - width) / 2, place.top + (place.height - height) / 2, width, height);
}

/** Whether a point of the screen lies on the drawn picture. */
export function isOnPicture(image, { clientX, clientY }) {
  const drawn = drawnBox(image);
  // A picture on its way may come anywhere: the second click of two on a tile must not be one beside it.
  if (!drawn) return !image.complete;
  return clientX >= drawn.left && clientX <= drawn.right && clientY >= drawn.top && clientY <= drawn.bottom;
}
