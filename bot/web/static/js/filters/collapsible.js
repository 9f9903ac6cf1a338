// The timeline and map sections: expanded on large screens, collapsed on small ones.

import { byId } from "../ui/dom.js";

const LARGE_SCREEN = matchMedia("(min-width: 60.01rem)");

/**
 * Expand or collapse the sections now and whenever the screen size crosses the limit. Call it once. In between, the
 * sections stay as people leave them.
 */
export function collapseOnSmallScreens() {
  const apply = () => {
    for (const section of [byId("time"), byId("map-panel")]) section.open = LARGE_SCREEN.matches;
  };
  LARGE_SCREEN.addEventListener("change", apply);
  apply();
}
