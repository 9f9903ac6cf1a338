// The map: photos and peaks over a graticule or over tiles, the way between the photos, and a circle as a filter.

import "../../vendor/leaflet/leaflet.js";
import { Card } from "./photo_popup.js";
import { CircleTool } from "./circle_tool.js";
import { byId } from "../ui/dom.js";
import { Graticule } from "./graticule.js";
import { PeakMarkers, PhotoMarkers } from "./markers.js";
import { options } from "../state/options.js";
import { trailOf } from "./track.js";

const { L } = globalThis;
const WORLD = [[-50, -120], [65, 150]];
const NEAREST_ZOOM = 15;
const MOST_ZOOM = 18;
// Photos that lie closer together than this are not told apart by zooming in.
const SAME_PLACE_M = 25;
// What lies over the map where it is large.
const OVER_IT = ".map-tools, #map-answer, #map-note";

export class AlbumMap {
  #map;
  #photos;
  #peaks;
  #card;
  #circle;
  #trail;
  #shots = [];
  #moved = false;

  /** page: open(id), near(circle), peak(id) tell it what a person did. */
  constructor(page) {
    const animated = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#map = L.map(byId("map"), {
      zoomControl: false, attributionControl: false, zoomSnap: 0.5, minZoom: 1, maxZoom: MOST_ZOOM, worldCopyJump: true,
      zoomAnimation: animated, fadeAnimation: animated, markerZoomAnimation: animated, inertia: animated,
      renderer: L.svg({ padding: 0.5 }),
    }).fitBounds(WORLD);
    if (options.tiles) L.tileLayer(options.tiles, { maxZoom: MOST_ZOOM, referrerPolicy: "no-referrer" }).addTo(this.#map);
    else new Graticule().addTo(this.#map);
    this.#trail = L.polyline([], { className: "trail", interactive: false, renderer: L.canvas({ padding: 0.5 }), weight: 2 }).addTo(this.#map);
    this.#card = new Card(this.#map, page);
    this.#circle = new CircleTool(this.#map, page.near);
    this.#peaks = new PeakMarkers(this.#map, (peak) => page.peak(peak.id));
    this.#photos = new PhotoMarkers(this.#map, (points, at) => this.#press(points, at));
    this.#map.on("moveend", () => this.#drawMarkers());
    this.#map.on("click", () => this.#card.hide());
    for (const name of ["pointerdown", "wheel", "keydown"]) byId("map").addEventListener(name, () => { this.#moved = true; }, { passive: true });
    byId("map-in").addEventListener("click", () => { this.#moved = true; this.#map.zoomIn(1); });
    byId("map-out").addEventListener("click", () => { this.#moved = true; this.#map.zoomOut(1); });
    byId("map-fit").addEventListener("click", () => { this.#moved = false; this.#fit(); });
  }

  /** The photos that pass the other filters, and the circle that filters. */
  draw(shots, near) {
    this.#shots = shots;
    const colours = getComputedStyle(this.#map.getContainer());
    this.#trail.setStyle({ color: colours.getPropertyValue("--glacier"), opacity: 0.45 });
    this.#trail.setLatLngs(trailOf(shots));
    this.#circle.show(near);
    if (!this.#moved) this.#fit();
    this.#photos.set(shots);
    this.#card.keepTo(shots);
    this.#drawMarkers();
  }

  drawPeaks(peaks, chosen) {
    this.#peaks.set(peaks, chosen);
    this.#drawMarkers();
  }

  /** The map's place has become larger or smaller. */
  resize() {
    this.#map.invalidateSize({ animate: false });
    if (!this.#moved) this.#fit();
  }

  /** Brings one photo into view, with its card. */
  focus(photo) {
    this.#moved = true;
    this.#map.setView([photo.gps.lat, photo.gps.lon], Math.max(this.#map.getZoom(), 12), { animate: false });
    this.#card.show([{ id: photo.id, lat: photo.gps.lat, lon: photo.gps.lon }]);
  }

  #drawMarkers() {
    this.#peaks.draw([...this.#photos.draw(), ...this.#covered()]);
  }

  /** The boxes on the screen that can't be seen, as those of the markers. */
  #covered() {
    const { left, top } = this.#map.getContainer().getBoundingClientRect();
    const boxes = [...document.querySelectorAll(OVER_IT)].map((one) => one.getBoundingClientRect());
    return boxes.filter((box) => box.width).map((box) => [box.left - left, box.top - top, box.right - left, box.bottom - top]);
  }

  #fit() {
    const places = this.#shots.map(({ lat, lon }) => [lat, lon]);
    const bounds = this.#circle.bounds || (places.length ? L.latLngBounds(places) : L.latLngBounds(WORLD));
    this.#map.fitBounds(bounds.pad(0.12), { maxZoom: NEAREST_ZOOM, animate: false });
  }

  #press(points, at) {
    const bounds = L.latLngBounds(points.map(({ lat, lon }) => [lat, lon]));
    const wide = this.#map.distance(bounds.getSouthWest(), bounds.getNorthEast());
    if (points.length > 1 && wide > SAME_PLACE_M && this.#map.getZoom() < MOST_ZOOM) {
      this.#moved = true;
      const closer = Math.max(this.#map.getZoom() + 1, this.#map.getBoundsZoom(bounds.pad(0.3)));
      this.#map.setView(points.length > 2 ? bounds.getCenter() : at, Math.min(MOST_ZOOM, closer));
    } else this.#card.show(points);
  }
}
