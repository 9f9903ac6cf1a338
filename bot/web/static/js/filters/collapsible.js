// Time line and map: open beside the photos on a large screen, folded on a small one.

import { byId } from "../ui/dom.js";

const LARGE = matchMedia("(min-width: 60.01rem)");

/** Call once; what a person opens or folds afterwards stays as it is until the screen becomes another one. */
export function foldOnSmallScreens() {
  const apply = () => { for (const id of ["time", "map-panel"]) byId(id).open = LARGE.matches; };
  LARGE.addEventListener("change", apply);
  apply();
}
