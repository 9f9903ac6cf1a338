// The popup of a photo on the map: a small picture with its peaks, and the wedge of its field of view.

import * as api from "../net/api.js";
import { byId, el, icon } from "../ui/dom.js";
import { distanceKm, formatCircle } from "../geo/geodesy.js";
import { showPhoto } from "../ui/responsive_image.js";
import { toast } from "../ui/toast.js";
import { fieldOfViewWedge } from "./field_of_view.js";
import { bearing, localDate, number, t } from "../ui/i18n.js";

/** @import { Map, Polygon } from "leaflet" */
/** @import { Photo } from "openapi" */
/** @import { Place } from "./markers.js" */

const RADIUS_MIN_KM = 0.03;

/** The popup; at most one is shown. */
export class PhotoPopup {
  /** @type {Map} */
  #map;
  /** @type {{ open: (id: string) => void, near: (circle: string) => void }} */
  #actions;
  /** @type {?Photo} */
  #photo = null;
  /** @type {Place[]} */
  #points = [];
  /** @type {?Polygon} */
  #wedge = null;
  #abort = new AbortController();

  /**
   * @param {Map} map
   * @param {{ open: (id: string) => void, near: (circle: string) => void }} actions open a photo, filter by a circle
   */
  constructor(map, actions) {
    [this.#map, this.#actions] = [map, actions];
    map.on("zoomend", () => this.#drawWedge());
  }

  /**
   * Show the first of several photos at one place.
   * @param {Place[]} points
   */
  async show(points) {
    this.#points = points;
    this.#abort.abort();
    const abort = (this.#abort = new AbortController());
    try {
      const photo = await api.photo(points[0].id, abort.signal);
      this.#photo = photo;
      this.#drawWedge();
      byId("map-popup").replaceChildren(...this.#content(photo, points));
      byId("map-popup").hidden = false;
    } catch (error) {
      if (api.isAbort(error)) return;
      if (!(error instanceof api.ApiError)) throw error;
      toast(error.message);
    }
  }

  /**
   * Hide the popup if its photo is not among these photos.
   * @param {{ id: string }[]} shots
   */
  hideUnlessIn(shots) {
    const shown = this.#points[0];
    if (shown && !shots.some(({ id }) => id === shown.id)) this.hide();
  }

  hide() {
    this.#points = [];
    this.#abort.abort();
    this.#photo = null;
    this.#drawWedge();
    byId("map-popup").hidden = true;
  }

  /**
   * @param {Photo} photo
   * @param {Place[]} points
   */
  #content(photo, points) {
    const title = photo.peaks.map((peak) => peak.name).join(", ") || t("no_peak");
    const date = photo.local_time ? localDate(photo.local_time) : t("unknown_date");
    const open = () => this.#actions.open(photo.id);
    return [
      el(
        "button",
        {
          type: "button",
          class: "popup-picture",
          "aria-label": t("open_photo", { what: `${title}, ${date}` }),
          on: { click: open },
        },
        showPhoto(el("img", { alt: "", width: 160, height: 120, sizes: "160px" }), photo, [320]),
      ),
      el(
        "div",
        { class: "popup-text" },
        el("strong", { text: title }),
        el("span", { text: photo.heading_deg === null ? date : `${date} · ${bearing(photo.heading_deg)}` }),
        points.length > 1
          ? el("button", {
              type: "button",
              class: "link",
              text: t("map_all_here", { n: number(points.length) }),
              on: { click: () => this.#actions.near(circleAround(points)) },
            })
          : null,
      ),
      el(
        "button",
        { type: "button", class: "quiet popup-close", "aria-label": t("close"), on: { click: () => this.hide() } },
        icon("close"),
      ),
    ];
  }

  #drawWedge() {
    this.#wedge?.remove();
    this.#wedge = this.#photo && fieldOfViewWedge(this.#photo, this.#map);
    this.#wedge?.addTo(this.#map);
  }
}

/**
 * Return a circle ("LAT,LON,KM") that contains all points.
 * @param {Place[]} points
 */
function circleAround(points) {
  const lat = points.reduce((sum, point) => sum + point.lat, 0) / points.length;
  const lon = points.reduce((sum, point) => sum + point.lon, 0) / points.length;
  const km = Math.max(RADIUS_MIN_KM, ...points.map((point) => 1.1 * distanceKm(lat, lon, point.lat, point.lon)));
  return formatCircle({ lat, lon, km });
}
