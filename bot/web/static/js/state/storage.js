// Browser storage: preferences persist (localStorage), the state of a tab ends with it (sessionStorage).

/** Wrap a Storage. getStore() returns it, because even accessing it may throw. */
function wrapStorage(getStore) {
  return {
    /** Return the stored value of a key; the fallback if there is none or the browser stores nothing. */
    read(key, fallback = null) {
      try {
        return JSON.parse(getStore().getItem(key)) ?? fallback;
      } catch {
        return fallback;
      }
    },
    /** Store a value as JSON. Errors (no space, not allowed) are ignored: the page works without storage. */
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
