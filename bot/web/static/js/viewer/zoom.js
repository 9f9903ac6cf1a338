// Looking closer at the large picture: wheel, two fingers, double click or tap, + and -; dragged when it is larger than
// its place.

import { isOnPicture } from "./object_fit_box.js";

const MOST = 8;
const STEP = 1.5;
const WHEEL = 0.002;
const DOUBLE = 2.5;
const DOUBLE_TAP_MS = 350;
const DOUBLE_TAP_PX = 30;

export class Zoom {
  /** Whether one finger, or the mouse, moves a closer picture; two always do. */
  pans = true;
  #stage;
  #image;
  #onChange;
  #scale = 1;
  #x = 0;
  #y = 0;
  #pointers = new Map();
  #pinch = null;
  #isTouch = false;
  #tapped = null;

  /** onChange(isZoomed) hears when the picture becomes larger than its place, and when it fits again. */
  constructor(stage, image, onChange = () => {}) {
    [this.#stage, this.#image, this.#onChange] = [stage, image, onChange];
    stage.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    stage.addEventListener("dblclick", (event) => { if (!this.#isTouch) this.#onDouble(event); });
    stage.addEventListener("click", (event) => { if (this.#isTouch) this.#onTap(event); });
    stage.addEventListener("pointerdown", (event) => this.#onDown(event));
    stage.addEventListener("pointermove", (event) => this.#onMove(event));
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) stage.addEventListener(name, (event) => { this.#pointers.delete(event.pointerId); this.#pinch = null; });
  }

  get isZoomed() {
    return this.#scale > 1.001;
  }

  reset() {
    [this.#scale, this.#x, this.#y] = [1, 0, 0];
    this.#apply();
  }

  /** Says whether the key was one of ours. */
  onKey(event) {
    const middle = this.#stage.getBoundingClientRect();
    const at = [middle.left + middle.width / 2, middle.top + middle.height / 2];
    if (event.key === "+" || event.key === "=") this.#by(STEP, ...at);
    else if (event.key === "-") this.#by(1 / STEP, ...at);
    else if (event.key === "0") this.reset();
    else return false;
    event.preventDefault();
    return true;
  }

  #onWheel(event) {
    event.preventDefault();
    const px = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    this.#by(Math.exp(-px * WHEEL * (event.ctrlKey ? 4 : 1)), event.clientX, event.clientY);
  }

  #onDouble(event) {
    if (event.target.closest("button")) return;
    if (this.isZoomed) this.reset();
    else if (isOnPicture(this.#image, event)) this.#by(DOUBLE, event.clientX, event.clientY);
  }

  /** Two taps at one place; not every phone's browser makes a dblclick of them. */
  #onTap(event) {
    const before = this.#tapped;
    const isSecond = before && event.timeStamp - before.timeStamp < DOUBLE_TAP_MS
      && Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < DOUBLE_TAP_PX;
    this.#tapped = isSecond ? null : event;
    if (isSecond) this.#onDouble(event);
  }

  #onDown(event) {
    this.#isTouch = event.pointerType !== "mouse";
    if (event.target.closest("button")) return;
    this.#pointers.set(event.pointerId, [event.clientX, event.clientY]);
    this.#pinch = null;
  }

  #onMove(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    this.#pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.#pointers.size === 2) {
      const [[x1, y1], [x2, y2]] = this.#pointers.values();
      const pinch = { spread: Math.hypot(x2 - x1, y2 - y1), x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
      if (this.#pinch) {
        this.#move(pinch.x - this.#pinch.x, pinch.y - this.#pinch.y);
        this.#by(pinch.spread / this.#pinch.spread, pinch.x, pinch.y);
      }
      this.#pinch = pinch;
    } else if (this.isZoomed && this.pans) {
      this.#move(event.clientX - before[0], event.clientY - before[1]);
      this.#apply();
    }
  }

  #move(dx, dy) {
    this.#x += dx;
    this.#y += dy;
  }

  /** The point under (clientX, clientY) stays where it is. */
  #by(factor, clientX, clientY) {
    const scale = Math.min(MOST, Math.max(1, this.#scale * factor));
    const box = this.#stage.getBoundingClientRect();
    const [x, y] = [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2];
    this.#x = x - ((x - this.#x) * scale) / this.#scale;
    this.#y = y - ((y - this.#y) * scale) / this.#scale;
    this.#scale = scale;
    this.#apply();
  }

  #apply() {
    const room = { x: (this.#stage.clientWidth * (this.#scale - 1)) / 2, y: (this.#stage.clientHeight * (this.#scale - 1)) / 2 };
    this.#x = Math.min(room.x, Math.max(-room.x, this.#x));
    this.#y = Math.min(room.y, Math.max(-room.y, this.#y));
    this.#image.style.transform = this.isZoomed ? `translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})` : "";
    this.#stage.classList.toggle("zoomed", this.isZoomed);
    this.#onChange(this.isZoomed);
  }
}
