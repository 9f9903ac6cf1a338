// The map's markers: clusters of photos, and peaks with their names.

import "../../vendor/leaflet/leaflet.js";
import { clusterPoints, mercator } from "./clusters.js";
import { el } from "../ui/dom.js";
import { metres, number, t, tn } from "../ui/i18n.js";

/** @import { LatLng, LayerGroup, Map, Marker } from "leaflet" */
/** @import { PeakCount } from "openapi" */
/** @import { Cluster } from "./clusters.js" */
/** @typedef {{ id: string, lat: number, lon: number }} Place */
/**
 * Left, top, right and bottom in the map's container, in pixels.
 * @typedef {[number, number, number, number]} Box
 */

const { L } = globalThis;
// Markers are created anew whenever the map has moved, so focusing a marker must not move the map (autoPanOnFocus).
const REACH_PX = 46;
// Estimated size of a peak's name: width of a letter, and height.
const NAME_LETTER_PX = 7;
const NAME_HEIGHT_PX = 20;
// The box of a name may extend this far beyond the top or bottom of the map, because letters don't fill its height.
const EDGE_PX = 3;
const PEAKS_MAX = 60;

/** Markers of photos. onClick(points, latLng) is called with the photos of the marker that was clicked. */
export class PhotoMarkers {
  /** @type {LayerGroup} */
  #layer;
  /** @type {Map} */
  #map;
  /** @type {(Place & { x: number, y: number })[]} */
  #points = [];
  /** @type {(points: Place[], at: LatLng) => void} */
  #onClick;

  /**
   * @param {Map} map
   * @param {(points: Place[], at: LatLng) => void} onClick
   */
  constructor(map, onClick) {
    [this.#map, this.#onClick] = [map, onClick];
    this.#layer = L.layerGroup().addTo(map);
  }

  /**
   * Set the photos. Call draw() afterwards.
   * @param {Place[]} shots
   */
  set(shots) {
    this.#points = shots.map((shot) => {
      const [x, y] = mercator(shot.lat, shot.lon);
      return { ...shot, x, y };
    });
  }

  /** Draw the markers in view. Returns their boxes. */
  draw() {
    const map = this.#map;
    /** @type {Box[]} */
    const boxes = [];
    const scale = 256 * 2 ** map.getZoom();
    const bounds = map.getBounds().pad(0.2);
    const [left, top] = mercator(bounds.getNorth(), bounds.getWest());
    const [right, bottom] = mercator(bounds.getSouth(), bounds.getEast());
    this.#layer.clearLayers();
    for (const cluster of clusterPoints(this.#points, scale, REACH_PX, { left, top, right, bottom })) {
      const px = cluster.points.length === 1 ? 18 : Math.round(26 + 7 * Math.log10(cluster.points.length));
      const marker = this.#marker(cluster, px);
      const { x, y } = map.latLngToContainerPoint(marker.getLatLng());
      boxes.push([x - px / 2, y - px / 2, x + px / 2, y + px / 2]);
      this.#layer.addLayer(marker);
    }
    return boxes;
  }

  /**
   * @param {Cluster<Place & { x: number, y: number }>} cluster
   * @param {number} px
   */
  #marker({ x, y, points }, px) {
    const n = points.length;
    const at = n === 1 ? L.latLng(points[0].lat, points[0].lon) : this.#map.unproject([x * 256, y * 256], 0);
    const label = tn("map_photos", n);
    const html = el("span", {
      class: n === 1 ? "photo-marker" : "photo-marker cluster",
      text: n === 1 ? "" : n < 10_000 ? number(n) : `${number(Math.round(n / 1000))}k`,
    });
    const marker = L.marker(at, {
      icon: L.divIcon({ html, className: "photo-marker-icon", iconSize: [px, px] }),
      title: label,
      alt: label,
      keyboard: true,
      riseOnHover: true,
      autoPanOnFocus: false,
    });
    return clickable(marker, label, () => this.#onClick(points, marker.getLatLng()));
  }
}

/** Markers of peaks. onClick(peak) is called with the peak that was clicked. */
export class PeakMarkers {
  /** @type {LayerGroup} */
  #layer;
  /** @type {Map} */
  #map;
  /** @type {PeakCount[]} */
  #peaks = [];
  /** @type {Set<string>} */
  #selected = new Set();
  /** @type {(peak: PeakCount) => void} */
  #onClick;

  /**
   * @param {Map} map
   * @param {(peak: PeakCount) => void} onClick
   */
  constructor(map, onClick) {
    [this.#map, this.#onClick] = [map, onClick];
    this.#layer = L.layerGroup().addTo(map);
  }

  /**
   * Set the peaks and the ids of the selected ones. Call draw() afterwards.
   * @param {PeakCount[]} peaks
   * @param {string[]} selected
   */
  set(peaks, selected) {
    this.#selected = new Set(selected);
    // Selected peaks come first, then peaks with photos, then the higher ones.
    const rank = (/** @type {PeakCount} */ peak) =>
      (this.#selected.has(peak.id) ? 2e6 : 0) + (peak.photos > 0 ? 1e6 : 0) + peak.elev_m;
    this.#peaks = [...peaks].sort((a, b) => rank(b) - rank(a));
  }

  /**
   * Draw the peaks in view. A name goes to the right or left of its summit, where it overlaps neither the boxes nor
   * other names; a peak without room for its name is left out.
   * @param {Box[]} boxes
   */
  draw(boxes) {
    this.#layer.clearLayers();
    const bounds = this.#map.getBounds();
    const taken = [...boxes];
    const { x: width, y: height } = this.#map.getSize();
    const isOnMap = (/** @type {Box} */ box) =>
      box[0] >= 0 && box[2] <= width && box[1] >= -EDGE_PX && box[3] <= height + EDGE_PX;
    const isFree = (/** @type {Box} */ box) =>
      isOnMap(box) &&
      !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
    let drawn = 0;
    for (const peak of this.#peaks) {
      if (drawn >= PEAKS_MAX) break;
      if (!bounds.contains([peak.lat, peak.lon])) continue;
      const { x, y } = this.#map.latLngToContainerPoint([peak.lat, peak.lon]);
      const [top, bottom, length] = [
        y - NAME_HEIGHT_PX / 2,
        y + NAME_HEIGHT_PX / 2,
        14 + peak.name.length * NAME_LETTER_PX,
      ];
      /** @type {[string, Box][]} */
      const sides = [
        ["right", [x - 8, top, x + length, bottom]],
        ["left", [x - length, top, x + 8, bottom]],
      ];
      const free = sides.find(([, box]) => isFree(box));
      if (!free) continue;
      const [side, box] = free;
      taken.push(box);
      drawn += 1;
      this.#layer.addLayer(this.#marker(peak, side));
    }
  }

  /**
   * @param {PeakCount} peak
   * @param {string} side
   */
  #marker(peak, side) {
    const label = `${peak.name}, ${metres(peak.elev_m)}, ${tn("photos", peak.photos)}`;
    const kind = this.#selected.has(peak.id) ? "map-peak chosen" : peak.photos ? "map-peak" : "map-peak no-photos";
    const html = el("span", { class: `${kind} ${side}` }, el("span", { class: "map-peak-name", text: peak.name }));
    const marker = L.marker([peak.lat, peak.lon], {
      icon: L.divIcon({ html, className: "peak-marker-icon", iconSize: [16, 14] }),
      title: label,
      alt: label,
      keyboard: peak.photos > 0,
      zIndexOffset: -1000,
      autoPanOnFocus: false,
    });
    return clickable(marker, peak.photos ? t("map_peak", { name: label }) : label, () => this.#onClick(peak));
  }
}

/**
 * Make a marker respond to mouse, touch and keyboard, with an accessible label.
 * @param {Marker} marker
 * @param {string} label
 * @param {() => void} onPress
 */
function clickable(marker, label, onPress) {
  marker.on("click", onPress);
  marker.on("keydown", ({ originalEvent: event }) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onPress();
  });
  marker.on("add", () => marker.getElement()?.setAttribute("aria-label", label));
  return marker;
}
