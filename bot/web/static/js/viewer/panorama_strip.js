// The panorama strip of the align tool: all summits around the place, with the photo's view as a fixed window in the
// middle. Dragging turns the panorama below the window.

import { poseInWords } from "./camera_pose.js";
import { el } from "../ui/dom.js";
import { measureLabel, remPx } from "./label_metrics.js";
import { wrap360, fieldOfView, wrap180 } from "../geo/pinhole.js";
import { mountains } from "./synthetic_skyline.js";
import { placeLabels } from "./label_layout.js";
import { fitted, svgEl } from "../ui/svg.js";
import { t } from "../ui/i18n.js";

/** @import { PeaksAround } from "openapi" */
/** @import { CameraPose, View } from "../geo/pinhole.js" */
/** @typedef {PeaksAround["peaks"][number] & { hidden: boolean }} StripPeak */

const COMPASS_PX = 24;
const TICK_DEG = 10;
const POINT_DEG = 45;
// The window's largest share of the strip, and the largest scale, which limits narrow views.
const WINDOW_HEIGHT_SHARE = 0.86;
const WINDOW_WIDTH_SHARE = 0.8;
const PX_PER_DEG_MAX = 7;
// A little more than the full circle, because the strip fades out at its ends.
const WIDTH_MAX_DEG = 400;
const FONT_REM = 0.72;
const NAME_EVERY_PX = 90;
const NAMES_MAX = 14;

/** The strip; `element` is its container, a slider for screen readers. */
export class PanoramaStrip {
  element;
  #drawing = svgEl("svg", { "aria-hidden": "true" });
  #world = svgEl("g");
  #compass = svgEl("g", { class: "compass" });
  #names = svgEl("g", { class: "strip-names" });
  #window = svgEl("g");
  /** @type {StripPeak[]} */
  #peaks;
  /** @type {View} */
  #view;
  #size = { width: 0, height: 0, pxPerDeg: 1 };

  /**
   * @param {StripPeak[]} peaks summits, the most striking first
   * @param {View} view
   * @param {(change: { right: number, up: number }) => void} onTurn called when a drag turns the camera, with degrees
   */
  constructor(peaks, view, onTurn) {
    [this.#peaks, this.#view] = [peaks, view];
    this.element = el(
      "div",
      {
        id: "strip",
        class: "strip",
        role: "slider",
        tabindex: 0,
        "aria-label": t("align_view"),
        "aria-describedby": "align-hint align-keys",
        "aria-valuemin": 0,
        "aria-valuemax": 360,
      },
      this.#drawing,
    );
    this.#drawing.append(this.#world, this.#window, this.#names, this.#compass);
    new ResizeObserver(() => this.#build()).observe(this.element);
    this.#listenForDrags(onTurn);
  }

  /**
   * Turn the panorama until the view is in the middle.
   * @param {View} view
   */
  show(view) {
    this.#view = view;
    this.element.setAttribute("aria-valuenow", view.heading_deg.toFixed(1));
    this.element.setAttribute("aria-valuetext", poseInWords(view));
    this.#update();
  }

  /** Draw everything that depends only on the size of the strip. */
  #build() {
    const { clientWidth, clientHeight: height } = this.element;
    // The strip has just been removed.
    if (!clientWidth) return;
    const { widthDeg, heightDeg } = fieldOfView(this.#view);
    const pxPerDeg = Math.min(
      PX_PER_DEG_MAX,
      (WINDOW_HEIGHT_SHARE * (height - COMPASS_PX)) / heightDeg,
      (WINDOW_WIDTH_SHARE * clientWidth) / widthDeg,
    );
    const width = Math.min(clientWidth, WIDTH_MAX_DEG * pxPerDeg);
    this.#size = { width, height, pxPerDeg };
    for (const [name, value] of Object.entries({ width, height })) this.#drawing.setAttribute(name, String(value));
    this.#world.replaceChildren(
      ...mountains(this.#peaks, pxPerDeg),
      svgEl("path", { class: "horizon", d: `M${-360 * pxPerDeg} 0H${720 * pxPerDeg}` }),
    );
    this.#compass.replaceChildren(...compass(pxPerDeg));
    this.#window.replaceChildren(...viewWindow((widthDeg * pxPerDeg) / 2, (heightDeg * pxPerDeg) / 2, width + height));
    this.#update();
  }

  /** Move everything to the current view. */
  #update() {
    const { width, height, pxPerDeg } = this.#size;
    if (!width) return;
    const { heading_deg: heading, pitch_deg: pitch, roll_deg: roll } = this.#view;
    const [x, y] = [width / 2, (height - COMPASS_PX) / 2];
    const [left, horizonY] = [x - heading * pxPerDeg, y + pitch * pxPerDeg];
    this.#world.setAttribute("transform", `translate(${left} ${horizonY})`);
    this.#compass.setAttribute("transform", `translate(${left} ${height - COMPASS_PX})`);
    this.#window.setAttribute("transform", `translate(${x} ${y}) rotate(${roll})`);
    this.#names.replaceChildren(...this.#labels(horizonY));
  }

  /** @param {number} horizonY */
  #labels(horizonY) {
    const { width, height, pxPerDeg } = this.#size;
    const fontPx = FONT_REM * remPx();
    const most = Math.min(NAMES_MAX, Math.ceil(width / NAME_EVERY_PX));
    const frame = { left: 0, top: 0, right: width, bottom: height - COMPASS_PX };
    const labels = this.#peaks
      .filter((peak) => !peak.hidden)
      .map((peak) => ({
        ...peak,
        x: width / 2 + wrap180(peak.bearing_deg - this.#view.heading_deg) * pxPerDeg,
        y: horizonY - peak.elevation_deg * pxPerDeg,
      }))
      .filter(({ x, y }) => x > 0 && x < width && y > 0 && y < frame.bottom)
      .slice(0, 2 * most)
      .map((peak) => ({ ...peak, ...measureLabel(peak.name, "", fontPx, width) }));
    return placeLabels(labels, frame, { fontPx, most }).flatMap(({ label, box, leader, align }) => [
      svgEl("path", { d: `M${leader.left} ${leader.top}L${leader.right} ${leader.bottom}` }),
      ...label.lines.map((one) =>
        svgEl("text", {
          x: { start: box.left, middle: (box.left + box.right) / 2, end: box.right }[align],
          y: box.top + one.baseline,
          "font-size": one.px,
          "text-anchor": align,
          ...fitted(one.width),
          text: one.text,
        }),
      ),
    ]);
  }

  /** @param {(change: { right: number, up: number }) => void} onTurn */
  #listenForDrags(onTurn) {
    /** @type {?PointerEvent} */
    let last = null;
    const strip = this.element;
    strip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || last) return;
      last = event;
      strip.setPointerCapture(event.pointerId);
    });
    strip.addEventListener("pointermove", (event) => {
      if (!last || event.pointerId !== last.pointerId) return;
      const { pxPerDeg } = this.#size;
      onTurn({ right: (last.clientX - event.clientX) / pxPerDeg, up: (event.clientY - last.clientY) / pxPerDeg });
      last = event;
    });
    const end = (/** @type {PointerEvent} */ event) => {
      if (event.pointerId === last?.pointerId) last = null;
    };
    strip.addEventListener("pointerup", end);
    strip.addEventListener("pointercancel", end);
  }
}

/**
 * The frame of the view, x and y from its centre, and a shade over what is outside of it, as far as `beyond`.
 * @param {number} x
 * @param {number} y
 * @param {number} beyond
 */
function viewWindow(x, y, beyond) {
  const inner = `M${-x} ${-y}H${x}V${y}H${-x}Z`;
  return [
    svgEl("path", { class: "outside", d: `M${-beyond} ${-beyond}H${beyond}V${beyond}H${-beyond}Z${inner}` }),
    svgEl("path", { class: "window", d: inner }),
  ];
}

/** @param {number} pxPerDeg */
function compass(pxPerDeg) {
  const points = t("compass").split(",");
  const marks = [];
  for (let deg = -360; deg <= 720; deg += TICK_DEG) marks.push(svgEl("path", { d: `M${deg * pxPerDeg} 0v4` }));
  for (let deg = -360; deg <= 720; deg += POINT_DEG) {
    marks.push(
      svgEl("path", { d: `M${deg * pxPerDeg} 0v6` }),
      svgEl("text", { x: deg * pxPerDeg, y: 19, text: points[wrap360(deg) / POINT_DEG] }),
    );
  }
  return marks;
}
