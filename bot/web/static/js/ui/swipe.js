// A finger drawn across the stage: to the next photo or the one before.

const SWIPE_PX = 50;

/** isFree() says whether a swipe counts as it begins; step(1 or -1) hears of it. */
export function listenForSwipes(stage, { isFree, step }) {
  let start = null;
  let fingers = 0;
  stage.addEventListener("pointerdown", (event) => {
    fingers += 1;
    const swipes = event.pointerType !== "mouse" && fingers === 1 && isFree();
    start = swipes ? { x: event.clientX, y: event.clientY } : null;
  });
  stage.addEventListener("pointerup", (event) => {
    fingers = Math.max(0, fingers - 1);
    if (!start) return;
    const dx = event.clientX - start.x;
    const dy = event.clientY - start.y;
    start = null;
    if (Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(dy)) step(dx < 0 ? 1 : -1);
  });
  stage.addEventListener("pointercancel", () => { start = null; fingers = 0; });
}
