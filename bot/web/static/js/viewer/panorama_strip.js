// The panorama all around a photo's place, with its view as a window in the middle: dragged, it turns below the window.

import { inWords } from "./camera_pose.js";
import { el } from "../ui/dom.js";
import { lettered, remPx } from "./label_metrics.js";
import { around, fieldOfView, signed } from "./pinhole.js";
import { mountains } from "./synthetic_skyline.js";
import { placeLabels } from "./label_layout.js";
import { draw } from "../ui/svg.js";
import { t } from "../ui/i18n.js";

const COMPASS_PX = 24;
const TICK_DEG = 10;
const POINT_DEG = 45;
// The window's share of the strip at most, and the scale of a narrow view.
const WINDOW_HIGH = 0.86;
const WINDOW_WIDE = 0.8;
const PX_PER_DEG_MAX = 7;
// A little more than all around, where the strip fades out.
const WIDEST_DEG = 400;
const LETTERS_REM = 0.72;
const NAME_EVERY_PX = 90;
const NAMES_MAX = 14;

export class Strip {
  element;
  #drawing = draw("svg", { "aria-hidden": "true" });
  #world = draw("g");
  #compass = draw("g", { class: "compass" });
  #names = draw("g", { class: "strip-names" });
  #window = draw("g");
  #peaks;
  #view;
  #size = { width: 0, height: 0, pxPerDeg: 1 };

  /** turn({ right, up }) hears by how many degrees a person turns the camera. */
  constructor(peaks, view, turn) {
    [this.#peaks, this.#view] = [peaks, view];
    this.element = el("div", { id: "strip", class: "strip", role: "slider", tabindex: 0, "aria-label": t("align_view"), "aria-describedby": "align-hint align-keys", "aria-valuemin": 0, "aria-valuemax": 360 }, this.#drawing);
    this.#drawing.append(this.#world, this.#window, this.#names, this.#compass);
    new ResizeObserver(() => this.#build()).observe(this.element);
    this.#listenForDrags(turn);
  }

  /** Turns the panorama until the view is in the middle. */
  show(view) {
    this.#view = view;
    this.element.setAttribute("aria-valuenow", view.heading_deg.toFixed(1));
    this.element.setAttribute("aria-valuetext", inWords(view));
    this.#turn();
  }

  #build() {
    const { clientWidth, clientHeight: height } = this.element;
    // It is on its way out.
    if (!clientWidth) return;
    const { wideDeg, highDeg } = fieldOfView(this.#view);
    const pxPerDeg = Math.min(PX_PER_DEG_MAX, (WINDOW_HIGH * (height - COMPASS_PX)) / highDeg, (WINDOW_WIDE * clientWidth) / wideDeg);
    const width = Math.min(clientWidth, WIDEST_DEG * pxPerDeg);
    this.#size = { width, height, pxPerDeg };
    for (const [name, value] of Object.entries({ width, height })) this.#drawing.setAttribute(name, String(value));
    this.#world.replaceChildren(...mountains(this.#peaks, pxPerDeg), draw("path", { class: "horizon", d: `M${-360 * pxPerDeg} 0H${720 * pxPerDeg}` }));
    this.#compass.replaceChildren(...compass(pxPerDeg));
    this.#window.replaceChildren(...framed((wideDeg * pxPerDeg) / 2, (highDeg * pxPerDeg) / 2, width + height));
    this.#turn();
  }

  #turn() {
    const { width, height, pxPerDeg } = this.#size;
    if (!width) return;
    const { heading_deg: heading, pitch_deg: pitch, roll_deg: roll } = this.#view;
    const [x, y] = [width / 2, (height - COMPASS_PX) / 2];
    const [left, level] = [x - heading * pxPerDeg, y + pitch * pxPerDeg];
    this.#world.setAttribute("transform", `translate(${left} ${level})`);
    this.#compass.setAttribute("transform", `translate(${left} ${height - COMPASS_PX})`);
    this.#window.setAttribute("transform", `translate(${x} ${y}) rotate(${roll})`);
    this.#names.replaceChildren(...this.#labels(level));
  }

  #labels(level) {
    const { width, height, pxPerDeg } = this.#size;
    const lettersPx = LETTERS_REM * remPx();
    const most = Math.min(NAMES_MAX, Math.ceil(width / NAME_EVERY_PX));
    const frame = { left: 0, top: 0, right: width, bottom: height - COMPASS_PX };
    const labels = this.#peaks.filter((peak) => !peak.hidden)
      .map((peak) => ({ ...peak, x: width / 2 + signed(peak.bearing_deg - this.#view.heading_deg) * pxPerDeg, y: level - peak.elevation_deg * pxPerDeg }))
      .filter(({ x, y }) => x > 0 && x < width && y > 0 && y < frame.bottom)
      .slice(0, 2 * most)
      .map((peak) => ({ ...peak, ...lettered(peak.name, "", lettersPx, width) }));
    return placeLabels(labels, frame, { lettersPx, most }).flatMap(({ label, box, leader, align }) => [
      draw("path", { d: `M${leader.left} ${leader.top}L${leader.right} ${leader.bottom}` }),
      ...label.lines.map((one) => draw("text", { x: { start: box.left, middle: (box.left + box.right) / 2, end: box.right }[align], y: box.top + one.baseline, "font-size": one.px, "text-anchor": align, text: one.text })),
    ]);
  }

  #listenForDrags(turn) {
    let last = null;
    const strip = this.element;
    strip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || last) return;
      last = event;
      strip.setPointerCapture(event.pointerId);
    });
    strip.addEventListener("pointermove", (event) => {
      if (event.pointerId !== last?.pointerId) return;
      const { pxPerDeg } = this.#size;
      turn({ right: (last.clientX - event.clientX) / pxPerDeg, up: (event.clientY - last.clientY) / pxPerDeg });
      last = event;
    });
    for (const name of ["pointerup", "pointercancel"]) strip.addEventListener(name, (event) => { if (event.pointerId === last?.pointerId) last = null; });
  }
}

/** The frame of the view around its middle, and what lies outside of it, as far as beyond. */
function framed(x, y, beyond) {
  const inner = `M${-x} ${-y}H${x}V${y}H${-x}Z`;
  return [
    draw("path", { class: "outside", d: `M${-beyond} ${-beyond}H${beyond}V${beyond}H${-beyond}Z${inner}` }),
    draw("path", { class: "window", d: inner }),
  ];
}

function compass(pxPerDeg) {
  const points = t("compass").split(",");
  const marks = [];
  for (let deg = -360; deg <= 720; deg += TICK_DEG) marks.push(draw("path", { d: `M${deg * pxPerDeg} 0v4` }));
  for (let deg = -360; deg <= 720; deg += POINT_DEG) {
    marks.push(draw("path", { d: `M${deg * pxPerDeg} 0v6` }), draw("text", { x: deg * pxPerDeg, y: 19, text: points[around(deg) / POINT_DEG] }));
  }
  return marks;
}
