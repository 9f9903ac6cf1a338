// Infinite scroll: loads the next page when the end of the grid is near. A button does the same without scrolling.

import { byId } from "../ui/dom.js";

const MARGIN = "1200px";

/** Calls load() for each page. */
export class InfiniteScroll {
  #load;
  #isNear = false;
  #isLoading = false;

  /**
   * @param {() => Promise<?boolean>} load loads the next page and resolves to whether there are more. null means that
   *   it failed: then it is not called again until a person presses the button or scrolls
   */
  constructor(load) {
    this.#load = load;
    byId("more").addEventListener("click", () => this.#loadMore());
    new IntersectionObserver(
      (entries) => {
        this.#isNear = entries[entries.length - 1].isIntersecting;
        if (this.#isNear) this.#loadMore();
      },
      { rootMargin: MARGIN },
    ).observe(byId("end"));
  }

  /**
   * Set whether there are more pages.
   * @param {boolean} hasMore
   */
  show(hasMore) {
    byId("more").hidden = !hasMore;
    if (hasMore && this.#isNear) this.#loadMore();
  }

  async #loadMore() {
    if (this.#isLoading || byId("more").hidden) return;
    this.#isLoading = true;
    byId("more").disabled = true;
    try {
      const more = await this.#load();
      // Only after the layout of the new rows is it known whether the end is still near.
      if (more !== null) requestAnimationFrame(() => this.show(more));
    } finally {
      this.#isLoading = false;
      byId("more").disabled = false;
    }
  }
}
