// Browser history entries. Besides its URL, an entry knows its query photo and the scroll position in its results.

import { saveTabState, readTabState } from "./storage.js";

const POSITIONS_KEY = "places in the history";
const POSITIONS_MAX = 100;
let lastId = 0;

/**
 * The page's history. A scroll position is what getPosition() returns: JSON, or null for the top of the page.
 * @template Position
 */
export class PageHistory {
  #getPosition;
  #step = 0;
  /** @type {?number} */
  #question = null;
  /**
   * Files don't survive a reload: the page then shows the results of the URL alone.
   * @type {Map<number, File>}
   */
  #photos = new Map();

  /** @param {() => ?Position} getPosition */
  constructor(getPosition) {
    this.#getPosition = getPosition;
    // The browser would restore the scroll position before the results are loaded again.
    history.scrollRestoration = "manual";
    this.arrive();
    addEventListener("pagehide", () => this.#savePosition());
  }

  /**
   * The id of the current entry's query photo, or null.
   * @returns {?number}
   */
  get question() {
    return this.photo(history.state?.question) && history.state.question;
  }

  /**
   * Return the query photo with this id; null if unknown.
   * @param {?number} id
   */
  photo(id) {
    return (id !== null && this.#photos.get(id)) || null;
  }

  /**
   * Register a query photo and return its id.
   * @param {File} file
   */
  register(file) {
    const id = nextId();
    this.#photos.set(id, file);
    return id;
  }

  /**
   * Change the URL.
   * @param {string} url
   * @param {?number} question id of the query photo
   * @param {"push" | "replace"} how push adds an entry that Back undoes
   */
  go(url, question, how) {
    if (how === "push") {
      this.#savePosition();
      this.#step = nextId();
    }
    this.#question = question;
    // Whether Back leads to another state of this page.
    const within = how === "push" || Boolean(history.state?.within);
    history[how === "push" ? "pushState" : "replaceState"]({ within, step: this.#step, question }, "", url);
  }

  /**
   * The scroll position that the current entry was left at; null for the top.
   * @returns {?Position}
   */
  get position() {
    return this.#positions.find(([step]) => step === this.#step)?.[1] || null;
  }

  /** Update to the browser's current entry. Call it after popstate. */
  arrive() {
    if (this.#step) this.#savePosition();
    // A first visit, or a link to a fragment of the page: it keeps the query photo of the entry before.
    if (!history.state?.step) history.replaceState({ question: this.#question, step: nextId() }, "");
    this.#step = history.state.step;
    this.#question = this.question;
  }

  /**
   * The saved positions: each is the step of its entry and the position itself.
   * @returns {[number, ?Position][]}
   */
  get #positions() {
    return readTabState(POSITIONS_KEY, []);
  }

  #savePosition() {
    const others = this.#positions.filter(([step]) => step !== this.#step);
    saveTabState(POSITIONS_KEY, [...others, [this.#step, this.#getPosition()]].slice(-POSITIONS_MAX));
  }
}

/** Return a unique id. It is based on the clock, so that ids from before a reload don't come again. */
function nextId() {
  lastId = Math.max(Date.now(), lastId + 1);
  return lastId;
}
