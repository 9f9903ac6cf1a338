// Makes what the large map covers inert, so that keyboard and screen readers can't reach it.

import { byId } from "../ui/dom.js";

const COVERED = ".skip, .side nav, #time, #map-panel > summary, #model-banner, #photos, #status";
// In step with .map-large in filters.css: on a phone the map covers the search box, too.
const WHOLE_SCREEN = matchMedia("(max-width: 40rem)");
let isCovered = false;
/** @type {?HTMLElement} */
let focusedBefore = null;

WHOLE_SCREEN.addEventListener("change", apply);

/**
 * Update when the map becomes large or small. Moves the focus into the large map, and back to where it was.
 * @param {boolean} isInert
 */
export function setBackgroundInert(isInert) {
  isCovered = isInert;
  const frame = byId("map").parentElement;
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement : document.body;
  if (isInert) {
    focusedBefore = focused === document.body || focused.closest("dialog") ? null : focused;
    apply();
    if (focusedBefore && document.activeElement !== focusedBefore) byId("map").focus({ preventScroll: true });
  } else {
    apply();
    if (frame?.contains(focused) || focused === document.body) focusedBefore?.focus({ preventScroll: true });
  }
}

function apply() {
  const setInert = (/** @type {string} */ selector, /** @type {boolean} */ isInert) => {
    for (const part of document.querySelectorAll(selector)) part.toggleAttribute("inert", isInert);
  };
  setInert(COVERED, isCovered);
  setInert(".top", isCovered && WHOLE_SCREEN.matches);
}
