// Where a picture is drawn in its place: as a whole, in the middle, with something left over at two sides.

/** Whether a point of the screen lies on the drawn picture (object-fit: contain). */
export function isOnPicture(image, { clientX, clientY }) {
  const box = image.getBoundingClientRect();
  const { naturalWidth: width, naturalHeight: height } = image;
  // A picture on its way may come anywhere: the second click of two on a tile must not be one beside it.
  if (!width) return !image.complete;
  const scale = Math.min(box.width / width, box.height / height);
  return Math.abs(clientX - box.left - box.width / 2) <= (width * scale) / 2
    && Math.abs(clientY - box.top - box.height / 2) <= (height * scale) / 2;
}
