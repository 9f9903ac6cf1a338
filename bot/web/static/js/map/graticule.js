// The map's background without tiles: a grid of meridians and parallels with their degrees.

import "../../vendor/leaflet/leaflet.js";
import { canvasContext } from "../ui/canvas.js";

/** @import { Map } from "leaflet" */

const { L } = globalThis;
const STEPS_DEG = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
const STEP_MAX_DEG = 45;
const STEP_MIN_PX = 90;
// Extra size beyond each edge, as a share of the map, so that a dragged map shows no empty border.
const PADDING = 0.5;

/** A Leaflet layer that draws the grid on a canvas, in the colours of the current scheme. */
export class Graticule extends L.Layer {
  #canvas = L.DomUtil.create("canvas", "graticule leaflet-zoom-hide");
  #scheme = matchMedia("(prefers-color-scheme: dark)");
  #redraw = () => this.#draw(this._map);

  /**
   * @override
   * @param {Map} map
   */
  onAdd(map) {
    this.#canvas.setAttribute("aria-hidden", "true");
    map.getPane("tilePane")?.append(this.#canvas);
    this.#scheme.addEventListener("change", this.#redraw);
    this.#draw(map);
    return this;
  }

  /** @override */
  onRemove() {
    this.#scheme.removeEventListener("change", this.#redraw);
    this.#canvas.remove();
    return this;
  }

  /** @override */
  getEvents() {
    return { moveend: this.#redraw, zoomend: this.#redraw, resize: this.#redraw, viewreset: this.#redraw };
  }

  /** @param {Map} map */
  #draw(map) {
    const size = map.getSize();
    const padding = size.multiplyBy(PADDING).round();
    const whole = size.add(padding.multiplyBy(2));
    const ratio = globalThis.devicePixelRatio || 1;
    Object.assign(this.#canvas, { width: whole.x * ratio, height: whole.y * ratio });
    Object.assign(this.#canvas.style, { width: `${whole.x}px`, height: `${whole.y}px` });
    L.DomUtil.setPosition(this.#canvas, map.containerPointToLayerPoint(padding.multiplyBy(-1)));
    const context = canvasContext(this.#canvas);
    context.setTransform(ratio, 0, 0, ratio, padding.x * ratio, padding.y * ratio);
    const colours = getComputedStyle(map.getContainer());
    Object.assign(context, {
      strokeStyle: colours.getPropertyValue("--grid"),
      fillStyle: colours.getPropertyValue("--soft"),
      lineWidth: 1,
      font: "11px sans-serif",
    });
    const corners = [map.containerPointToLatLng(padding.multiplyBy(-1)), map.containerPointToLatLng(size.add(padding))];
    const stepDeg = STEPS_DEG.find((one) => one * pxPerDeg(map) >= STEP_MIN_PX) || STEP_MAX_DEG;
    const lines = (/** @type {number} */ from, /** @type {number} */ to) => {
      const count = Math.min(200, Math.floor((to - from) / stepDeg) + 1);
      return Array.from({ length: Math.max(0, count) }, (_, i) => Math.ceil(from / stepDeg) * stepDeg + i * stepDeg);
    };
    const degrees = (/** @type {number} */ value, /** @type {string} */ plus, /** @type {string} */ minus) =>
      `${Number(Math.abs(value).toFixed(3))}° ${value < 0 ? minus : plus}`;
    context.beginPath();
    for (const lon of lines(corners[0].lng, corners[1].lng)) {
      const x = Math.round(map.latLngToContainerPoint([0, lon]).x) + 0.5;
      context.moveTo(x, -padding.y);
      context.lineTo(x, size.y + padding.y);
      context.fillText(degrees(lon, "E", "W"), x + 4, size.y - 6);
    }
    for (const lat of lines(Math.max(-85, corners[1].lat), Math.min(85, corners[0].lat))) {
      const y = Math.round(map.latLngToContainerPoint([lat, 0]).y) + 0.5;
      context.moveTo(-padding.x, y);
      context.lineTo(size.x + padding.x, y);
      // The bottom row has the degrees of longitude.
      if (y < size.y - 20) context.fillText(degrees(lat, "N", "S"), 6, y - 4);
    }
    context.stroke();
  }
}

/** @param {Map} map */
const pxPerDeg = (map) => (256 * 2 ** map.getZoom()) / 360;
