// The align tool: a person turns the camera's view, on the picture or on the panorama strip, until the names fit.

import { roundedPose, poseInFigures, viewOfPhoto } from "./camera_pose.js";
import { byId, el, icon, targetOf } from "../ui/dom.js";
import { listenForDrags } from "./drag_view.js";
import { project, turnedBy } from "../geo/pinhole.js";
import { isHidden } from "./synthetic_skyline.js";
import { PanoramaStrip } from "./panorama_strip.js";
import { t } from "../ui/i18n.js";

/** @import { PeaksAround, Photo } from "openapi" */
/** @import { CameraPose, View } from "../geo/pinhole.js" */
/** @import { LiveSummit } from "./summit_overlay.js" */
/** @typedef {{ right?: number, up?: number, clockwise?: number }} Change */

// Enough to fill a view, even from the catalogue of a whole country.
const PEAKS_MAX = 400;
const STEP_DEG = 0.1;
const LARGE_STEP_DEG = 1;
/** @type {Record<string, Change>} */
const KEYS = {
  ArrowLeft: { right: -1 },
  ArrowRight: { right: 1 },
  ArrowUp: { up: 1 },
  ArrowDown: { up: -1 },
  "[": { clockwise: -1 },
  "{": { clockwise: -1 },
  "]": { clockwise: 1 },
  "}": { clockwise: 1 },
};

/** The tool for one photo; it starts at once. */
export class AlignTool {
  /** @type {View} */
  #view;
  #peaks;
  /** @type {{ onMove: (summits: LiveSummit[]) => void, save: (pose: CameraPose) => void, cancel: () => void }} */
  #viewer;
  #strip;
  #figures;
  #frame = 0;
  #listeners = new AbortController();

  /**
   * @param {Photo} photo
   * @param {PeaksAround["peaks"]} peaks summits around the photo, the most striking first
   * @param {{ stage: HTMLElement, image: HTMLImageElement, onMove: (summits: LiveSummit[]) => void,
   *   save: (pose: CameraPose) => void, cancel: () => void }} viewer onMove gets the summits with their current places
   *   in the picture
   */
  constructor(photo, peaks, viewer) {
    [this.#view, this.#viewer] = [viewOfPhoto(photo), viewer];
    this.#peaks = peaks.slice(0, PEAKS_MAX).map((peak, _, most) => ({ ...peak, hidden: isHidden(peak, most) }));
    this.#strip = new PanoramaStrip(this.#peaks, this.#view, (change) => this.#set(turnedBy(this.#view, change)));
    this.#figures = el("p", { class: "align-pose", "aria-hidden": "true" });
    byId("align").classList.remove("turned");
    byId("align").replaceChildren(this.#strip.element, this.#figures, ...help(), this.#tools());
    listenForDrags(viewer.stage, viewer.image, {
      view: () => this.#view,
      onTurn: (view) => this.#set(view),
      signal: this.#listeners.signal,
    });
    this.#draw();
    this.#strip.element.focus({ preventScroll: true });
  }

  /** Remove the tool from the page. */
  end() {
    cancelAnimationFrame(this.#frame);
    this.#listeners.abort();
    byId("align").replaceChildren();
  }

  /**
   * Handle a key; returns whether it was handled.
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    const isOnButton = targetOf(event).closest("button");
    if (KEYS[event.key]) this.#step(KEYS[event.key], event.shiftKey ? LARGE_STEP_DEG : STEP_DEG);
    else if (event.key === "Escape") this.#viewer.cancel();
    else if (event.key === "Enter" && !isOnButton) this.#viewer.save(roundedPose(this.#view));
    else return false;
    event.preventDefault();
    return true;
  }

  /**
   * @param {Change} change
   * @param {number} deg
   */
  #step(change, deg) {
    this.#set(
      turnedBy(this.#view, Object.fromEntries(Object.entries(change).map(([name, sign]) => [name, sign * deg]))),
    );
  }

  /** @param {View} view */
  #set(view) {
    this.#view = view;
    byId("align").classList.add("turned");
    // Draw once per frame: pointer events are more frequent.
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    this.#strip.show(this.#view);
    this.#figures.replaceChildren(...poseInFigures(this.#view).map((text) => el("span", { text })));
    this.#viewer.onMove(
      this.#peaks.flatMap((peak) => {
        const at = project(this.#view, peak);
        return at ? [{ ...peak, ...at }] : [];
      }),
    );
  }

  #tools() {
    /** @type {(label: string, change: Change, iconName: string) => HTMLElement} */
    const tilt = (label, change, iconName) =>
      el(
        "button",
        {
          type: "button",
          class: "quiet",
          "aria-label": t(label),
          title: t(label),
          on: { click: () => this.#step(change, STEP_DEG) },
        },
        icon(iconName),
      );
    return el(
      "div",
      { class: "align-tools" },
      tilt("align_tilt_left", { clockwise: -1 }, "anticlockwise"),
      tilt("align_tilt_right", { clockwise: 1 }, "clockwise"),
      el("button", { type: "button", text: t("cancel"), on: { click: () => this.#viewer.cancel() } }),
      el("button", {
        type: "button",
        class: "primary",
        text: t("align_fits"),
        on: { click: () => this.#viewer.save(roundedPose(this.#view)) },
      }),
    );
  }
}

const help = () => [
  el("p", { id: "align-hint", class: "align-hint", text: t("align_hint") }),
  el("p", { id: "align-keys", class: "visually-hidden", text: t("align_keys") }),
];
