// Browser storage: preferences persist (localStorage), the state of a tab ends with it (sessionStorage).

/**
 * Wrap a Storage. getStore() returns it, because even accessing it may throw.
 * @param {() => Storage} getStore
 */
function wrapStorage(getStore) {
  return {
    /**
     * Return the stored value of a key; the fallback if there is none or the browser stores nothing.
     * @param {string} key
     * @param {unknown} [fallback]
     * @returns {any}
     */
    read(key, fallback = null) {
      try {
        return JSON.parse(getStore().getItem(key) ?? "null") ?? fallback;
      } catch {
        return fallback;
      }
    },
    /**
     * Store a value as JSON. Errors (no space, not allowed) are ignored: the page works without storage.
     * @param {string} key
     * @param {unknown} value
     */
    save(key, value) {
      try {
        getStore().setItem(key, JSON.stringify(value));
      } catch {
        // See above.
      }
    },
  };
}

export const { read: readPreference, save: savePreference } = wrapStorage(() => localStorage);
export const { read: readTabState, save: saveTabState } = wrapStorage(() => sessionStorage);
