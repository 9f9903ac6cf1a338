// What stands on the map: photos, of which those that lie close together are one, and peaks with their names.

import "../../vendor/leaflet/leaflet.js";
import { clustersOf, mercator } from "./clusters.js";
import { el } from "../ui/dom.js";
import { metres, number, t, tn } from "../ui/i18n.js";

const { L } = globalThis;
// Markers are made anew whenever the map has moved, so that none may move it by being focused.
const REACH_PX = 46;
const NAME_PX = 7;
const NAME_HEIGHT_PX = 20;
// How far the box of a name may lie beyond the map, above or below: its letters are less high.
const EDGE_PX = 3;
const PEAKS_MAX = 60;

/** shots have lat, lon; onClick(points, latLng) hears which ones were pressed. */
export class PhotoMarkers {
  #layer;
  #map;
  #points = [];
  #onClick;

  constructor(map, onClick) {
    [this.#map, this.#onClick] = [map, onClick];
    this.#layer = L.layerGroup().addTo(map);
  }

  set(shots) {
    this.#points = shots.map((shot) => {
      const [x, y] = mercator(shot.lat, shot.lon);
      return { ...shot, x, y };
    });
  }

  /** Draws what is in sight; returns the boxes on the screen that the markers take, [left, top, right, bottom] each. */
  draw() {
    const map = this.#map;
    const boxes = [];
    const scale = 256 * 2 ** map.getZoom();
    const bounds = map.getBounds().pad(0.2);
    const [left, top] = mercator(bounds.getNorth(), bounds.getWest());
    const [right, bottom] = mercator(bounds.getSouth(), bounds.getEast());
    this.#layer.clearLayers();
    for (const cluster of clustersOf(this.#points, scale, REACH_PX, { left, top, right, bottom })) {
      const px = cluster.points.length === 1 ? 18 : Math.round(26 + 7 * Math.log10(cluster.points.length));
      const marker = this.#marker(cluster, px);
      const { x, y } = map.latLngToContainerPoint(marker.getLatLng());
      boxes.push([x - px / 2, y - px / 2, x + px / 2, y + px / 2]);
      this.#layer.addLayer(marker);
    }
    return boxes;
  }

  #marker({ x, y, points }, px) {
    const n = points.length;
    const at = points.length === 1 ? [points[0].lat, points[0].lon] : this.#map.unproject([x * 256, y * 256], 0);
    const label = tn("map_photos", n);
    const html = el("span", { class: n === 1 ? "spot" : "spot many", text: n === 1 ? "" : n < 10_000 ? number(n) : `${number(Math.round(n / 1000))}k` });
    const marker = L.marker(at, { icon: L.divIcon({ html, className: "spot-place", iconSize: [px, px] }), title: label, alt: label, keyboard: true, riseOnHover: true, autoPanOnFocus: false });
    return pressable(marker, label, () => this.#onClick(points, marker.getLatLng()));
  }
}

/** onClick(peak) hears which peak was pressed. */
export class PeakMarkers {
  #layer;
  #map;
  #peaks = [];
  #chosen = new Set();
  #onClick;

  constructor(map, onClick) {
    [this.#map, this.#onClick] = [map, onClick];
    this.#layer = L.layerGroup().addTo(map);
  }

  /** Call draw() then. The ones that photos show go first, then the higher ones. */
  set(peaks, chosen) {
    this.#chosen = new Set(chosen);
    const rank = (peak) => (this.#chosen.has(peak.id) ? 2e6 : 0) + (peak.photos > 0 ? 1e6 : 0) + peak.elev_m;
    this.#peaks = [...peaks].sort((a, b) => rank(b) - rank(a));
  }

  /** A name stands right or left of its summit, on the map and where nothing is already: boxes, and other names. */
  draw(boxes) {
    this.#layer.clearLayers();
    const bounds = this.#map.getBounds();
    const taken = [...boxes];
    const { x: wide, y: high } = this.#map.getSize();
    const isOnMap = (box) => box[0] >= 0 && box[2] <= wide && box[1] >= -EDGE_PX && box[3] <= high + EDGE_PX;
    const isFree = (box) => isOnMap(box) && !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
    let drawn = 0;
    for (const peak of this.#peaks) {
      if (drawn >= PEAKS_MAX) break;
      if (!bounds.contains([peak.lat, peak.lon])) continue;
      const { x, y } = this.#map.latLngToContainerPoint([peak.lat, peak.lon]);
      const [top, bottom, length] = [y - NAME_HEIGHT_PX / 2, y + NAME_HEIGHT_PX / 2, 14 + peak.name.length * NAME_PX];
      const sides = { right: [x - 8, top, x + length, bottom], left: [x - length, top, x + 8, bottom] };
      const side = Object.keys(sides).find((one) => isFree(sides[one]));
      if (!side) continue;
      taken.push(sides[side]);
      drawn += 1;
      this.#layer.addLayer(this.#marker(peak, side));
    }
  }

  #marker(peak, side) {
    const label = `${peak.name}, ${metres(peak.elev_m)}, ${tn("photos", peak.photos)}`;
    const kind = this.#chosen.has(peak.id) ? "map-peak chosen" : peak.photos ? "map-peak" : "map-peak unseen-yet";
    const html = el("span", { class: `${kind} ${side}` }, el("span", { class: "map-peak-name", text: peak.name }));
    const marker = L.marker([peak.lat, peak.lon], { icon: L.divIcon({ html, className: "peak-place", iconSize: [16, 14] }), title: label, alt: label, keyboard: peak.photos > 0, zIndexOffset: -1000, autoPanOnFocus: false });
    return pressable(marker, peak.photos ? t("map_peak", { name: label }) : label, () => this.#onClick(peak));
  }
}

/** A marker that mouse, finger and keys can press. */
function pressable(marker, label, press) {
  marker.on("click", press);
  marker.on("keydown", ({ originalEvent: event }) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    press();
  });
  marker.on("add", () => marker.getElement()?.setAttribute("aria-label", label));
  return marker;
}
