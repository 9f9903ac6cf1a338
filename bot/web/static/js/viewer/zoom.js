// Zoom of the large picture: by wheel, pinch, double click, double tap, and the keys + - 0. A zoomed picture can be
// dragged.

import { isOnPicture } from "./object_fit_box.js";
import { targetOf } from "../ui/dom.js";

const SCALE_MAX = 8;
const KEY_FACTOR = 1.5;
const WHEEL_RATE = 0.002;
const DOUBLE_CLICK_FACTOR = 2.5;
const DOUBLE_TAP_MS = 350;
const DOUBLE_TAP_PX = 30;

/** Zooms an image within a stage. */
export class Zoom {
  /** Whether one pointer drags a zoomed picture; two pointers always do. */
  pans = true;
  /** @type {HTMLElement} */
  #stage;
  /** @type {HTMLImageElement} */
  #image;
  /** @type {(isZoomed: boolean) => void} */
  #onChange;
  #scale = 1;
  #x = 0;
  #y = 0;
  /**
   * The places of the pointers, by id.
   * @type {Map<number, [number, number]>}
   */
  #pointers = new Map();
  /** @type {?{ spread: number, x: number, y: number }} */
  #pinch = null;
  #isTouch = false;
  /** @type {?MouseEvent} */
  #lastTap = null;

  /**
   * @param {HTMLElement} stage
   * @param {HTMLImageElement} image
   * @param {(isZoomed: boolean) => void} onChange called after every change of scale or position
   */
  constructor(stage, image, onChange = () => {}) {
    [this.#stage, this.#image, this.#onChange] = [stage, image, onChange];
    stage.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    stage.addEventListener("dblclick", (event) => {
      if (!this.#isTouch) this.#onDouble(event);
    });
    stage.addEventListener("click", (event) => {
      if (this.#isTouch) this.#onTap(event);
    });
    stage.addEventListener("pointerdown", (event) => this.#onDown(event));
    stage.addEventListener("pointermove", (event) => this.#onMove(event));
    const onLeave = (/** @type {PointerEvent} */ event) => {
      this.#pointers.delete(event.pointerId);
      this.#pinch = null;
    };
    stage.addEventListener("pointerup", onLeave);
    stage.addEventListener("pointercancel", onLeave);
    stage.addEventListener("pointerleave", onLeave);
  }

  get isZoomed() {
    return this.#scale > 1.001;
  }

  /** Show the whole picture. */
  reset() {
    [this.#scale, this.#x, this.#y] = [1, 0, 0];
    this.#apply();
  }

  /**
   * Handle a key; returns whether it was handled.
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    const box = this.#stage.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    if (event.key === "+" || event.key === "=") this.#zoomBy(KEY_FACTOR, x, y);
    else if (event.key === "-") this.#zoomBy(1 / KEY_FACTOR, x, y);
    else if (event.key === "0") this.reset();
    else return false;
    event.preventDefault();
    return true;
  }

  /** @param {WheelEvent} event */
  #onWheel(event) {
    event.preventDefault();
    const px = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    this.#zoomBy(Math.exp(-px * WHEEL_RATE * (event.ctrlKey ? 4 : 1)), event.clientX, event.clientY);
  }

  /** @param {MouseEvent} event */
  #onDouble(event) {
    if (targetOf(event).closest("button")) return;
    if (this.isZoomed) this.reset();
    else if (isOnPicture(this.#image, event)) this.#zoomBy(DOUBLE_CLICK_FACTOR, event.clientX, event.clientY);
  }

  /**
   * Detect double taps, because not every mobile browser fires dblclick for them.
   * @param {MouseEvent} event
   */
  #onTap(event) {
    const before = this.#lastTap;
    const isSecond =
      before &&
      event.timeStamp - before.timeStamp < DOUBLE_TAP_MS &&
      Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < DOUBLE_TAP_PX;
    this.#lastTap = isSecond ? null : event;
    if (isSecond) this.#onDouble(event);
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    this.#isTouch = event.pointerType !== "mouse";
    if (targetOf(event).closest("button")) return;
    this.#pointers.set(event.pointerId, [event.clientX, event.clientY]);
    this.#pinch = null;
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    this.#pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.#pointers.size === 2) {
      const [[x1, y1], [x2, y2]] = this.#pointers.values();
      const pinch = { spread: Math.hypot(x2 - x1, y2 - y1), x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
      if (this.#pinch) {
        this.#move(pinch.x - this.#pinch.x, pinch.y - this.#pinch.y);
        this.#zoomBy(pinch.spread / this.#pinch.spread, pinch.x, pinch.y);
      }
      this.#pinch = pinch;
    } else if (this.isZoomed && this.pans) {
      this.#move(event.clientX - before[0], event.clientY - before[1]);
      this.#apply();
    }
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  #move(dx, dy) {
    this.#x += dx;
    this.#y += dy;
  }

  /**
   * Zoom by a factor; the point below (clientX, clientY) stays where it is.
   * @param {number} factor
   * @param {number} clientX
   * @param {number} clientY
   */
  #zoomBy(factor, clientX, clientY) {
    const scale = Math.min(SCALE_MAX, Math.max(1, this.#scale * factor));
    const box = this.#stage.getBoundingClientRect();
    const [x, y] = [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2];
    this.#x = x - ((x - this.#x) * scale) / this.#scale;
    this.#y = y - ((y - this.#y) * scale) / this.#scale;
    this.#scale = scale;
    this.#apply();
  }

  #apply() {
    const limit = {
      x: (this.#stage.clientWidth * (this.#scale - 1)) / 2,
      y: (this.#stage.clientHeight * (this.#scale - 1)) / 2,
    };
    this.#x = Math.min(limit.x, Math.max(-limit.x, this.#x));
    this.#y = Math.min(limit.y, Math.max(-limit.y, this.#y));
    this.#image.style.transform = this.isZoomed ? `translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})` : "";
    this.#stage.classList.toggle("zoomed", this.isZoomed);
    this.#onChange(this.isZoomed);
  }
}
