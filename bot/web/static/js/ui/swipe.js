// Swipe gestures: a horizontal swipe moves to the next or previous photo.

const SWIPE_PX = 50;

/**
 * Listen for horizontal swipes with one finger.
 * @param {HTMLElement} stage
 * @param {{ isFree: () => boolean, step: (by: 1 | -1) => void }} handlers isFree is asked at the start of a swipe and
 *   returns false to ignore it; step is called with 1 for next, -1 for previous
 */
export function listenForSwipes(stage, { isFree, step }) {
  /** @type {?{ x: number, y: number }} */
  let start = null;
  let fingers = 0;
  stage.addEventListener("pointerdown", (event) => {
    fingers += 1;
    const isSwipe = event.pointerType !== "mouse" && fingers === 1 && isFree();
    start = isSwipe ? { x: event.clientX, y: event.clientY } : null;
  });
  stage.addEventListener("pointerup", (event) => {
    fingers = Math.max(0, fingers - 1);
    if (!start) return;
    const dx = event.clientX - start.x;
    const dy = event.clientY - start.y;
    start = null;
    if (Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(dy)) step(dx < 0 ? 1 : -1);
  });
  stage.addEventListener("pointercancel", () => {
    start = null;
    fingers = 0;
  });
}
