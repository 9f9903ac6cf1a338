// The overlay with the names of summits on the large picture: where the pose is sure, or live in align mode.

import { drawnImageBox } from "./object_fit_box.js";
import { byId } from "../ui/dom.js";
import { measureLabel, fontPxFor } from "./label_metrics.js";
import { savePreference, readPreference } from "../state/storage.js";
import { placeLabels } from "./label_layout.js";
import { fitted, svgEl } from "../ui/svg.js";
import { allOf, metres, t } from "../ui/i18n.js";

/** @import { Orientation } from "openapi" */
/** @import { Box, PlacedLabel } from "./label_layout.js" */
/** @import { Label } from "./label_metrics.js" */
/**
 * A summit at a place in the picture, x and y in fractions of its size.
 * @typedef {{ id: string, name: string, elev_m: number, x: number, y: number, hidden: boolean }} LiveSummit
 */
/** @typedef {LiveSummit & Label} SummitLabel */

const PREFERENCE = "names on pictures";
// The number of names grows with the width of the picture.
const NAMES_MIN = 4;
const NAMES_MAX = 16;
const WIDTH_PX_PER_NAME = 300;
const DOT_PX = 2;
// The font size follows the width of the stage, but not beyond this ratio to its height.
const RATIO_MAX = 1.5;
// Browsers round sizes.
const TOLERANCE_PX = 1;

/** The overlay and its button. */
export class SummitOverlay {
  /** @type {HTMLElement} */
  #stage;
  /** @type {HTMLImageElement} */
  #image;
  /** @type {boolean} */
  #isOn = readPreference(PREFERENCE, true);
  /** @type {LiveSummit[]} */
  #summits = [];
  /** @type {?LiveSummit[]} */
  #liveSummits = null;

  /**
   * @param {HTMLElement} stage
   * @param {HTMLImageElement} image
   */
  constructor(stage, image) {
    [this.#stage, this.#image] = [stage, image];
    byId("toggle-names").addEventListener("click", () => this.toggle());
    new ResizeObserver(() => this.redraw()).observe(stage);
    this.#drawButton();
  }

  /**
   * Show the summits of an orientation of the API, if it is sure; null removes them.
   * @param {Orientation | null} orientation
   */
  show(orientation) {
    this.#summits = orientation?.sure ? orientation.summits.filter((summit) => !summit.hidden) : [];
    this.#drawButton();
    this.redraw();
  }

  /**
   * Align mode: show these summits at their current places, hidden ones as dots. null ends it.
   * @param {?LiveSummit[]} summits
   */
  showLive(summits) {
    this.#liveSummits = summits;
    this.#drawButton();
    this.redraw();
  }

  /** Switch the names on or off, if the picture has any. */
  toggle() {
    if (byId("toggle-names").hidden) return;
    this.setVisible(!this.#isOn);
  }

  /**
   * Switch the names on or off and remember it.
   * @param {boolean} isOn
   */
  setVisible(isOn) {
    this.#isOn = isOn;
    savePreference(PREFERENCE, isOn);
    this.#drawButton();
    this.redraw();
  }

  /** Redraw. Call it when the picture has loaded, moved or changed its size. */
  redraw() {
    const drawing = byId("names");
    const shown = this.#liveSummits ?? (this.#isOn ? this.#summits : []);
    const isLoaded = this.#image.classList.contains("loaded");
    const picture = shown.length && isLoaded ? drawnImageBox(this.#image) : null;
    const parts = picture ? this.#parts(shown, picture) : [];
    drawing.replaceChildren(...parts);
    drawing.toggleAttribute("hidden", !parts.length);
  }

  /**
   * @param {LiveSummit[]} shown
   * @param {DOMRect} picture
   */
  #parts(shown, picture) {
    const stage = this.#stage.getBoundingClientRect();
    const frame = boxIn(stage, picture);
    const visible = {
      left: Math.max(0, frame.left),
      top: Math.max(0, frame.top),
      right: Math.min(stage.width, frame.right),
      bottom: Math.min(stage.height, frame.bottom),
    };
    this.#setViewBox(stage, frame);
    const fontPx = fontPxFor(Math.min(stage.width, RATIO_MAX * stage.height));
    const summits = shown
      .map((summit) => ({
        ...summit,
        x: frame.left + summit.x * picture.width,
        y: frame.top + summit.y * picture.height,
      }))
      .filter(({ x, y }) => x >= visible.left && x <= visible.right && y >= visible.top && y <= visible.bottom);
    const labels = summits
      .filter((summit) => !summit.hidden)
      .map((summit) => ({
        ...summit,
        ...measureLabel(summit.name, metres(summit.elev_m), fontPx, visible.right - visible.left),
      }));
    const most = Math.min(NAMES_MAX, NAMES_MIN + Math.floor((visible.right - visible.left) / WIDTH_PX_PER_NAME));
    const rowsFrom = this.#liveSummits ? null : frame.top + shown[0].y * picture.height;
    const placed = placeLabels(labels, visible, { fontPx, most, blocked: this.#buttons(stage), rowsFrom });
    byId("names").setAttribute(
      "aria-label",
      t("names_on_picture", { names: allOf(placed.map(({ label }) => label.name)) }),
    );
    const named = new Set(placed.map(({ label }) => label.id));
    const dots = this.#liveSummits ? summits.filter(({ id }) => !named.has(id)).map(drawDot) : [];
    return [...dots, ...placed.map(drawName)];
  }

  /**
   * Set the viewBox, so that the drawing scales with the picture until the next redraw (in print, on resize).
   * @param {DOMRect} stage
   * @param {Box} frame
   */
  #setViewBox(stage, frame) {
    const isLarger =
      frame.right - frame.left > stage.width + TOLERANCE_PX || frame.bottom - frame.top > stage.height + TOLERANCE_PX;
    const { left, top, right, bottom } = isLarger
      ? { left: 0, top: 0, right: stage.width, bottom: stage.height }
      : frame;
    byId("names").setAttribute("viewBox", `${left} ${top} ${right - left} ${bottom - top}`);
  }

  /** @param {DOMRect} stage */
  #buttons(stage) {
    const buttons = [...this.#stage.querySelectorAll("button, .count")].map((one) => one.getBoundingClientRect());
    return buttons.filter(({ width }) => width).map((one) => boxIn(stage, one));
  }

  #drawButton() {
    const button = byId("toggle-names");
    button.hidden = Boolean(this.#liveSummits) || !this.#summits.length;
    button.setAttribute("aria-pressed", String(this.#isOn));
  }
}

/**
 * Return a box relative to the top left corner of another.
 * @type {(outer: DOMRect, box: DOMRect) => Box}
 */
const boxIn = (outer, { left, top, right, bottom }) => ({
  left: left - outer.left,
  top: top - outer.top,
  right: right - outer.left,
  bottom: bottom - outer.top,
});

/** @param {PlacedLabel<SummitLabel>} placed */
function drawName({ label, box, leader, mark, align }) {
  const x = { start: box.left, middle: (box.left + box.right) / 2, end: box.right }[align];
  const line = `M${leader.left.toFixed(1)} ${leader.top.toFixed(1)}L${leader.right.toFixed(1)} ${leader.bottom.toFixed(1)}`;
  const ring = { cx: mark.x, cy: mark.y, r: mark.radius };
  return svgEl(
    "g",
    { class: "name", "data-peak": label.id },
    ["edge", "line"].map((name) => svgEl("g", { class: name }, svgEl("path", { d: line }), svgEl("circle", ring))),
    label.lines.map((one) =>
      svgEl("text", {
        x,
        y: box.top + one.baseline,
        "font-size": one.px,
        "font-weight": one.weight,
        "text-anchor": align,
        ...fitted(one.width),
        text: one.text,
      }),
    ),
  );
}

/** @param {LiveSummit} summit */
const drawDot = ({ x, y }) => svgEl("circle", { class: "dot", cx: x, cy: y, r: DOT_PX });
