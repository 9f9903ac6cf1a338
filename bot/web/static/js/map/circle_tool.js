// The circle filter on the map: drawn by dragging from its centre outwards.

import "../../vendor/leaflet/leaflet.js";
import { byId } from "../ui/dom.js";
import { parseCircle, formatCircle } from "../geo/geodesy.js";
import { hideToast, toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

/** @import { Circle, LatLng, Map } from "leaflet" */

const { L } = globalThis;
const DRAG_MIN_PX = 5;

/** Draws the circle and shows the one that filters now. */
export class CircleTool {
  /** @type {Map} */
  #map;
  /** @type {?Circle} */
  #circle = null;
  /** @type {(near: string) => void} */
  #onSelect;
  /** @type {?LatLng} */
  #center = null;

  /**
   * @param {Map} map
   * @param {(near: string) => void} onSelect called with a circle as "LAT,LON,KM"
   */
  constructor(map, onSelect) {
    [this.#map, this.#onSelect] = [map, onSelect];
    const container = map.getContainer();
    byId("map-circle").addEventListener("click", () => this.#arm(!this.#isArmed));
    byId("map-here").addEventListener("click", () => this.#selectView());
    container.addEventListener("pointerdown", (event) => this.#begin(event), true);
    container.addEventListener("pointermove", (event) => {
      if (this.#center) this.#draw(this.#center, this.#radiusKm(this.#center, event));
    });
    container.addEventListener("pointerup", (event) => this.#end(event));
    container.addEventListener("pointercancel", () => {
      this.#center = null;
    });
    container.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#isArmed) {
        event.stopPropagation();
        this.#arm(false);
      }
    });
  }

  /**
   * Show the circle that filters now ("LAT,LON,KM"); null removes it.
   * @param {?string} near
   */
  show(near) {
    this.#circle?.remove();
    this.#circle = null;
    if (!near) return;
    const { lat, lon, km } = parseCircle(near);
    this.#draw(L.latLng(lat, lon), km);
  }

  get bounds() {
    return this.#circle?.getBounds();
  }

  get #isArmed() {
    return byId("map-circle").getAttribute("aria-pressed") === "true";
  }

  /**
   * Switch drawing on or off.
   * @param {boolean} armed
   */
  #arm(armed) {
    byId("map-circle").setAttribute("aria-pressed", String(armed));
    this.#map.getContainer().classList.toggle("drawing", armed);
    if (armed) {
      this.#map.dragging.disable();
      toast(t("map_circle_hint"));
    } else {
      this.#map.dragging.enable();
      hideToast();
    }
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (!this.#isArmed || event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.#map.getContainer().setPointerCapture(event.pointerId);
    this.#center = this.#map.mouseEventToLatLng(event);
  }

  /** @param {PointerEvent} event */
  #end(event) {
    if (!this.#center) return;
    const [center, km] = [this.#center, this.#radiusKm(this.#center, event)];
    const from = this.#map.latLngToContainerPoint(center);
    const to = this.#map.mouseEventToContainerPoint(event);
    this.#center = null;
    if (from.distanceTo(to) < DRAG_MIN_PX) return;
    this.#arm(false);
    this.#onSelect(formatCircle({ lat: center.lat, lon: center.lng, km }));
  }

  /** Select the largest circle that fits into the visible part of the map. */
  #selectView() {
    const bounds = this.#map.getBounds();
    const center = this.#map.getCenter();
    const northM = this.#map.distance(center, [bounds.getNorth(), center.lng]);
    const eastM = this.#map.distance(center, [center.lat, bounds.getEast()]);
    this.#onSelect(
      formatCircle({ lat: center.lat, lon: center.lng, km: Math.min(20_000, Math.min(northM, eastM) / 1000) }),
    );
  }

  /**
   * @param {LatLng} center
   * @param {PointerEvent} event
   */
  #radiusKm(center, event) {
    return this.#map.distance(center, this.#map.mouseEventToLatLng(event)) / 1000;
  }

  /**
   * @param {LatLng} center
   * @param {number} km
   */
  #draw(center, km) {
    this.#circle ??= L.circle(center, { radius: km * 1000, className: "near-circle", interactive: false }).addTo(
      this.#map,
    );
    this.#circle.setLatLng(center);
    this.#circle.setRadius(km * 1000);
  }
}
