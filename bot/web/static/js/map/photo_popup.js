// The photo that was pressed on the map: small, with its names, and where its camera looked.

import * as api from "../net/api.js";
import { byId, el, icon } from "../ui/dom.js";
import { distanceKm, writeCircle } from "./geodesy.js";
import { showPhoto } from "../ui/responsive_image.js";
import { toast } from "../ui/toast.js";
import { wedgeOf } from "./field_of_view.js";
import { bearing, localDate, t, tn } from "../ui/i18n.js";

const LEAST_KM = 0.03;

export class Card {
  #map;
  #page;
  #photo = null;
  #points = [];
  #wedge = null;
  #asking = null;

  /** page: open(id) shows a photo in full, near(circle) filters by a place. */
  constructor(map, page) {
    [this.#map, this.#page] = [map, page];
    map.on("zoomend", () => this.#drawWedge());
  }

  /** points are the photos of one place, of which the first is shown. */
  async show(points) {
    this.#points = points;
    this.#asking?.abort();
    const mine = (this.#asking = new AbortController());
    try {
      const photo = await api.photo(points[0].id, mine.signal);
      this.#photo = photo;
      this.#drawWedge();
      byId("map-card").replaceChildren(...this.#content(photo, points));
      byId("map-card").hidden = false;
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof api.ApiError)) throw error;
      toast(error.message);
    }
  }

  /** shots are those that are on the map now: the card of another one goes. */
  keepTo(shots) {
    const shown = this.#points[0];
    if (shown && !shots.some(({ id }) => id === shown.id)) this.hide();
  }

  hide() {
    this.#points = [];
    this.#asking?.abort();
    this.#photo = null;
    this.#drawWedge();
    byId("map-card").hidden = true;
  }

  #content(photo, points) {
    const title = photo.peaks.map((peak) => peak.name).join(", ") || t("no_peak");
    const date = photo.local_time ? localDate(photo.local_time) : t("unknown_date");
    const open = () => this.#page.open(photo.id);
    return [
      el("button", { type: "button", class: "card-picture", "aria-label": t("open_photo", { what: `${title}, ${date}` }), on: { click: open } },
        showPhoto(el("img", { alt: "", width: 160, height: 120, sizes: "160px" }), photo, [320])),
      el("div", { class: "card-text" },
        el("strong", { text: title }),
        el("span", { text: photo.heading_deg === null ? date : `${date} · ${bearing(photo.heading_deg)}` }),
        points.length > 1 ? el("button", { type: "button", class: "link", text: tn("map_all_here", points.length), on: { click: () => this.#page.near(around(points)) } }) : null),
      el("button", { type: "button", class: "quiet card-close", "aria-label": t("close"), on: { click: () => this.hide() } }, icon("close")),
    ];
  }

  #drawWedge() {
    this.#wedge?.remove();
    this.#wedge = this.#photo && wedgeOf(this.#photo, this.#map);
    this.#wedge?.addTo(this.#map);
  }
}

/** A circle that holds these points. */
function around(points) {
  const lat = points.reduce((sum, point) => sum + point.lat, 0) / points.length;
  const lon = points.reduce((sum, point) => sum + point.lon, 0) / points.length;
  const km = Math.max(LEAST_KM, ...points.map((point) => 1.1 * distanceKm(lat, lon, point.lat, point.lon)));
  return writeCircle({ lat, lon, km });
}
