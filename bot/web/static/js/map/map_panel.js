// The map's panel on the page. It loads the map when it first becomes visible, because most visits don't need it.

import { setBackgroundInert } from "./inert_background.js";
import { byId } from "../ui/dom.js";
import { options } from "../state/options.js";
import { loadStylesheet } from "../ui/lazy_css.js";
import { t } from "../ui/i18n.js";

/** The panel; it keeps the data until the map is loaded. */
export class MapPanel {
  #actions;
  #map = null;
  #loading = null;
  #shown = { shots: [], near: null };
  #peaks = [];
  #selected = [];
  #isLarge = false;
  #isNeeded = true;

  /** actions: open(id), near(circle) and peak(id) as in AlbumMap; large(isLarge) asks for the large or small map. */
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

  /** Draw photos and circle as in AlbumMap.draw(). isNeeded is false for an album without any photos. */
  draw(shots, near, isNeeded) {
    this.#isNeeded = isNeeded;
    this.#updateVisibility();
    this.#shown = { shots, near };
    byId("map-none").hidden = shots.length > 0;
    this.#map?.draw(shots, near);
  }

  /** Draw the peaks of the catalogue; selected are ids. */
  drawPeaks(peaks, selected) {
    [this.#peaks, this.#selected] = [peaks, selected];
    this.#map?.drawPeaks(peaks, selected);
  }

  /** Set the title of the results, which the large map shows; null if there are no results. */
  setResultsTitle(title) {
    byId("map-answer-text").textContent = title ?? t("map_nothing");
    byId("map-answer-show").hidden = title === null;
  }

  /** Switch between the large map over the whole page and the small one. */
  setLarge(isLarge) {
    if (isLarge === this.#isLarge) return;
    this.#isLarge = isLarge;
    if (isLarge) byId("map-panel").open = true;
    this.#updateVisibility();
    document.body.classList.toggle("map-large", isLarge);
    setBackgroundInert(isLarge);
    byId("map-large")
      .querySelector("use")
      .setAttribute("href", isLarge ? "#i-small" : "#i-large");
    const label = t(isLarge ? "map_smaller" : "map_larger");
    byId("map-large").setAttribute("aria-label", label);
    byId("map-large").title = label;
  }

  #updateVisibility() {
    byId("map-panel").hidden = !this.#isNeeded && !this.#isLarge;
  }

  /** Centre the map on a photo and show its popup. */
  async focus(photo) {
    await this.#load();
    this.#map.resize();
    this.#map.focus(photo);
    byId("map").focus({ preventScroll: true });
  }

  #load() {
    this.#loading ??= this.#createMap();
    return this.#loading;
  }

  async #createMap() {
    for (const sheet of ["vendor/leaflet/leaflet.css", "css/map.css"]) await loadStylesheet(`/static/${sheet}`);
    const { AlbumMap } = await import("./map.js");
    this.#map = new AlbumMap(this.#actions);
    this.#map.draw(this.#shown.shots, this.#shown.near);
    this.#map.drawPeaks(this.#peaks, this.#selected);
  }
}
