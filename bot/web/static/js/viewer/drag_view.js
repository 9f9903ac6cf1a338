// Dragging the view on the picture: the direction that was grabbed stays below the pointer.

import { drawnImageBox } from "./object_fit_box.js";
import { turnedTo, unproject } from "../geo/pinhole.js";
import { targetOf } from "../ui/dom.js";

/** @import { Direction, View } from "../geo/pinhole.js" */

// A shorter movement is a click or part of a double click, which zooms.
const DRAG_MIN_PX = 3;

/**
 * Listen for drags on the stage.
 * @param {HTMLElement} stage
 * @param {HTMLImageElement} image
 * @param {{ view: () => View, onTurn: (view: View) => void, signal: AbortSignal }} options view returns the current
 *   view, onTurn gets the new one; signal removes the listeners
 */
export function listenForDrags(stage, image, { view, onTurn, signal }) {
  const pointers = new Set();
  /** @type {?{ event: PointerEvent, direction: Direction, hasBegun: boolean }} */
  let drag = null;

  const placeOf = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    const drawn = drawnImageBox(image);
    return drawn && { x: (clientX - drawn.left) / drawn.width, y: (clientY - drawn.top) / drawn.height };
  };

  const begin = (/** @type {PointerEvent} */ event) => {
    const place = placeOf(event);
    if (targetOf(event).closest("button") || event.button !== 0 || !place) return;
    pointers.add(event.pointerId);
    // Two fingers zoom instead.
    drag = pointers.size === 1 ? { event, direction: unproject(view(), place), hasBegun: false } : null;
  };

  const move = (/** @type {PointerEvent} */ event) => {
    const place = placeOf(event);
    if (!drag || event.pointerId !== drag.event.pointerId || !place) return;
    const { event: start } = drag;
    if (!drag.hasBegun && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < DRAG_MIN_PX)
      return;
    // Not earlier, because clicks are dispatched to the element that captures the pointer.
    if (!drag.hasBegun) stage.setPointerCapture(event.pointerId);
    drag.hasBegun = true;
    onTurn(turnedTo(view(), drag.direction, place));
  };

  const end = (/** @type {PointerEvent} */ event) => {
    pointers.delete(event.pointerId);
    if (event.pointerId === drag?.event.pointerId) drag = null;
  };

  stage.addEventListener("pointerdown", begin, { signal });
  stage.addEventListener("pointermove", move, { signal });
  stage.addEventListener("pointerup", end, { signal });
  stage.addEventListener("pointercancel", end, { signal });
}
