// The photos that answer, in justified rows. Rows lie in blocks that the browser leaves out while they are out of sight.

import { el } from "./elements.js";
import { rowsOf } from "./justify.js";
import { ratioOf, tile } from "./tile.js";

const EAGER = 8;
const ROWS_IN_BLOCK = 8;
const NARROW_PX = 640;
// In step with .grid in page.css.
const WIDE = { height: 224, gap: 16 };
const NARROW = { height: 147, gap: 11 };
const CAPTION_PX = 110;
// What is higher may lie under the page's head, which stays.
const BELOW_HEADER_PX = 100;

export class Grid {
  #place;
  #look;
  #tiles = [];
  #ratios = [];
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

  draw(hits, { scored }) {
    this.#tiles = [];
    this.#ratios = [];
    this.append(hits, { scored });
  }

  append(hits, { scored }) {
    const first = this.#tiles.length;
    this.#tiles.push(...hits.map((hit, i) => tile(hit, { ...this.#look, scored, eager: first + i < EAGER })));
    this.#ratios.push(...hits.map(ratioOf));
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

  /** Rows before the tile `first` stay as they are, but for a last one that was not full. */
  #layOut(first) {
    const width = (this.#width = this.#place.clientWidth || document.documentElement.clientWidth);
    const { height, gap } = width < NARROW_PX ? NARROW : WIDE;
    let kept = first ? this.#rows.findIndex((row) => row.to >= first || row.filled < 1) : 0;
    if (kept < 0) kept = this.#rows.length;
    // Whole blocks are drawn again, so that each block stays a list of its rows.
    kept -= kept % ROWS_IN_BLOCK;
    const from = this.#rows[kept]?.from ?? (kept ? this.#rows.at(-1).to : 0);
    this.#rows = [...this.#rows.slice(0, kept), ...rowsOf(this.#ratios, { width, height, gap, from })];
    for (const block of [...this.#place.children].slice(kept / ROWS_IN_BLOCK)) block.remove();
    for (let i = kept; i < this.#rows.length; i += ROWS_IN_BLOCK) this.#place.append(this.#block(i, height + CAPTION_PX));
  }

  #block(first, rowPx) {
    const rows = this.#rows.slice(first, first + ROWS_IN_BLOCK);
    return el("div", { class: "block", role: "presentation", vars: { tall: `${rows.length * rowPx}px` } },
      rows.map((row) => this.#row(row)));
  }

  #row({ from, to, filled }) {
    const tiles = this.#tiles.slice(from, to).map((one, i) => el("div", { class: "cell", role: "listitem", vars: { ratio: this.#ratios[from + i].toFixed(3) } }, one));
    const used = this.#ratios.slice(from, to).reduce((sum, ratio) => sum + ratio, 0);
    const rest = filled < 1 ? el("span", { class: "rest", "aria-hidden": "true", vars: { ratio: (used / filled - used).toFixed(3) } }) : null;
    return el("div", { class: "row", role: "presentation" }, tiles, rest);
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
