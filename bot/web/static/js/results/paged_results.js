// Search results, loaded page by page.

import * as api from "../net/api.js";

const PAGE = 60;
// The server pages no deeper than this (cumbre/services/query_service.py).
const DEPTH_MAX = 9_999;

/** The results of the current search: `hits` loaded so far, and whether there are `more`. */
export class PagedResults {
  #abort = null;
  #query = null;
  #queryPhoto = null;
  #loading = null;
  hits = [];
  more = false;

  /**
   * Start a search and load its first page. Aborts the search before.
   * @param {object} query the state of the page (url_state.js)
   * @param {?File} queryPhoto
   * @returns {Promise<?object>} the response; null if another search was started meanwhile
   */
  async search(query, queryPhoto) {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.#loading = null;
    try {
      const response = await api.search({ ...query, k: PAGE, offset: 0 }, queryPhoto, abort.signal);
      if (this.#abort !== abort) return null;
      [this.#query, this.#queryPhoto, this.hits, this.more] = [query, queryPhoto, response.results, response.more];
      return response;
    } catch (error) {
      if (error.name === "AbortError") return null;
      if (this.#abort === abort) [this.hits, this.more] = [[], false];
      throw error;
    }
  }

  /** Remove all results and abort the search, for queries that can have no results. */
  clear() {
    this.#abort?.abort();
    [this.hits, this.more] = [[], false];
  }

  /**
   * Load the next page. Concurrent calls share one request.
   * @returns {Promise<object[]>} the new hits; empty on the last page or if another search was started
   */
  next() {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #load() {
    const abort = this.#abort;
    if (!this.more || abort.signal.aborted) return [];
    try {
      const page = await api.search(
        { ...this.#query, k: Math.min(PAGE, DEPTH_MAX - this.hits.length), offset: this.hits.length },
        this.#queryPhoto,
        abort.signal,
      );
      if (this.#abort !== abort) return [];
      // Photos that were added meanwhile shift the pages, so drop hits that are already here.
      const known = new Set(this.hits.map((hit) => hit.id));
      const fresh = page.results.filter((hit) => !known.has(hit.id));
      this.hits = [...this.hits, ...fresh];
      this.more = page.more && page.results.length > 0 && this.hits.length < DEPTH_MAX;
      return fresh;
    } catch (error) {
      if (error.name === "AbortError") return [];
      throw error;
    }
  }
}
