// What a browser keeps for the page: one pair of functions for each of its stores.

/** area() is the store; touching it may fail by itself. */
export function storeIn(area) {
  return {
    /** What was put under the key; otherwise where nothing was, or nothing can be kept. */
    recall(key, otherwise = null) {
      try {
        return JSON.parse(area().getItem(key)) ?? otherwise;
      } catch {
        return otherwise;
      }
    },
    /** A browser that keeps nothing (no room, not allowed) is no fault: the page goes on without. */
    keep(key, value) {
      try {
        area().setItem(key, JSON.stringify(value));
      } catch {
        // Said above.
      }
    },
  };
}
