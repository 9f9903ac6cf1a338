// The map's panel on the page. It loads the map when it first becomes visible, because most visits don't need it.

import { setBackgroundInert } from "./inert_background.js";
import { byId } from "../ui/dom.js";
import { options } from "../state/options.js";
import { loadStylesheet } from "../ui/lazy_css.js";
import { toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

/** @import { PeakCount, Photo } from "openapi" */
/** @import { LocatedShot } from "../net/api.js" */
/** @import { AlbumMap, Actions } from "./map.js" */

/** The panel; it keeps the data until the map is loaded. */
export class MapPanel {
  #actions;
  /** @type {?AlbumMap} */
  #map = null;
  /** @type {?Promise<?AlbumMap>} */
  #loading = null;
  /** @type {{ shots: LocatedShot[], near: ?string }} */
  #shown = { shots: [], near: null };
  /** @type {PeakCount[]} */
  #peaks = [];
  /** @type {string[]} */
  #selected = [];
  #isLarge = false;
  #isNeeded = true;

  /** @param {Actions & { large: (isLarge: boolean) => void }} actions large asks for the large or small map */
  constructor(actions) {
    this.#actions = actions;
    // The map becomes visible when its section is expanded or, on a phone, scrolled to.
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.#load();
    }).observe(byId("map"));
    new ResizeObserver(() => this.#map?.resize()).observe(byId("map"));
    byId("map-large").addEventListener("click", () => actions.large(!this.#isLarge));
    byId("map-answer-show").addEventListener("click", () => {
      actions.large(false);
      byId("photos").focus({ preventScroll: true });
      byId("photos").scrollIntoView();
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#isLarge && !document.querySelector("dialog[open]")) actions.large(false);
    });
    byId("map-note").textContent = options.tiles ? options.attribution : "";
  }

  /**
   * Draw photos and circle as in AlbumMap.draw(). isNeeded is false for an album without any photos.
   * @param {LocatedShot[]} shots
   * @param {?string} near
   * @param {boolean} isNeeded
   */
  draw(shots, near, isNeeded) {
    this.#isNeeded = isNeeded;
    this.#updateVisibility();
    this.#shown = { shots, near };
    byId("map-none").hidden = shots.length > 0;
    this.#map?.draw(shots, near);
  }

  /**
   * Draw the peaks of the catalogue; selected are ids.
   * @param {PeakCount[]} peaks
   * @param {string[]} selected
   */
  drawPeaks(peaks, selected) {
    [this.#peaks, this.#selected] = [peaks, selected];
    this.#map?.drawPeaks(peaks, selected);
  }

  /**
   * Set the title of the results, which the large map shows; null if there are no results.
   * @param {?string} title
   */
  setResultsTitle(title) {
    byId("map-answer-text").textContent = title ?? t("map_nothing");
    byId("map-answer-show").hidden = title === null;
  }

  /**
   * Switch between the large map over the whole page and the small one.
   * @param {boolean} isLarge
   */
  setLarge(isLarge) {
    if (isLarge === this.#isLarge) return;
    this.#isLarge = isLarge;
    if (isLarge) byId("map-panel").open = true;
    this.#updateVisibility();
    document.body.classList.toggle("map-large", isLarge);
    setBackgroundInert(isLarge);
    byId("map-large")
      .querySelector("use")
      ?.setAttribute("href", isLarge ? "#i-small" : "#i-large");
    const label = t(isLarge ? "map_smaller" : "map_larger");
    byId("map-large").setAttribute("aria-label", label);
    byId("map-large").title = label;
  }

  #updateVisibility() {
    byId("map-panel").hidden = !this.#isNeeded && !this.#isLarge;
  }

  /**
   * Centre the map on a photo and show its popup.
   * @param {Photo} photo
   */
  async focus(photo) {
    const map = await this.#load();
    if (!map) return;
    map.resize();
    map.focus(photo);
    byId("map").focus({ preventScroll: true });
  }

  /** Load the map once; null if that failed, and the next call tries again. */
  #load() {
    this.#loading ??= this.#createMap();
    return this.#loading;
  }

  async #createMap() {
    for (const sheet of ["vendor/leaflet/leaflet.css", "css/map.css"]) await loadStylesheet(`/static/${sheet}`);
    const script = await import("./map.js").catch(() => null);
    if (!script) {
      this.#loading = null;
      toast(t("connection_lost"));
      return null;
    }
    this.#map = new script.AlbumMap(this.#actions);
    this.#map.draw(this.#shown.shots, this.#shown.near);
    this.#map.drawPeaks(this.#peaks, this.#selected);
    return this.#map;
  }
}
