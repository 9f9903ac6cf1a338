// The photos that answer, in justified rows; by time, days stand above them. Rows lie in blocks that the browser leaves out while they are out of sight.

import { el } from "../ui/dom.js";
import { breaksOf, rowsOf } from "./justified_rows.js";
import { ratioOf, tile } from "./photo_tile.js";
import { day, t } from "../ui/i18n.js";

const EAGER = 8;
const ROWS_IN_BLOCK = 8;
const NARROW_PX = 640;
// In step with .grid in page.css.
const WIDE = { height: 224, gap: 16 };
const NARROW = { height: 147, gap: 11 };
const CAPTION_PX = 110;
// What is higher may lie under the page's head, which stays.
const BELOW_HEADER_PX = 100;
const DAY_PX = 37;
const DAY = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
const TOP_PX = 50;

export class Grid {
  #place;
  #look;
  #tiles = [];
  #ratios = [];
  #days = [];
  #breaks = new Set();
  #rows = [];
  #width = 0;

  /** look: { addressOf(id), open(id) } for the tiles. */
  constructor(place, look) {
    this.#place = place;
    this.#look = look;
    place.addEventListener("keydown", (event) => this.#moveByArrows(event));
    new ResizeObserver(() => {
      if (this.#place.clientWidth && Math.abs(this.#place.clientWidth - this.#width) > 1) this.#layOut(0);
    }).observe(place);
  }

  /** scored: scores mean something; byTime: the newest come first. */
  draw(hits, order) {
    [this.#tiles, this.#ratios, this.#days] = [[], [], []];
    this.append(hits, order);
  }

  append(hits, { scored, byTime }) {
    const first = this.#tiles.length;
    this.#tiles.push(...hits.map((hit, i) => tile(hit, { ...this.#look, scored, byTime, eager: first + i < EAGER })));
    this.#ratios.push(...hits.map(ratioOf));
    this.#days.push(...hits.map((hit) => (byTime ? (hit.local_time || "").slice(0, 10) : null)));
    this.#layOut(first);
  }

  /** Focus goes to the photo's tile. It comes into sight when the browser, going back, has scrolled to where the page was. */
  focus(id) {
    const tile = this.#tiles.find((one) => one.dataset.id === id);
    tile?.focus({ preventScroll: true });
    if (tile) requestAnimationFrame(() => requestAnimationFrame(() => this.#bringIntoSight(tile)));
  }

  #bringIntoSight(tile) {
    if (document.activeElement !== tile) return;
    const { top, bottom } = tile.getBoundingClientRect();
    const middle = (top + bottom) / 2;
    if (middle < BELOW_HEADER_PX || middle > innerHeight) tile.scrollIntoView({ block: "center" });
  }

  /** The first photo on the screen and how far from its upper edge it is; null at the top of the page. */
  get place() {
    if (scrollY < TOP_PX) return null;
    // Only of blocks on the screen are the rows laid out: asking all tiles would lay out the whole page.
    const block = [...this.#place.children].find((one) => one.getBoundingClientRect().bottom > 0);
    const tile = block && [...block.querySelectorAll(".tile")].find((one) => one.getBoundingClientRect().bottom > 0);
    return tile ? { id: tile.dataset.id, top: Math.round(tile.getBoundingClientRect().top) } : null;
  }

  /** Scrolls to a place; false where its photo isn't here. */
  bring({ id, top }) {
    const tile = this.#tiles.find((one) => one.dataset.id === id);
    if (!tile) return false;
    const scroll = () => scrollBy({ top: tile.getBoundingClientRect().top - top });
    scroll();
    // Rows that are seen for the first time turn out higher or lower than was guessed.
    requestAnimationFrame(() => requestAnimationFrame(scroll));
    return true;
  }

  /** Rows before the tile `first` stay as they are, but for the last one, and a day that has become a long one. */
  #layOut(first) {
    const width = (this.#width = this.#place.clientWidth || document.documentElement.clientWidth);
    const { height, gap } = width < NARROW_PX ? NARROW : WIDE;
    const breaks = breaksOf(this.#days, this.#ratios, { width, height, gap });
    const last = first ? this.#days.indexOf(this.#days[first - 1]) : 0;
    const changed = breaks.has(last) === this.#breaks.has(last) ? first : last;
    this.#breaks = breaks;
    let kept = first ? this.#rows.findIndex((row) => row.to >= changed) : 0;
    if (kept < 0) kept = this.#rows.length;
    // Whole blocks are drawn again, so that each block stays a list of its rows.
    kept -= kept % ROWS_IN_BLOCK;
    const from = this.#rows[kept]?.from ?? (kept ? this.#rows.at(-1).to : 0);
    this.#rows = [...this.#rows.slice(0, kept), ...rowsOf(this.#ratios, { width, height, gap, breaks, from })];
    for (const block of [...this.#place.children].slice(kept / ROWS_IN_BLOCK)) block.remove();
    for (let i = kept; i < this.#rows.length; i += ROWS_IN_BLOCK) this.#place.append(this.#block(i, height + CAPTION_PX));
  }

  #block(first, rowPx) {
    const rows = this.#rows.slice(first, first + ROWS_IN_BLOCK);
    return el("div", { class: "block", role: "presentation", vars: { tall: `${rows.length * rowPx + rows.filter((row) => this.#daysIn(row)).length * DAY_PX}px` } },
      rows.map((row) => this.#row(row)));
  }

  #row({ from, to, filled }) {
    const days = this.#daysIn({ from, to });
    const tiles = this.#tiles.slice(from, to).map((one, i) =>
      el("div", { class: "cell", role: "listitem", vars: { ratio: this.#ratios[from + i].toFixed(3) } }, this.#heading(from + i), one));
    const used = this.#ratios.slice(from, to).reduce((sum, ratio) => sum + ratio, 0);
    const rest = filled < 1 ? el("span", { class: "rest", "aria-hidden": "true", vars: { ratio: (used / filled - used).toFixed(3) } }) : null;
    return el("div", { class: ["row", "row dated", "row dated by-days"][Math.min(2, days)], role: "presentation" }, tiles, rest);
  }

  #beginsDay(i) {
    return this.#days[i] !== null && this.#days[i] !== this.#days[i - 1];
  }

  #daysIn({ from, to }) {
    return this.#days.slice(from, to).filter((_, i) => this.#beginsDay(from + i)).length;
  }

  #heading(i) {
    return this.#beginsDay(i) ? el("h2", { class: "day", text: this.#days[i] ? day(this.#days[i], DAY) : t("unknown_date") }) : null;
  }

  /** Arrow keys go from tile to tile; up and down to the tile that is nearest in the next row. */
  #moveByArrows(event) {
    const at = this.#tiles.indexOf(document.activeElement);
    if (at < 0) return;
    let next = null;
    if (event.key === "ArrowRight") next = this.#tiles[at + 1];
    else if (event.key === "ArrowLeft") next = this.#tiles[at - 1];
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") next = this.#acrossRows(at, event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
    next?.focus();
  }

  #acrossRows(at, step) {
    const row = this.#rows[this.#rows.findIndex(({ from, to }) => at >= from && at < to) + step];
    if (!row) return null;
    const middle = (tile) => { const box = tile.getBoundingClientRect(); return box.left + box.width / 2; };
    const here = middle(this.#tiles[at]);
    const away = (tile) => Math.abs(middle(tile) - here);
    return this.#tiles.slice(row.from, row.to).reduce((best, one) => (away(one) < away(best) ? one : best));
  }
}
