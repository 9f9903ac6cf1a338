// The place of the map in the page. The map itself is loaded when it is first seen: most visits do without it.

import { coverBelow } from "./inert_background.js";
import { byId } from "../ui/dom.js";
import { options } from "../state/options.js";
import { styled } from "../ui/lazy_css.js";
import { t } from "../ui/i18n.js";

export class MapPanel {
  #page;
  #map = null;
  #loading = null;
  #shown = { shots: [], near: null };
  #peaks = [];
  #chosen = [];
  #isLarge = false;
  #isNeeded = true;

  /** page: open(id), near(circle), peak(id), large(isLarge) tell it what a person did. */
  constructor(page) {
    this.#page = page;
    // Opened later, or scrolled to on a phone.
    new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) this.#load(); }).observe(byId("map"));
    new ResizeObserver(() => this.#map?.resize()).observe(byId("map"));
    byId("map-large").addEventListener("click", () => page.large(!this.#isLarge));
    byId("map-answer-show").addEventListener("click", () => {
      page.large(false);
      byId("photos").focus({ preventScroll: true });
      byId("photos").scrollIntoView();
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#isLarge && !document.querySelector("dialog[open]")) page.large(false);
    });
    byId("map-note").textContent = options.tiles ? options.attribution : "";
  }

  /** isNeeded is false for an album that has no photos at all. */
  draw(shots, near, isNeeded) {
    this.#isNeeded = isNeeded;
    this.#place();
    this.#shown = { shots, near };
    byId("map-none").hidden = shots.length > 0;
    this.#map?.draw(shots, near);
  }

  drawPeaks(peaks, chosen) {
    [this.#peaks, this.#chosen] = [peaks, chosen];
    this.#map?.drawPeaks(peaks, chosen);
  }

  /** What answers, in the words that stand above it in the page; null where nothing does. */
  tell(title) {
    byId("map-answer-text").textContent = title ?? t("map_nothing");
    byId("map-answer-show").hidden = title === null;
  }

  /** Over the whole page, or beside the photos. */
  enlarge(isLarge) {
    if (isLarge === this.#isLarge) return;
    this.#isLarge = isLarge;
    if (isLarge) byId("map-panel").open = true;
    this.#place();
    document.body.classList.toggle("map-large", isLarge);
    coverBelow(isLarge);
    byId("map-large").querySelector("use").setAttribute("href", isLarge ? "#i-small" : "#i-large");
    const label = t(isLarge ? "map_smaller" : "map_larger");
    byId("map-large").setAttribute("aria-label", label);
    byId("map-large").title = label;
  }

  #place() {
    byId("map-panel").hidden = !this.#isNeeded && !this.#isLarge;
  }

  async focus(photo) {
    await this.#load();
    this.#map.resize();
    this.#map.focus(photo);
    byId("map").focus({ preventScroll: true });
  }

  #load() {
    this.#loading ??= this.#begin();
    return this.#loading;
  }

  async #begin() {
    for (const sheet of ["vendor/leaflet/leaflet.css", "css/map.css"]) await styled(`/static/${sheet}`);
    const { AlbumMap } = await import("./map.js");
    this.#map = new AlbumMap(this.#page);
    this.#map.draw(this.#shown.shots, this.#shown.near);
    this.#map.drawPeaks(this.#peaks, this.#chosen);
  }
}
