// Search results, loaded page by page.

import * as api from "../net/api.js";

/** @import { SearchAnswer, SearchHit } from "openapi" */
/** @import { PagedQuery } from "../net/api.js" */
/** @typedef {Omit<PagedQuery, "k" | "offset">} SortedQuery */

const PAGE = 60;
// The server pages no deeper than this (cumbre/services/query_service.py).
const DEPTH_MAX = 9_999;

/** The results of the current search: `hits` loaded so far, and whether there are `more`. */
export class PagedResults {
  #abort = new AbortController();
  /** @type {?SortedQuery} */
  #query = null;
  /** @type {?File} */
  #queryPhoto = null;
  /** @type {?Promise<SearchHit[]>} */
  #loading = null;
  /** @type {SearchHit[]} */
  hits = [];
  more = false;
  /** Whether the first page of a search is being loaded: false as soon as the newest search has ended in any way. */
  isSearching = false;

  /**
   * Start a search and load its first page. Aborts the search before.
   * @param {SortedQuery} query
   * @param {?File} queryPhoto
   * @returns {Promise<?SearchAnswer>} the response; null if it was aborted, by another search or by clear()
   */
  async search(query, queryPhoto) {
    this.#abort.abort();
    const abort = (this.#abort = new AbortController());
    this.#loading = null;
    this.isSearching = true;
    try {
      const response = await api.search({ ...query, k: PAGE, offset: 0 }, queryPhoto, abort.signal);
      if (this.#abort !== abort) return null;
      [this.#query, this.#queryPhoto, this.hits, this.more] = [query, queryPhoto, response.results, response.more];
      return response;
    } catch (error) {
      if (api.isAbort(error)) return null;
      if (this.#abort === abort) [this.hits, this.more] = [[], false];
      throw error;
    } finally {
      if (this.#abort === abort) this.isSearching = false;
    }
  }

  /** Remove all results and abort the search, for queries that can have no results. */
  clear() {
    this.#abort.abort();
    this.isSearching = false;
    [this.hits, this.more] = [[], false];
  }

  /**
   * Load the next page. Concurrent calls share one request.
   * @returns {Promise<SearchHit[]>} the new hits; empty on the last page or if another search was started
   */
  next() {
    if (this.#loading) return this.#loading;
    // Another search may have started, and load its own next page, before this one ends.
    const loading = this.#load().finally(() => {
      if (this.#loading === loading) this.#loading = null;
    });
    this.#loading = loading;
    return loading;
  }

  /** @returns {Promise<SearchHit[]>} */
  async #load() {
    const abort = this.#abort;
    if (!this.#query || !this.more || abort.signal.aborted) return [];
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
      if (api.isAbort(error)) return [];
      throw error;
    }
  }
}
