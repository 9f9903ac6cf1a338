// The photo grid in justified rows, with headings for days if sorted by time. Rows are grouped in blocks, and the
// browser skips rendering blocks that are off-screen (content-visibility in page.css).

import { el } from "../ui/dom.js";
import { rowBreaks, justifiedRows } from "./justified_rows.js";
import { tileRatio, photoTile } from "./photo_tile.js";
import { day, t } from "../ui/i18n.js";

// The first tiles, which load their pictures eagerly.
const EAGER = 8;
const ROWS_IN_BLOCK = 8;
const NARROW_PX = 640;
// In step with .grid in page.css.
const WIDE = { height: 224, gap: 16 };
const NARROW = { height: 147, gap: 11 };
const CAPTION_PX = 110;
// A tile above this may be hidden by the sticky header of the page.
const BELOW_HEADER_PX = 100;
const DAY_PX = 37;
/** @type {Intl.DateTimeFormatOptions} */
const DAY_FORMAT = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
const TOP_PX = 50;
const SCROLL_TRIES = 4;

/** @import { SearchHit } from "openapi" */
/** @import { Row } from "./justified_rows.js" */
/** @typedef {{ scored: boolean, byTime: boolean }} Order */
/** @typedef {{ id: string, top: number }} Position */

/** The grid of photos. */
export class Grid {
  #container;
  #handlers;
  /** @type {HTMLAnchorElement[]} */
  #tiles = [];
  /** @type {number[]} */
  #ratios = [];
  /** @type {(?string)[]} */
  #days = [];
  /** @type {Set<number>} */
  #breaks = new Set();
  /** @type {Row[]} */
  #rows = [];
  #width = 0;

  /**
   * @param {HTMLElement} container
   * @param {{ urlOf: (id: string) => string, open: (id: string) => void }} handlers for the tiles
   */
  constructor(container, handlers) {
    this.#container = container;
    this.#handlers = handlers;
    container.addEventListener("keydown", (event) => this.#moveByArrows(event));
    new ResizeObserver(() => {
      if (this.#container.clientWidth && Math.abs(this.#container.clientWidth - this.#width) > 1) this.#layOut(0);
    }).observe(container);
  }

  /**
   * Replace the photos of the grid.
   * @param {SearchHit[]} hits
   * @param {Order} order scored shows scores; byTime adds headings for days, for hits
   *   that are sorted by time
   */
  draw(hits, order) {
    [this.#tiles, this.#ratios, this.#days] = [[], [], []];
    this.append(hits, order);
  }

  /**
   * Append photos; for the parameters see draw().
   * @param {SearchHit[]} hits
   * @param {Order} order
   */
  append(hits, { scored, byTime }) {
    const first = this.#tiles.length;
    this.#tiles.push(
      ...hits.map((hit, i) => photoTile(hit, { ...this.#handlers, scored, byTime, eager: first + i < EAGER })),
    );
    this.#ratios.push(...hits.map(tileRatio));
    this.#days.push(...hits.map((hit) => (byTime ? (hit.local_time || "").slice(0, 10) : null)));
    this.#layOut(first);
  }

  /**
   * Focus the tile of a photo. It is scrolled into view only after the browser has restored its scroll position.
   * @param {string} id
   */
  focus(id) {
    const tile = this.#tiles.find((one) => one.dataset.id === id);
    tile?.focus({ preventScroll: true });
    if (tile) requestAnimationFrame(() => requestAnimationFrame(() => this.#scrollIntoView(tile)));
  }

  /** @param {HTMLElement} tile */
  #scrollIntoView(tile) {
    if (document.activeElement !== tile) return;
    const { top, bottom } = tile.getBoundingClientRect();
    const middle = (top + bottom) / 2;
    if (middle < BELOW_HEADER_PX || middle > innerHeight) tile.scrollIntoView({ block: "center" });
  }

  /**
   * The scroll position: the first visible photo and its distance from the top in pixels; null at the page's top.
   * @returns {?Position}
   */
  get position() {
    if (scrollY < TOP_PX) return null;
    // Find the block first: measuring all tiles would force the layout of the whole page.
    const block = [...this.#container.children].find((one) => one.getBoundingClientRect().bottom > 0);
    const tile = this.#tiles.find((one) => block?.contains(one) && one.getBoundingClientRect().bottom > 0);
    return tile?.dataset.id ? { id: tile.dataset.id, top: Math.round(tile.getBoundingClientRect().top) } : null;
  }

  /**
   * Scroll to a position. Resolves to false if its photo is not loaded, or if the page ends too soon below it.
   * @param {Position} position
   */
  async scrollToPosition({ id, top }) {
    const tile = this.#tiles.find((one) => one.dataset.id === id);
    if (!tile) return false;
    const distance = () => tile.getBoundingClientRect().top - top;
    // Scroll again once rows have their real height: off-screen blocks only have an estimate.
    for (let tries = 0; tries < SCROLL_TRIES && Math.abs(distance()) > 1; tries++) {
      scrollBy({ top: distance() });
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      // Another search may have replaced the photos meanwhile.
      if (!tile.isConnected) return true;
    }
    // A tile above the position can't get there, because the page has become shorter above it: more photos don't help.
    return distance() <= 1;
  }

  /**
   * Lay out the tiles from index `first` on. Earlier rows stay, except for the last one, and for the rows of a day that
   * the new tiles make longer than a row.
   * @param {number} first
   */
  #layOut(first) {
    const width = (this.#width = this.#container.clientWidth || document.documentElement.clientWidth);
    const { height, gap } = width < NARROW_PX ? NARROW : WIDE;
    const breaks = rowBreaks(this.#days, this.#ratios, { width, height, gap });
    const dayStart = first ? this.#days.indexOf(this.#days[first - 1]) : 0;
    const changed = breaks.has(dayStart) === this.#breaks.has(dayStart) ? first : dayStart;
    this.#breaks = breaks;
    let kept = first ? this.#rows.findIndex((row) => row.to >= changed) : 0;
    if (kept < 0) kept = this.#rows.length;
    // Always redraw whole blocks, so that every block but the last has ROWS_IN_BLOCK rows.
    kept -= kept % ROWS_IN_BLOCK;
    const from = this.#rows[kept]?.from ?? (kept ? this.#rows[kept - 1].to : 0);
    this.#rows = [...this.#rows.slice(0, kept), ...justifiedRows(this.#ratios, { width, height, gap, breaks, from })];
    for (const block of [...this.#container.children].slice(kept / ROWS_IN_BLOCK)) block.remove();
    for (let i = kept; i < this.#rows.length; i += ROWS_IN_BLOCK)
      this.#container.append(this.#block(i, height + CAPTION_PX));
  }

  /**
   * @param {number} first
   * @param {number} rowPx
   */
  #block(first, rowPx) {
    const rows = this.#rows.slice(first, first + ROWS_IN_BLOCK);
    return el(
      "div",
      {
        class: "block",
        role: "presentation",
        vars: { tall: `${rows.length * rowPx + rows.filter((row) => this.#daysIn(row)).length * DAY_PX}px` },
      },
      rows.map((row) => this.#row(row)),
    );
  }

  /** @param {Row} row */
  #row({ from, to, filled }) {
    const days = this.#daysIn({ from, to });
    const cells = this.#tiles
      .slice(from, to)
      .map((one, i) =>
        el(
          "div",
          { class: "cell", role: "listitem", vars: { ratio: this.#ratios[from + i].toFixed(3) } },
          this.#heading(from + i),
          one,
        ),
      );
    const used = this.#ratios.slice(from, to).reduce((sum, ratio) => sum + ratio, 0);
    const spacer =
      filled < 1
        ? el("span", { class: "spacer", "aria-hidden": "true", vars: { ratio: (used / filled - used).toFixed(3) } })
        : null;
    return el(
      "div",
      { class: ["row", "row dated", "row dated by-days"][Math.min(2, days)], role: "presentation" },
      cells,
      spacer,
    );
  }

  /** @param {number} i */
  #startsDay(i) {
    return this.#days[i] !== null && this.#days[i] !== this.#days[i - 1];
  }

  /**
   * Return the number of days that start in a row.
   * @param {{ from: number, to: number }} row
   */
  #daysIn({ from, to }) {
    return this.#days.slice(from, to).filter((_, i) => this.#startsDay(from + i)).length;
  }

  /** @param {number} i */
  #heading(i) {
    return this.#startsDay(i)
      ? el("h2", { class: "day", text: this.#days[i] ? day(this.#days[i], DAY_FORMAT) : t("unknown_date") })
      : null;
  }

  /**
   * Left and right move the focus to the previous and next tile, up and down to the nearest tile of the next row.
   * @param {KeyboardEvent} event
   */
  #moveByArrows(event) {
    const at = this.#tiles.findIndex((tile) => tile === document.activeElement);
    if (at < 0) return;
    let next;
    if (event.key === "ArrowRight") next = this.#tiles[at + 1];
    else if (event.key === "ArrowLeft") next = this.#tiles[at - 1];
    else if (event.key === "ArrowDown" || event.key === "ArrowUp")
      next = this.#nearestInRow(at, event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
    next?.focus();
  }

  /**
   * @param {number} at
   * @param {1 | -1} step
   */
  #nearestInRow(at, step) {
    const row = this.#rows[this.#rows.findIndex(({ from, to }) => at >= from && at < to) + step];
    if (!row) return null;
    const centerX = (/** @type {HTMLElement} */ tile) => {
      const box = tile.getBoundingClientRect();
      return box.left + box.width / 2;
    };
    const here = centerX(this.#tiles[at]);
    const distance = (/** @type {HTMLElement} */ tile) => Math.abs(centerX(tile) - here);
    return this.#tiles.slice(row.from, row.to).reduce((best, one) => (distance(one) < distance(best) ? one : best));
  }
}
