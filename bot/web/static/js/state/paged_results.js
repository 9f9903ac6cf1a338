// The photos that answer a question, a page at a time.

import * as api from "../net/api.js";

const PAGE = 60;
// The server turns no answer through further than this (cumbre/services/query_service.py).
const DEEPEST = 9_999;

export class Answers {
  #asking = null;
  #wanted = null;
  #question = null;
  #next = null;
  hits = [];
  more = false;

  /** The first page of an answer; null where another question was asked meanwhile. */
  async begin(wanted, question) {
    this.#asking?.abort();
    const mine = (this.#asking = new AbortController());
    this.#next = null;
    try {
      const answer = await api.search({ ...wanted, k: PAGE, offset: 0 }, question, mine.signal);
      if (this.#asking !== mine) return null;
      [this.#wanted, this.#question, this.hits, this.more] = [wanted, question, answer.results, answer.more];
      return answer;
    } catch (error) {
      if (error.name === "AbortError") return null;
      if (this.#asking === mine) [this.hits, this.more] = [[], false];
      throw error;
    }
  }

  /** Nothing was asked that could have an answer. */
  forget() {
    this.#asking?.abort();
    [this.hits, this.more] = [[], false];
  }

  /** The hits of the page after those that are here; none where it is the last or another question was asked. */
  next() {
    this.#next ??= this.#load().finally(() => { this.#next = null; });
    return this.#next;
  }

  async #load() {
    const mine = this.#asking;
    if (!this.more || mine.signal.aborted) return [];
    try {
      const page = await api.search({ ...this.#wanted, k: Math.min(PAGE, DEEPEST - this.hits.length), offset: this.hits.length }, this.#question, mine.signal);
      if (this.#asking !== mine) return [];
      // What was added to the album meanwhile moves the pages: nothing is shown twice.
      const known = new Set(this.hits.map((hit) => hit.id));
      const fresh = page.results.filter((hit) => !known.has(hit.id));
      this.hits = [...this.hits, ...fresh];
      this.more = page.more && page.results.length > 0 && this.hits.length < DEEPEST;
      return fresh;
    } catch (error) {
      if (error.name === "AbortError") return [];
      throw error;
    }
  }
}
