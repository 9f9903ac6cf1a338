// A circle on the map as a filter: drawn from its middle outwards.

import "../../vendor/leaflet/leaflet.js";
import { byId } from "../ui/dom.js";
import { readCircle, writeCircle } from "./geodesy.js";
import { hideToast, toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

const { L } = globalThis;
const LEAST_PX = 5;

export class CircleTool {
  #map;
  #circle = null;
  #choose;
  #middle = null;

  /** choose(near) is called with "LAT,LON,KM". */
  constructor(map, choose) {
    [this.#map, this.#choose] = [map, choose];
    const place = map.getContainer();
    byId("map-circle").addEventListener("click", () => this.#arm(!this.#isArmed));
    byId("map-here").addEventListener("click", () => this.#chooseView());
    place.addEventListener("pointerdown", (event) => this.#begin(event), true);
    place.addEventListener("pointermove", (event) => { if (this.#middle) this.#draw(this.#middle, this.#kmTo(event)); });
    place.addEventListener("pointerup", (event) => this.#end(event));
    place.addEventListener("pointercancel", () => { this.#middle = null; });
    place.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.#isArmed) { event.stopPropagation(); this.#arm(false); } });
  }

  /** The circle that filters now, or null. */
  show(near) {
    this.#circle?.remove();
    this.#circle = null;
    if (!near) return;
    const { lat, lon, km } = readCircle(near);
    this.#draw(L.latLng(lat, lon), km);
  }

  get bounds() {
    return this.#circle?.getBounds();
  }

  get #isArmed() {
    return byId("map-circle").getAttribute("aria-pressed") === "true";
  }

  #arm(armed) {
    byId("map-circle").setAttribute("aria-pressed", String(armed));
    this.#map.getContainer().classList.toggle("drawing", armed);
    if (armed) { this.#map.dragging.disable(); toast(t("map_circle_hint")); }
    else { this.#map.dragging.enable(); hideToast(); }
  }

  #begin(event) {
    if (!this.#isArmed || event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.#map.getContainer().setPointerCapture(event.pointerId);
    this.#middle = this.#map.mouseEventToLatLng(event);
  }

  #end(event) {
    if (!this.#middle) return;
    const [middle, km] = [this.#middle, this.#kmTo(event)];
    const from = this.#map.latLngToContainerPoint(middle);
    const to = this.#map.mouseEventToContainerPoint(event);
    this.#middle = null;
    if (from.distanceTo(to) < LEAST_PX) return;
    this.#arm(false);
    this.#choose(writeCircle({ lat: middle.lat, lon: middle.lng, km }));
  }

  /** The largest circle in the part of the map that is seen. */
  #chooseView() {
    const bounds = this.#map.getBounds();
    const middle = this.#map.getCenter();
    const high = this.#map.distance(middle, [bounds.getNorth(), middle.lng]);
    const wide = this.#map.distance(middle, [middle.lat, bounds.getEast()]);
    this.#choose(writeCircle({ lat: middle.lat, lon: middle.lng, km: Math.min(20_000, Math.min(high, wide) / 1000) }));
  }

  #kmTo(event) {
    return this.#map.distance(this.#middle, this.#map.mouseEventToLatLng(event)) / 1000;
  }

  #draw(middle, km) {
    this.#circle ??= L.circle(middle, { radius: km * 1000, className: "near-circle", interactive: false }).addTo(this.#map);
    this.#circle.setLatLng(middle);
    this.#circle.setRadius(km * 1000);
  }
}
