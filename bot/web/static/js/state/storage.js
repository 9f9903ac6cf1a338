// What the browser keeps for the page: preferences until they are changed, the state of a tab until it is closed.

/** store() returns the browser's store; even touching it may throw. */
function storeIn(store) {
  return {
    /** The value of the key; the fallback if there is none, or if the browser keeps nothing. */
    read(key, fallback = null) {
      try {
        return JSON.parse(store().getItem(key)) ?? fallback;
      } catch {
        return fallback;
      }
    },
    /** A browser that keeps nothing (no room, not allowed) is no error: the page works without. */
    save(key, value) {
      try {
        store().setItem(key, JSON.stringify(value));
      } catch {
        // See above.
      }
    },
  };
}

export const { read: readPreference, save: savePreference } = storeIn(() => localStorage);
export const { read: readTabState, save: saveTabState } = storeIn(() => sessionStorage);
