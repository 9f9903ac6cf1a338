// What the large map covers can't be reached by keys or read aloud meanwhile, as it can't be seen.

import { byId } from "../ui/dom.js";

const BELOW = ".skip, .side nav, #time, #map-panel > summary, #model-banner, #photos, #status";
// In step with .map-large in facets.css: on a phone the map covers the search box, too.
const WHOLE_SCREEN = matchMedia("(max-width: 40rem)");
let isCovered = false;
let before = null;

WHOLE_SCREEN.addEventListener("change", draw);

/** Call when the map has become large or small: the focus goes into it, and back to where it was. */
export function coverBelow(isLarge) {
  isCovered = isLarge;
  const frame = byId("map").parentElement;
  const focused = document.activeElement;
  if (isLarge) {
    before = focused === document.body || focused.closest("dialog") ? null : focused;
    draw();
    if (before && document.activeElement !== before) byId("map").focus({ preventScroll: true });
  } else {
    draw();
    if (frame.contains(focused) || focused === document.body) before?.focus({ preventScroll: true });
  }
}

function draw() {
  for (const part of document.querySelectorAll(BELOW)) part.inert = isCovered;
  document.querySelector(".top").inert = isCovered && WHOLE_SCREEN.matches;
}
