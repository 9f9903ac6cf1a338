// Drawing contexts of canvases.

/**
 * Return the 2D context of a canvas.
 * @param {HTMLCanvasElement} canvas
 */
export function canvasContext(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser has no canvas");
  return context;
}
