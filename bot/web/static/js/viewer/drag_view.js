// Dragging the view on the picture: the direction that was grabbed stays below the pointer.

import { drawnImageBox } from "./object_fit_box.js";
import { turnedTo, unproject } from "../geo/pinhole.js";

// A shorter movement is a click or part of a double click, which zooms.
const DRAG_MIN_PX = 3;

/**
 * Listen for drags on the stage.
 * @param {HTMLElement} stage
 * @param {HTMLImageElement} image
 * @param {{ view: () => object, onTurn: (view: object) => void, signal: AbortSignal }} options view returns the current
 *   view (pinhole.js), onTurn gets the new one; signal removes the listeners
 */
export function listenForDrags(stage, image, { view, onTurn, signal }) {
  const pointers = new Set();
  let drag = null;

  const placeOf = ({ clientX, clientY }) => {
    const drawn = drawnImageBox(image);
    return { x: (clientX - drawn.left) / drawn.width, y: (clientY - drawn.top) / drawn.height };
  };

  const begin = (event) => {
    if (event.target.closest("button") || event.button !== 0 || !drawnImageBox(image)) return;
    pointers.add(event.pointerId);
    // Two fingers zoom instead.
    drag = pointers.size === 1 ? { event, direction: unproject(view(), placeOf(event)), hasBegun: false } : null;
  };

  const move = (event) => {
    if (event.pointerId !== drag?.event.pointerId) return;
    const { event: start } = drag;
    if (!drag.hasBegun && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < DRAG_MIN_PX)
      return;
    // Not earlier, because clicks are dispatched to the element that captures the pointer.
    if (!drag.hasBegun) stage.setPointerCapture(event.pointerId);
    drag.hasBegun = true;
    onTurn(turnedTo(view(), drag.direction, placeOf(event)));
  };

  const end = (event) => {
    pointers.delete(event.pointerId);
    if (event.pointerId === drag?.event.pointerId) drag = null;
  };

  stage.addEventListener("pointerdown", begin, { signal });
  stage.addEventListener("pointermove", move, { signal });
  for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, end, { signal });
}
