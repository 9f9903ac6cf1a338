// What a person prefers in this browser, until they choose otherwise.

/** What was chosen last; otherwise where nothing was, or nothing can be kept. */
export function preferred(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** A browser that keeps nothing (no room, not allowed) is no fault: the choice holds until the page is left. */
export function prefer(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Said above.
  }
}
