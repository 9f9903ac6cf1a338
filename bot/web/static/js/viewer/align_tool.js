// Laying the names on the summits: a person turns the view, on the picture or along the strip below it, until they fit.

import { aimOf, inFigures, viewOf } from "./camera_pose.js";
import { byId, el, icon } from "../ui/dom.js";
import { listenForGrabs } from "./drag_view.js";
import { project, turned } from "./pinhole.js";
import { isHidden } from "./synthetic_skyline.js";
import { Strip } from "./panorama_strip.js";
import { t } from "../ui/i18n.js";

// As many as fill a view, of a catalogue of a whole country.
const PEAKS_MAX = 400;
const STEP_DEG = 0.1;
const LARGE_STEP_DEG = 1;
const KEYS = {
  ArrowLeft: { right: -1 }, ArrowRight: { right: 1 }, ArrowUp: { up: 1 }, ArrowDown: { up: -1 },
  "[": { clockwise: -1 }, "{": { clockwise: -1 }, "]": { clockwise: 1 }, "}": { clockwise: 1 },
};

export class Alignment {
  #view;
  #peaks;
  #page;
  #strip;
  #figures;
  #drawing = 0;
  #listening = new AbortController();

  /**
   * peaks: the most striking first. page: stage and image; moved(summits) hears where the summits stand now, fits(aim) and
   * cancel() what a person decides.
   */
  constructor(photo, peaks, page) {
    [this.#view, this.#page] = [viewOf(photo), page];
    this.#peaks = peaks.slice(0, PEAKS_MAX).map((peak, _, most) => ({ ...peak, hidden: isHidden(peak, most) }));
    this.#strip = new Strip(this.#peaks, this.#view, (change) => this.#set(turned(this.#view, change)));
    this.#figures = el("p", { class: "align-aim", "aria-hidden": "true" });
    byId("align").classList.remove("turned");
    byId("align").replaceChildren(this.#strip.element, this.#figures, ...explained(), this.#tools());
    listenForGrabs(page.stage, page.image, { view: () => this.#view, turned: (view) => this.#set(view), signal: this.#listening.signal });
    this.#draw();
    this.#strip.element.focus({ preventScroll: true });
  }

  end() {
    cancelAnimationFrame(this.#drawing);
    this.#listening.abort();
    byId("align").replaceChildren();
  }

  /** Says whether the key was one of ours. */
  onKey(event) {
    const isOnButton = event.target.closest("button");
    if (KEYS[event.key]) this.#step(KEYS[event.key], event.shiftKey ? LARGE_STEP_DEG : STEP_DEG);
    else if (event.key === "Escape") this.#page.cancel();
    else if (event.key === "Enter" && !isOnButton) this.#page.fits(aimOf(this.#view));
    else return false;
    event.preventDefault();
    return true;
  }

  #step(change, deg) {
    this.#set(turned(this.#view, Object.fromEntries(Object.entries(change).map(([name, sign]) => [name, sign * deg]))));
  }

  #set(view) {
    this.#view = view;
    byId("align").classList.add("turned");
    // Pointers move more often than the screen is drawn.
    this.#drawing ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#drawing = 0;
    this.#strip.show(this.#view);
    this.#figures.replaceChildren(...inFigures(this.#view).map((text) => el("span", { text })));
    this.#page.moved(this.#peaks.map((peak) => ({ ...peak, ...project(this.#view, peak) })).filter((peak) => peak.x !== undefined));
  }

  #tools() {
    const tilt = (label, change, sign) => el("button", { type: "button", class: "quiet", "aria-label": t(label), title: t(label), on: { click: () => this.#step(change, STEP_DEG) } }, icon(sign));
    return el("div", { class: "align-tools" },
      tilt("align_tilt_left", { clockwise: -1 }, "anticlockwise"), tilt("align_tilt_right", { clockwise: 1 }, "clockwise"),
      el("button", { type: "button", text: t("cancel"), on: { click: () => this.#page.cancel() } }),
      el("button", { type: "button", class: "primary", text: t("align_fits"), on: { click: () => this.#page.fits(aimOf(this.#view)) } }));
  }
}

const explained = () => [
  el("p", { id: "align-hint", class: "align-hint", text: t("align_hint") }),
  el("p", { id: "align-keys", class: "unseen", text: t("align_keys") }),
];
