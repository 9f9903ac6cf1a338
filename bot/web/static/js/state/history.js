// The steps of the history. Beside its address a step knows which photo was asked, and where in its answer the reader was.

import { saveTabState, readTabState } from "./storage.js";

const PLACES = "places in the history";
const MOST_PLACES = 100;
let last = 0;

/** A place is what where() tells: anything that becomes JSON, or null for the top of the page. */
export class Steps {
  #where;
  #here = 0;
  #question = null;
  // Files can't be kept through a reload: the page then shows what the address alone asks for.
  #photos = new Map();

  constructor(where) {
    this.#where = where;
    // The browser would restore a place before the photos of that answer are there again.
    history.scrollRestoration = "manual";
    this.arrive();
    addEventListener("pagehide", () => this.#remember());
  }

  /** The number of the photo that this step asks with, or null. */
  get question() {
    return this.photo(history.state?.question) && history.state.question;
  }

  /** The File of a number. */
  photo(number) {
    return this.#photos.get(number) || null;
  }

  /** A number for a File, by which a step can name it. */
  numberOf(file) {
    const number = unused();
    this.#photos.set(number, file);
    return number;
  }

  /** A new step, which Back undoes; or, with "replace", another address for this one. */
  go(address, question, how) {
    if (how === "push") {
      this.#remember();
      this.#here = unused();
    }
    this.#question = question;
    const within = how === "push" || Boolean(history.state?.within);
    history[how === "push" ? "pushState" : "replaceState"]({ within, step: this.#here, question }, "", address);
  }

  /** Where the reader was when this step was left, null for the top. */
  get place() {
    return readTabState(PLACES)?.find(([step]) => step === this.#here)?.[1] || null;
  }

  /** Call when the browser has gone to another step. */
  arrive() {
    if (this.#here) this.#remember();
    // A first visit, or a link to a part of the page, which asks what was asked before it.
    if (!history.state?.step) history.replaceState({ question: this.#question, step: unused() }, "");
    this.#here = history.state.step;
    this.#question = this.question;
  }

  #remember() {
    const others = (readTabState(PLACES) || []).filter(([step]) => step !== this.#here);
    saveTabState(PLACES, [...others, [this.#here, this.#where()]].slice(-MOST_PLACES));
  }
}

/** The clock: numbers of before a reload must not come again. */
function unused() {
  last = Math.max(Date.now(), last + 1);
  return last;
}
