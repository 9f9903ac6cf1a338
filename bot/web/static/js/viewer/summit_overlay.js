// The names of summits on the large picture: those of which it is sure where they stand, or all of them while a person lays
// them there.

import { drawnBox } from "./object_fit_box.js";
import { byId } from "../ui/dom.js";
import { lettered, lettersPxFor } from "./label_metrics.js";
import { savePreference, readPreference } from "../state/storage.js";
import { placeLabels } from "./label_layout.js";
import { draw } from "../ui/svg.js";
import { allOf, metres, t } from "../ui/i18n.js";

const PREFERENCE = "names on pictures";
const FEWEST = 4;
const MOST = 16;
const FURTHER_NAME_PX = 300;
const DOT_PX = 2;
// Letters grow with the stage, unless it is a wide and low one.
const WIDEST = 1.5;
// Browsers round sizes.
const TOLERANCE_PX = 1;

export class Names {
  #stage;
  #image;
  #isOn = readPreference(PREFERENCE, true);
  #known = [];
  #moving = null;

  constructor(stage, image) {
    [this.#stage, this.#image] = [stage, image];
    byId("toggle-names").addEventListener("click", () => this.toggle());
    new ResizeObserver(() => this.redraw()).observe(stage);
    this.#drawButton();
  }

  /** An orientation of the API, or null. */
  show(orientation) {
    this.#known = orientation?.sure ? orientation.summits.filter((summit) => !summit.hidden) : [];
    this.#drawButton();
    this.redraw();
  }

  /** While the view is aligned: where all summits stand now, as in an orientation, hidden ones as dots. null: it is over. */
  follow(summits) {
    this.#moving = summits;
    this.#drawButton();
    this.redraw();
  }

  toggle() {
    if (byId("toggle-names").hidden) return;
    this.turn(!this.#isOn);
  }

  turn(isOn) {
    this.#isOn = isOn;
    savePreference(PREFERENCE, isOn);
    this.#drawButton();
    this.redraw();
  }

  /** After the picture has come, moved, or changed its size. */
  redraw() {
    const drawing = byId("names");
    const shown = this.#moving ?? (this.#isOn ? this.#known : []);
    const isThere = this.#image.classList.contains("there");
    const picture = shown.length && isThere ? drawnBox(this.#image) : null;
    const parts = picture ? this.#parts(shown, picture) : [];
    drawing.replaceChildren(...parts);
    drawing.toggleAttribute("hidden", !parts.length);
  }

  #parts(shown, picture) {
    const stage = this.#stage.getBoundingClientRect();
    const frame = boxIn(stage, picture);
    const seen = { left: Math.max(0, frame.left), top: Math.max(0, frame.top), right: Math.min(stage.width, frame.right), bottom: Math.min(stage.height, frame.bottom) };
    this.#scale(stage, frame);
    const lettersPx = lettersPxFor(Math.min(stage.width, WIDEST * stage.height));
    const summits = shown
      .map((summit) => ({ ...summit, x: frame.left + summit.x * picture.width, y: frame.top + summit.y * picture.height }))
      .filter(({ x, y }) => x >= seen.left && x <= seen.right && y >= seen.top && y <= seen.bottom);
    const labels = summits.filter((summit) => !summit.hidden).map((summit) => ({ ...summit, ...lettered(summit.name, metres(summit.elev_m), lettersPx, seen.right - seen.left) }));
    const most = Math.min(MOST, FEWEST + Math.floor((seen.right - seen.left) / FURTHER_NAME_PX));
    const rowsFrom = this.#moving ? null : frame.top + shown[0].y * picture.height;
    const placed = placeLabels(labels, seen, { lettersPx, most, blocked: this.#buttons(stage), rowsFrom });
    byId("names").setAttribute("aria-label", t("names_on_picture", { names: allOf(placed.map(({ label }) => label.name)) }));
    const named = new Set(placed.map(({ label }) => label.id));
    const dots = this.#moving ? summits.filter(({ id }) => !named.has(id)).map(drawDot) : [];
    return [...dots, ...placed.map(drawName)];
  }

  /** The drawing lies as the picture does even before it is drawn anew: on paper, or while the window changes. */
  #scale(stage, frame) {
    const isLarger = frame.right - frame.left > stage.width + TOLERANCE_PX || frame.bottom - frame.top > stage.height + TOLERANCE_PX;
    const { left, top, right, bottom } = isLarger ? { left: 0, top: 0, right: stage.width, bottom: stage.height } : frame;
    byId("names").setAttribute("viewBox", `${left} ${top} ${right - left} ${bottom - top}`);
  }

  #buttons(stage) {
    const buttons = [...this.#stage.querySelectorAll("button, .count")].map((one) => one.getBoundingClientRect());
    return buttons.filter(({ width }) => width).map((one) => boxIn(stage, one));
  }

  #drawButton() {
    const button = byId("toggle-names");
    button.hidden = Boolean(this.#moving) || !this.#known.length;
    button.setAttribute("aria-pressed", String(this.#isOn));
  }
}

/** A box of the screen, as seen from another's corner. */
const boxIn = (outer, { left, top, right, bottom }) => ({ left: left - outer.left, top: top - outer.top, right: right - outer.left, bottom: bottom - outer.top });

function drawName({ label, box, leader, mark, align }) {
  const x = { start: box.left, middle: (box.left + box.right) / 2, end: box.right }[align];
  const line = `M${leader.left.toFixed(1)} ${leader.top.toFixed(1)}L${leader.right.toFixed(1)} ${leader.bottom.toFixed(1)}`;
  const ring = { cx: mark.x, cy: mark.y, r: mark.radius };
  return draw("g", { class: "name", "data-peak": label.id },
    ["edge", "line"].map((name) => draw("g", { class: name }, draw("path", { d: line }), draw("circle", ring))),
    label.lines.map((one) => draw("text", { x, y: box.top + one.baseline, "font-size": one.px, "font-weight": one.weight, "text-anchor": align, text: one.text })));
}

const drawDot = ({ x, y }) => draw("circle", { class: "dot", cx: x, cy: y, r: DOT_PX });
