// The names on a picture taken by the hand: what is grabbed stays below the finger or the mouse while the view turns.

import { drawnBox } from "./object_fit_box.js";
import { laid, unproject } from "./pinhole.js";

// Less is a click, or two that bring the picture closer.
const BEGINS_PX = 3;

/** view() is where the camera looks now; turned(view) hears where it would have to look. signal ends it. */
export function listenForGrabs(stage, image, { view, turned, signal }) {
  const down = new Set();
  let grabbed = null;

  const placeOf = ({ clientX, clientY }) => {
    const drawn = drawnBox(image);
    return { x: (clientX - drawn.left) / drawn.width, y: (clientY - drawn.top) / drawn.height };
  };

  const begin = (event) => {
    if (event.target.closest("button") || event.button !== 0 || !drawnBox(image)) return;
    down.add(event.pointerId);
    // Two fingers bring the picture closer.
    grabbed = down.size === 1 ? { event, direction: unproject(view(), placeOf(event)), hasBegun: false } : null;
  };

  const move = (event) => {
    if (event.pointerId !== grabbed?.event.pointerId) return;
    const { event: start } = grabbed;
    if (!grabbed.hasBegun && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < BEGINS_PX) return;
    // Not before: a click goes to where the pointer is captured.
    if (!grabbed.hasBegun) stage.setPointerCapture(event.pointerId);
    grabbed.hasBegun = true;
    turned(laid(view(), grabbed.direction, placeOf(event)));
  };

  const end = (event) => {
    down.delete(event.pointerId);
    if (event.pointerId === grabbed?.event.pointerId) grabbed = null;
  };

  stage.addEventListener("pointerdown", begin, { signal });
  stage.addEventListener("pointermove", move, { signal });
  for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, end, { signal });
}
