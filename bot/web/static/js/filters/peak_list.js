// The peak filter: a list of peaks with their numbers of photos. A click selects or deselects a peak.

import { byId, el } from "../ui/dom.js";
import { metres, t, tn } from "../ui/i18n.js";

/** @import { PeakCount } from "openapi" */

const SHOWN_AT_FIRST = 8;

/** Draws the list. onToggle(id) is called for a click on a peak, onToggle(null) for "All peaks". */
export class PeakList {
  #onToggle;
  /** @type {PeakCount[]} */
  #peaks = [];
  /** @type {string[]} */
  #selected = [];
  /** @type {?Map<string, number>} */
  #counts = null;
  #showsAll = false;

  /** @param {(id: ?string) => void} onToggle */
  constructor(onToggle) {
    this.#onToggle = onToggle;
  }

  get peaks() {
    return this.#peaks;
  }

  /** @param {string} id */
  byId(id) {
    return this.#peaks.find((peak) => peak.id === id);
  }

  /**
   * Set the peaks of the catalogue, with their numbers of photos in the album.
   * @param {PeakCount[]} peaks
   */
  setPeaks(peaks) {
    this.#peaks = peaks;
    this.#draw();
  }

  /**
   * Show the counts of these peaks, which match the filters; null shows the counts of the whole album.
   * @param {?PeakCount[]} peaks
   */
  setCounts(peaks) {
    this.#counts = peaks && new Map(peaks.map(({ id, photos }) => [id, photos]));
    this.#draw();
  }

  /**
   * Set the ids of the selected peaks.
   * @param {string[]} ids
   */
  select(ids) {
    this.#selected = ids;
    this.#draw();
  }

  #draw() {
    const list = byId("peaks");
    const active = document.activeElement;
    const focused = list.contains(active) && active instanceof HTMLElement ? active.dataset.id : undefined;
    const present = this.#peaks.filter((peak) => peak.photos > 0 || this.#selected.includes(peak.id));
    if (!present.length) {
      list.replaceChildren(el("li", { class: "empty-note", text: t("no_peaks_yet") }));
      return;
    }
    const shown = this.#showsAll
      ? present
      : present.filter((p, i) => i < SHOWN_AT_FIRST || this.#selected.includes(p.id));
    const items = shown.map((peak) => this.#item(peak));
    items.unshift(
      this.#button({ id: "", name: t("all_peaks"), pressed: !this.#selected.length, run: () => this.#onToggle(null) }),
    );
    if (present.length > SHOWN_AT_FIRST) {
      const text = this.#showsAll ? t("fewer_peaks") : t("more_peaks", { n: present.length });
      const run = () => {
        this.#showsAll = !this.#showsAll;
        this.#draw();
      };
      items.push(
        el("li", {}, el("button", { type: "button", class: "link", "data-id": "more", text, on: { click: run } })),
      );
    }
    list.replaceChildren(...items);
    const buttons = list.querySelectorAll("button");
    if (focused !== undefined) [...buttons].find((button) => button.dataset.id === focused)?.focus();
  }

  /** @param {PeakCount} peak */
  #item(peak) {
    // Keep the order, whatever the counts are: filters must not move the peaks.
    const photos = this.#counts ? this.#counts.get(peak.id) || 0 : peak.photos;
    const label = `${peak.name}, ${metres(peak.elev_m)}, ${tn("photos", photos)}`;
    return this.#button({
      id: peak.id,
      name: peak.name,
      count: photos,
      label,
      pressed: this.#selected.includes(peak.id),
      run: () => this.#onToggle(peak.id),
    });
  }

  /** @param {{ id: string, name: string, count?: number, label?: string, pressed: boolean, run: () => void }} options */
  #button({ id, name, count, label, pressed, run }) {
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          class: !id ? "peak" : count ? "peak box" : "peak box none",
          "data-id": id,
          "aria-pressed": String(pressed),
          "aria-label": label,
          title: label,
          on: { click: run },
        },
        el("span", { class: "name", text: name }),
        count === undefined ? null : el("span", { class: "n", text: String(count) }),
      ),
    );
  }
}
