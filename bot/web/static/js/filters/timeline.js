// The time line: how many photos of which days, weeks, months or years; drag over it, or write the days.

import { byId, el } from "../ui/dom.js";
import { draw } from "../ui/svg.js";
import { spansOf } from "./time_bins.js";
import { day, t, tn } from "../ui/i18n.js";

const WIDTH = 220;
const HEIGHT = 56;
const MOST_BARS = 44;
const DRAG_PX = 3;
const FIELDS = ["from-day", "to-day"];
// Keys that change a part of a day; others open the calendar or go on to the next field.
const TYPING = /^(\d|Backspace|Delete|ArrowUp|ArrowDown)$/;

export class TimeLine {
  #choose;
  #spans = [];
  #chosen = { from: null, to: null };
  #start = null;
  // How the day that is being typed gets into the history; null while nobody types.
  #typed = null;

  /** choose(from, to, how) is called with days, both included, or null; how says whether it is a step of the history. */
  constructor(choose) {
    this.#choose = choose;
    for (const id of FIELDS) this.#listenTo(byId(id));
    const bars = byId("time-bars");
    bars.addEventListener("pointerdown", (event) => { this.#start = event.clientX; bars.setPointerCapture?.(event.pointerId); });
    bars.addEventListener("pointermove", (event) => { if (this.#start !== null) this.#brush(this.#start, event.clientX); });
    bars.addEventListener("pointerup", (event) => this.#end(event.clientX));
    bars.addEventListener("pointercancel", () => { this.#start = null; this.#mark(); });
  }

  /** times are those of the photos (POSIX seconds) that pass all other filters; from and to are what is chosen. */
  draw(times, from, to) {
    this.#chosen = { from, to };
    this.#spans = spansOf(times, MOST_BARS).spans;
    byId("time").hidden = !times.length && !from && !to;
    this.#write(byId("from-day"), from || "");
    this.#write(byId("to-day"), to || "");
    const most = Math.max(1, ...this.#spans.map((span) => span.n));
    const step = WIDTH / Math.max(1, this.#spans.length);
    // Square roots: one photo is seen beside a day of a hundred.
    const height = (n) => (n ? Math.max(3, HEIGHT * Math.sqrt(n / most)) : 0);
    byId("time-bars").replaceChildren(draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      draw("rect", { class: "brush", y: 0, height: HEIGHT, width: 0 }),
      this.#spans.map((span, i) => draw("rect", {
        class: "bar-of-time", x: i * step, width: Math.max(0.5, step - Math.min(2, step / 4)), y: HEIGHT - height(span.n), height: height(span.n),
      }, draw("title", { text: `${spanText(span)}: ${tn("photos", span.n)}` })))));
    const ends = this.#spans.length ? [this.#spans[0].from, this.#spans.at(-1).to] : [];
    byId("time-ends").replaceChildren(...ends.map((end) => el("span", { text: day(end) })));
    this.#mark();
  }

  /**
   * While a day is typed each figure is a day of its own: of the year 0002, or of the first instead of the fifteenth.
   * Those that may be meant are shown as they come, as one step of the history; what can't be meant waits for the end.
   */
  #listenTo(field) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#finish();
      else if (!event.altKey && TYPING.test(event.key)) this.#typed ??= "push";
    });
    field.addEventListener("blur", () => this.#finish());
    field.addEventListener("change", () => {
      if (this.#typed === null) this.#finish();
      else if (FIELDS.every((id) => byId(id).validity.valid) && !this.#isBackwards) {
        this.#chooseDays(this.#typed);
        this.#typed = "replace";
      }
    });
  }

  /** Picked in a calendar, or typed to the end. */
  #finish() {
    const how = this.#typed ?? "push";
    this.#typed = null;
    // Half a day, or one before photography, is none.
    for (const [id, end] of [["from-day", "from"], ["to-day", "to"]]) if (!byId(id).validity.valid) byId(id).value = this.#chosen[end] || "";
    if (this.#isBackwards) [byId("from-day").value, byId("to-day").value] = [byId("to-day").value, byId("from-day").value];
    this.#chooseDays(how);
  }

  get #isBackwards() {
    const [from, to] = FIELDS.map((id) => byId(id).value);
    return Boolean(from && to && from > to);
  }

  #chooseDays(how) {
    const [from, to] = FIELDS.map((id) => byId(id).value || null);
    if (from === this.#chosen.from && to === this.#chosen.to) return;
    this.#chosen = { from, to };
    this.#choose(from, to, how);
  }

  /** What is being typed is not written over. */
  #write(field, day) {
    if (field.value !== day && !(this.#typed && document.activeElement === field)) field.value = day;
  }

  /** Bars that are chosen stand out from the others. */
  #mark() {
    const { from, to } = this.#chosen;
    const bars = byId("time-bars").querySelectorAll(".bar-of-time");
    this.#spans.forEach((span, i) => bars[i].classList.toggle("out", Boolean((from && span.to < from) || (to && span.from > to))));
    this.#drawBrush(null);
  }

  #brush(x1, x2) {
    const bars = byId("time-bars").querySelectorAll(".bar-of-time");
    const [first, last] = this.#between(x1, x2);
    this.#spans.forEach((_, i) => bars[i].classList.toggle("out", i < first || i > last));
    this.#drawBrush([first, last]);
  }

  #drawBrush(range) {
    const step = WIDTH / Math.max(1, this.#spans.length);
    const brush = byId("time-bars").querySelector(".brush");
    brush?.setAttribute("x", range ? range[0] * step : 0);
    brush?.setAttribute("width", range ? (range[1] - range[0] + 1) * step : 0);
  }

  #end(x) {
    if (this.#start === null || !this.#spans.length) return;
    const start = this.#start;
    this.#start = null;
    const [first, last] = this.#between(start, x);
    const { from, to } = { from: this.#spans[first].from, to: this.#spans[last].to };
    const again = Math.abs(x - start) < DRAG_PX && this.#chosen.from === from && this.#chosen.to === to;
    this.#choose(again ? null : from, again ? null : to);
  }

  #between(x1, x2) {
    const box = byId("time-bars").getBoundingClientRect();
    const at = (x) => Math.min(this.#spans.length - 1, Math.max(0, Math.floor(((x - box.left) / box.width) * this.#spans.length)));
    return [Math.min(at(x1), at(x2)), Math.max(at(x1), at(x2))];
  }
}

const spanText = ({ from, to }) => (from === to ? day(from) : t("from_to", { from: day(from), to: day(to) }));
