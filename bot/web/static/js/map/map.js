// The map: photos, peaks, the route between the photos, and the circle filter, on tiles or a graticule.

import "../../vendor/leaflet/leaflet.js";
import { PhotoPopup } from "./photo_popup.js";
import { CircleTool } from "./circle_tool.js";
import { byId } from "../ui/dom.js";
import { Graticule } from "./graticule.js";
import { PeakMarkers, PhotoMarkers } from "./markers.js";
import { options } from "../state/options.js";
import { trackLines } from "./track.js";

/** @import { LatLng, Polyline } from "leaflet" */
/** @import { PeakCount, Photo } from "openapi" */
/** @import { LocatedShot } from "../net/api.js" */
/** @import { Box, Place } from "./markers.js" */
/**
 * Open a photo, filter by a circle, toggle a peak.
 * @typedef {{ open: (id: string) => void, near: (circle: string) => void, peak: (id: string) => void }} Actions
 */

const { L } = globalThis;
const WORLD = L.latLngBounds([-50, -120], [65, 150]);
const FIT_ZOOM_MAX = 15;
const ZOOM_MAX = 18;
// Zooming in does not separate photos that are closer together than this.
const SAME_PLACE_M = 25;
// Elements that lie over the large map.
const OVERLAYS = ".map-tools, #map-answer, #map-note";

/** The Leaflet map with its layers and controls. */
export class AlbumMap {
  #map;
  #photos;
  #peaks;
  #popup;
  #circle;
  /** @type {Polyline} */
  #track;
  /** @type {LocatedShot[]} */
  #shots = [];
  // Whether a person has moved the map: then it no longer fits itself to the photos.
  #moved = false;

  /** @param {Actions} actions */
  constructor(actions) {
    const animated = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#map = L.map(byId("map"), {
      zoomControl: false,
      attributionControl: false,
      zoomSnap: 0.5,
      minZoom: 1,
      maxZoom: ZOOM_MAX,
      worldCopyJump: true,
      zoomAnimation: animated,
      fadeAnimation: animated,
      markerZoomAnimation: animated,
      inertia: animated,
      renderer: L.svg({ padding: 0.5 }),
    }).fitBounds(WORLD);
    if (options.tiles)
      L.tileLayer(options.tiles, { maxZoom: ZOOM_MAX, referrerPolicy: "no-referrer" }).addTo(this.#map);
    else new Graticule().addTo(this.#map);
    this.#track = L.polyline([], {
      className: "track",
      interactive: false,
      renderer: L.canvas({ padding: 0.5 }),
      weight: 2,
    }).addTo(this.#map);
    this.#popup = new PhotoPopup(this.#map, actions);
    this.#circle = new CircleTool(this.#map, actions.near);
    this.#peaks = new PeakMarkers(this.#map, (peak) => actions.peak(peak.id));
    this.#photos = new PhotoMarkers(this.#map, (points, at) => this.#press(points, at));
    this.#map.on("moveend", () => this.#drawMarkers());
    this.#map.on("click", () => this.#popup.hide());
    for (const name of ["pointerdown", "wheel", "keydown"])
      byId("map").addEventListener(
        name,
        () => {
          this.#moved = true;
        },
        { passive: true },
      );
    byId("map-in").addEventListener("click", () => {
      this.#moved = true;
      this.#map.zoomIn(1);
    });
    byId("map-out").addEventListener("click", () => {
      this.#moved = true;
      this.#map.zoomOut(1);
    });
    byId("map-fit").addEventListener("click", () => {
      this.#moved = false;
      this.#fit();
    });
  }

  /**
   * Draw the photos and the circle.
   * @param {LocatedShot[]} shots photos that match the other filters
   * @param {?string} near the circle that filters, "LAT,LON,KM"
   */
  draw(shots, near) {
    this.#shots = shots;
    const colours = getComputedStyle(this.#map.getContainer());
    this.#track.setStyle({ color: colours.getPropertyValue("--glacier"), opacity: 0.45 });
    this.#track.setLatLngs(trackLines(shots));
    this.#circle.show(near);
    if (!this.#moved) this.#fit();
    this.#photos.set(shots);
    this.#popup.hideUnlessIn(shots);
    this.#drawMarkers();
  }

  /**
   * Draw the peaks of the catalogue; selected are ids.
   * @param {PeakCount[]} peaks
   * @param {string[]} selected
   */
  drawPeaks(peaks, selected) {
    this.#peaks.set(peaks, selected);
    this.#drawMarkers();
  }

  /** Adapt to a new size of the container. */
  resize() {
    this.#map.invalidateSize({ animate: false });
    if (!this.#moved) this.#fit();
  }

  /**
   * Centre the map on a photo and show its popup.
   * @param {Photo} photo
   */
  focus(photo) {
    if (!photo.gps) return;
    const { lat, lon } = photo.gps;
    this.#moved = true;
    this.#map.setView([lat, lon], Math.max(this.#map.getZoom(), 12), { animate: false });
    this.#popup.show([{ id: photo.id, lat, lon }]);
  }

  #drawMarkers() {
    this.#peaks.draw([...this.#photos.draw(), ...this.#coveredBoxes()]);
  }

  /**
   * Return the boxes that overlays cover.
   * @returns {Box[]}
   */
  #coveredBoxes() {
    const { left, top } = this.#map.getContainer().getBoundingClientRect();
    const boxes = [...document.querySelectorAll(OVERLAYS)].map((one) => one.getBoundingClientRect());
    return boxes
      .filter((box) => box.width)
      .map((box) => [box.left - left, box.top - top, box.right - left, box.bottom - top]);
  }

  #fit() {
    const bounds = this.#circle.bounds || (this.#shots.length ? boundsOf(this.#shots) : WORLD);
    this.#map.fitBounds(bounds.pad(0.12), { maxZoom: FIT_ZOOM_MAX, animate: false });
  }

  /**
   * @param {Place[]} points
   * @param {LatLng} at
   */
  #press(points, at) {
    const bounds = boundsOf(points);
    const extentM = this.#map.distance(bounds.getSouthWest(), bounds.getNorthEast());
    if (points.length > 1 && extentM > SAME_PLACE_M && this.#map.getZoom() < ZOOM_MAX) {
      this.#moved = true;
      const closer = Math.max(this.#map.getZoom() + 1, this.#map.getBoundsZoom(bounds.pad(0.3)));
      this.#map.setView(points.length > 2 ? bounds.getCenter() : at, Math.min(ZOOM_MAX, closer));
    } else this.#popup.show(points);
  }
}

/** @param {{ lat: number, lon: number }[]} places */
const boundsOf = (places) => L.latLngBounds(places.map(({ lat, lon }) => L.latLng(lat, lon)));
