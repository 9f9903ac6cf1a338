// What this tab keeps through a reload, and forgets when it is closed.

/** What was put under the key; null where nothing was, or nothing can be kept. */
export function recall(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

/** A browser that keeps nothing (no room, not allowed) is no fault: the tab goes on without. */
export function keep(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Said above.
  }
}
