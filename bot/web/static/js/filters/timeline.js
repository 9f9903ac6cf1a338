// The timeline: a histogram of the days on which photos were taken. Drag over it or type dates to filter.

import { byId, el } from "../ui/dom.js";
import { svgEl } from "../ui/svg.js";
import { timeBins } from "./time_bins.js";
import { day, t, tn } from "../ui/i18n.js";

/** @import { Bin } from "./time_bins.js" */
/** @typedef {"push" | "replace"} How */

const WIDTH = 220;
const HEIGHT = 56;
const BARS_MAX = 44;
const DRAG_PX = 3;

// Keys that change a part of the date. Other keys open the calendar or move to the next field.
const TYPING_KEY = /^(\d|Backspace|Delete|ArrowUp|ArrowDown)$/;

/** The timeline with its two date fields. */
export class Timeline {
  #onSelect;
  #from = byId("from-day");
  #to = byId("to-day");
  /** @type {Bin[]} */
  #bins = [];
  /** @type {{ from: ?string, to: ?string }} */
  #selected = { from: null, to: null };
  /** @type {?number} */
  #dragStart = null;
  /**
   * How the next change of the date that is being typed enters the history; null if nobody types.
   * @type {?How}
   */
  #typing = null;

  /**
   * @param {(from: ?string, to: ?string, how?: How) => void} onSelect called with days, inclusive; how says whether to
   *   add a history entry
   */
  constructor(onSelect) {
    this.#onSelect = onSelect;
    this.#listenTo(this.#from);
    this.#listenTo(this.#to);
    const bars = byId("time-bars");
    bars.addEventListener("pointerdown", (event) => {
      this.#dragStart = event.clientX;
      bars.setPointerCapture?.(event.pointerId);
    });
    bars.addEventListener("pointermove", (event) => {
      if (this.#dragStart !== null) this.#brush(this.#dragStart, event.clientX);
    });
    bars.addEventListener("pointerup", (event) => this.#end(event.clientX));
    bars.addEventListener("pointercancel", () => {
      this.#dragStart = null;
      this.#markSelected();
    });
  }

  /**
   * Draw the histogram.
   * @param {number[]} times POSIX seconds of the photos that match all other filters
   * @param {?string} from the selected days
   * @param {?string} to
   */
  draw(times, from, to) {
    this.#selected = { from, to };
    this.#bins = timeBins(times, BARS_MAX).bins;
    byId("time").hidden = !times.length && !from && !to;
    this.#setField(this.#from, from || "");
    this.#setField(this.#to, to || "");
    const most = Math.max(1, ...this.#bins.map((bin) => bin.n));
    const step = WIDTH / Math.max(1, this.#bins.length);
    // On a square root scale, a day with one photo is visible next to a day with a hundred.
    const height = (/** @type {number} */ n) => (n ? Math.max(3, HEIGHT * Math.sqrt(n / most)) : 0);
    byId("time-bars").replaceChildren(
      svgEl(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
        svgEl("rect", { class: "brush", y: 0, height: HEIGHT, width: 0 }),
        this.#bins.map((bin, i) =>
          svgEl(
            "rect",
            {
              class: "time-bar",
              x: i * step,
              width: Math.max(0.5, step - Math.min(2, step / 4)),
              y: HEIGHT - height(bin.n),
              height: height(bin.n),
            },
            svgEl("title", { text: `${binText(bin)}: ${tn("photos", bin.n)}` }),
          ),
        ),
      ),
    );
    const ends = this.#bins.length ? [this.#bins[0].from, this.#bins[this.#bins.length - 1].to] : [];
    byId("time-ends").replaceChildren(...ends.map((end) => el("span", { text: day(end) })));
    this.#markSelected();
  }

  /**
   * While a date is typed, every digit changes it, for example to the year 0002, or to the 1st before the 15th.
   * Plausible dates take effect at once, all as one history entry; implausible ones wait until typing ends.
   * @param {HTMLInputElement} field
   */
  #listenTo(field) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#finish();
      else if (!event.altKey && TYPING_KEY.test(event.key)) this.#typing ??= "push";
    });
    field.addEventListener("blur", () => this.#finish());
    field.addEventListener("change", () => {
      if (this.#typing === null) this.#finish();
      else if (this.#from.validity.valid && this.#to.validity.valid && !this.#isReversed) {
        this.#selectFields(this.#typing);
        this.#typing = "replace";
      }
    });
  }

  /** Apply a date that was picked in the calendar or typed completely. */
  #finish() {
    const how = this.#typing ?? "push";
    this.#typing = null;
    // Reset incomplete dates, and dates before photography existed.
    if (!this.#from.validity.valid) this.#from.value = this.#selected.from || "";
    if (!this.#to.validity.valid) this.#to.value = this.#selected.to || "";
    if (this.#isReversed) [this.#from.value, this.#to.value] = [this.#to.value, this.#from.value];
    this.#selectFields(how);
  }

  get #isReversed() {
    const [from, to] = [this.#from.value, this.#to.value];
    return Boolean(from && to && from > to);
  }

  /** @param {How} how */
  #selectFields(how) {
    const [from, to] = [this.#from.value || null, this.#to.value || null];
    if (from === this.#selected.from && to === this.#selected.to) return;
    this.#selected = { from, to };
    this.#onSelect(from, to, how);
  }

  /**
   * Set the value of a date field, unless somebody is typing in it.
   * @param {HTMLInputElement} field
   * @param {string} day
   */
  #setField(field, day) {
    if (field.value !== day && !(this.#typing && document.activeElement === field)) field.value = day;
  }

  /** Dim the bars outside of the selected days. */
  #markSelected() {
    const { from, to } = this.#selected;
    const bars = byId("time-bars").querySelectorAll(".time-bar");
    this.#bins.forEach((bin, i) =>
      bars[i].classList.toggle("dimmed", Boolean((from && bin.to < from) || (to && bin.from > to))),
    );
    this.#drawBrush(null);
  }

  /**
   * @param {number} x1
   * @param {number} x2
   */
  #brush(x1, x2) {
    const bars = byId("time-bars").querySelectorAll(".time-bar");
    const [first, last] = this.#binsBetween(x1, x2);
    this.#bins.forEach((_, i) => bars[i].classList.toggle("dimmed", i < first || i > last));
    this.#drawBrush([first, last]);
  }

  /** @param {?[number, number]} range */
  #drawBrush(range) {
    const step = WIDTH / Math.max(1, this.#bins.length);
    const brush = byId("time-bars").querySelector(".brush");
    brush?.setAttribute("x", String(range ? range[0] * step : 0));
    brush?.setAttribute("width", String(range ? (range[1] - range[0] + 1) * step : 0));
  }

  /** @param {number} x */
  #end(x) {
    if (this.#dragStart === null || !this.#bins.length) return;
    const start = this.#dragStart;
    this.#dragStart = null;
    const [first, last] = this.#binsBetween(start, x);
    const { from, to } = { from: this.#bins[first].from, to: this.#bins[last].to };
    // A click on the only selected bar clears the selection.
    const clears = Math.abs(x - start) < DRAG_PX && this.#selected.from === from && this.#selected.to === to;
    this.#onSelect(clears ? null : from, clears ? null : to);
  }

  /**
   * @param {number} x1
   * @param {number} x2
   * @returns {[number, number]}
   */
  #binsBetween(x1, x2) {
    const box = byId("time-bars").getBoundingClientRect();
    const at = (/** @type {number} */ x) =>
      Math.min(this.#bins.length - 1, Math.max(0, Math.floor(((x - box.left) / box.width) * this.#bins.length)));
    return [Math.min(at(x1), at(x2)), Math.max(at(x1), at(x2))];
  }
}

/** @param {Bin} bin */
const binText = ({ from, to }) => (from === to ? day(from) : t("from_to", { from: day(from), to: day(to) }));
