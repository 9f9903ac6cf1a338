// Further photos come by themselves as one scrolls near the end; a button is there as well, for those who don't scroll.

import { byId } from "../ui/dom.js";

const AHEAD = "1200px";

/** load() brings the next page and resolves to whether there is more after it; null: it failed, and a person decides. */
export class More {
  #load;
  #isNear = false;
  #isLoading = false;

  constructor(load) {
    this.#load = load;
    byId("more").addEventListener("click", () => this.#begin());
    new IntersectionObserver((entries) => {
      this.#isNear = entries.at(-1).isIntersecting;
      if (this.#isNear) this.#begin();
    }, { rootMargin: AHEAD }).observe(byId("end"));
  }

  show(isThere) {
    byId("more").hidden = !isThere;
    if (isThere && this.#isNear) this.#begin();
  }

  async #begin() {
    if (this.#isLoading || byId("more").hidden) return;
    this.#isLoading = true;
    byId("more").disabled = true;
    try {
      const more = await this.#load();
      // Only after the new rows are laid out is it known whether the end is still near.
      if (more !== null) requestAnimationFrame(() => this.show(more));
    } finally {
      this.#isLoading = false;
      byId("more").disabled = false;
    }
  }
}
