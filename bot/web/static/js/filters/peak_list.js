// The peaks with their numbers of photos: a click filters.

import { byId, el } from "../ui/dom.js";
import { metres, t, tn } from "../ui/i18n.js";

const SHOWN_AT_FIRST = 8;

/** Draws the list. onToggle(id) is called for a peak, onToggle(null) for "all". */
export class PeakList {
  #onToggle;
  #peaks = [];
  #chosen = [];
  #counts = null;
  #all = false;

  constructor(onToggle) {
    this.#onToggle = onToggle;
  }

  get peaks() {
    return this.#peaks;
  }

  byId(id) {
    return this.#peaks.find((peak) => peak.id === id);
  }

  set(peaks) {
    this.#peaks = peaks;
    this.#draw();
  }

  /** peaks with their numbers of photos that pass the filters; null: those of the album. */
  count(peaks) {
    this.#counts = peaks && new Map(peaks.map(({ id, photos }) => [id, photos]));
    this.#draw();
  }

  choose(ids) {
    this.#chosen = ids;
    this.#draw();
  }

  #draw() {
    const list = byId("peaks");
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.id : undefined;
    const present = this.#peaks.filter((peak) => peak.photos > 0 || this.#chosen.includes(peak.id));
    if (!present.length) {
      list.replaceChildren(el("li", { class: "teach", text: t("no_peaks_yet") }));
      return;
    }
    const shown = this.#all ? present : present.filter((p, i) => i < SHOWN_AT_FIRST || this.#chosen.includes(p.id));
    const items = shown.map((peak) => this.#item(peak));
    items.unshift(this.#button({ id: "", name: t("all_peaks"), pressed: !this.#chosen.length, run: () => this.#onToggle(null) }));
    if (present.length > SHOWN_AT_FIRST) {
      const text = this.#all ? t("fewer_peaks") : t("more_peaks", { n: present.length });
      const run = () => { this.#all = !this.#all; this.#draw(); };
      items.push(el("li", {}, el("button", { type: "button", class: "link", "data-id": "more", text, on: { click: run } })));
    }
    list.replaceChildren(...items);
    if (focused !== undefined) list.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  }

  #item(peak) {
    // The peaks stay in their order, whatever the filters leave of their photos.
    const photos = this.#counts ? this.#counts.get(peak.id) || 0 : peak.photos;
    const label = `${peak.name}, ${metres(peak.elev_m)}, ${tn("photos", photos)}`;
    return this.#button({
      id: peak.id, name: peak.name, count: photos, label,
      pressed: this.#chosen.includes(peak.id), run: () => this.#onToggle(peak.id),
    });
  }

  #button({ id, name, count, label, pressed, run }) {
    return el("li", {},
      el("button", { type: "button", class: !id ? "peak" : count ? "peak box" : "peak box none", "data-id": id, "aria-pressed": String(pressed), "aria-label": label, title: label, on: { click: run } },
        el("span", { class: "name", text: name }),
        count === undefined ? null : el("span", { class: "n", text: String(count) })));
  }
}
