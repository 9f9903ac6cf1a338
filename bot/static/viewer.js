// One photo in full, over the page: next and previous by arrow keys and swipe, closer by wheel or fingers, Escape closes.

import * as api from "./api.js";
import { correctionForm } from "./correction.js";
import { byId, el } from "./elements.js";
import { panelContent } from "./panel.js";
import { hideToast, toast } from "./toast.js";
import { t } from "./words.js";
import { Zoom } from "./zoom.js";

const LARGE_SIZES = [1280, 2560];
const SWIPE_PX = 50;
const BESIDE_PANEL = "(max-width: 60rem) 100vw, calc(100vw - 24rem)";

/**
 * show(id) and hide() follow the address. page tells of what a person did: goTo(id), leave(), changed(), similar(id),
 * map(photo); and more() brings further hits, if there are any.
 */
export class Viewer {
  #peakList;
  #page;
  #zoom;
  #hits = [];
  #photo = null;
  #asking = null;
  #wanted = null;

  constructor(peakList, page) {
    this.#peakList = peakList;
    this.#page = page;
    const dialog = byId("viewer");
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); page.leave(); });
    dialog.addEventListener("keydown", (event) => this.#onKey(event));
    dialog.addEventListener("click", (event) => { if (event.target === byId("stage") && !this.#zoom.isZoomed) page.leave(); });
    byId("close").addEventListener("click", () => page.leave());
    byId("previous").addEventListener("click", () => this.#step(-1));
    byId("next").addEventListener("click", () => this.#step(1));
    byId("large").addEventListener("load", (event) => event.target.classList.add("there"));
    // Who looks closer gets the finest picture there is.
    this.#zoom = new Zoom(byId("stage"), byId("large"), (isZoomed) => { if (isZoomed) byId("large").sizes = `${LARGE_SIZES.at(-1)}px`; });
    this.#listenForSwipes(byId("stage"));
  }

  /** The photos to step through, as the grid shows them. */
  setHits(hits) {
    this.#hits = hits;
    if (this.#wanted) this.#drawSteps();
  }

  async show(id) {
    if (this.#wanted === id) return;
    this.#wanted = id;
    this.#asking?.abort();
    this.#asking = new AbortController();
    const dialog = byId("viewer");
    if (!dialog.open) {
      dialog.showModal();
      byId("panel").focus();
    }
    this.#drawSteps();
    const known = this.#hits.find((hit) => hit.id === id);
    this.#drawPicture(known || { id, width: 4, height: 3, peaks: [] });
    try {
      const photo = await api.photo(id, this.#asking.signal);
      if (!known) this.#drawPicture(photo);
      this.#drawPanel(photo);
    } catch (error) {
      if (error.name !== "AbortError") byId("panel").replaceChildren(el("h2", { text: error.message }));
    }
  }

  hide() {
    this.#wanted = null;
    this.#asking?.abort();
    if (!byId("viewer").open) return;
    hideToast();
    byId("viewer").close();
    byId("large").removeAttribute("srcset");
    byId("large").removeAttribute("src");
    byId("panel").replaceChildren();
  }

  #drawPicture(hit) {
    const image = byId("large");
    this.#zoom.reset();
    image.classList.remove("there");
    image.alt = hit.peaks.map((peak) => peak.name).join(", ") || t("photo");
    image.sizes = BESIDE_PANEL;
    image.srcset = api.renditions(hit, LARGE_SIZES);
    image.src = api.rendition(hit.id, LARGE_SIZES[0]);
  }

  /** The search's reason speaks of the peaks that it saw: after a correction it no longer holds. */
  #drawPanel(photo, { reasonHolds = true } = {}) {
    this.#photo = photo;
    const why = reasonHolds ? this.#hits.find((hit) => hit.id === photo.id)?.why : "";
    byId("panel").replaceChildren(...panelContent(photo, {
      peakById: (id) => this.#peakList.byId(id), why,
      correct: () => this.#drawForm(), undo: () => this.#undo(photo.id), say: (ids) => this.#save(photo.id, ids),
      similar: () => this.#page.similar(photo.id), map: () => this.#page.map(photo),
    }));
    byId("panel").scrollTop = 0;
  }

  #drawForm() {
    const photo = this.#photo;
    const back = () => { this.#drawPanel(photo); byId("correct").focus(); };
    const form = correctionForm(photo, this.#peakList.peaks, { cancel: back, save: (ids) => this.#save(photo.id, ids) });
    byId("panel").replaceChildren(el("h2", { text: t("correct") }), form);
    form.querySelector("input").focus();
  }

  async #save(id, peakIds) {
    const before = this.#photo;
    await this.#change(() => api.correct(id, peakIds), () => toast(t("corrected"), {
      label: t("undo"),
      // Undo goes back to what was there: an earlier correction, or what Cumbre saw.
      run: () => (before.corrected ? this.#restore(id, before.peaks.map((peak) => peak.id)) : this.#undo(id)),
    }));
  }

  #undo(id) {
    return this.#change(() => api.undoCorrection(id), () => toast(t("undone")));
  }

  #restore(id, peakIds) {
    return this.#change(() => api.correct(id, peakIds), () => toast(t("undone")));
  }

  async #change(request, done) {
    try {
      const photo = await request();
      if (this.#wanted === photo.id) {
        this.#drawPanel(photo, { reasonHolds: false });
        byId("correct").focus();
      }
      done();
      this.#page.changed();
    } catch (error) {
      toast(error.message);
    }
  }

  #drawSteps() {
    const at = this.#position();
    byId("previous").disabled = at <= 0;
    byId("next").disabled = at < 0 || (at >= this.#hits.length - 1 && !this.#page.hasMore());
    const total = this.#page.hasMore() ? `${this.#hits.length}+` : this.#hits.length;
    byId("count").textContent = at < 0 ? "" : t("of", { n: at + 1, total });
  }

  #position() {
    return this.#hits.findIndex((hit) => hit.id === this.#wanted);
  }

  async #step(by) {
    const at = this.#position();
    if (at < 0) return;
    if (at + by >= this.#hits.length && this.#page.hasMore()) await this.#page.more();
    const next = this.#hits[at + by];
    if (next && this.#position() === at) this.#page.goTo(next.id);
  }

  #onKey(event) {
    if (event.target.matches("input") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") this.#step(-1);
    else if (event.key === "ArrowRight") this.#step(1);
    else this.#zoom.onKey(event);
  }

  #listenForSwipes(stage) {
    let start = null;
    let fingers = 0;
    stage.addEventListener("pointerdown", (event) => {
      fingers += 1;
      const swipes = event.pointerType !== "mouse" && fingers === 1 && !this.#zoom.isZoomed;
      start = swipes ? { x: event.clientX, y: event.clientY } : null;
    });
    stage.addEventListener("pointerup", (event) => {
      fingers = Math.max(0, fingers - 1);
      if (!start) return;
      const dx = event.clientX - start.x;
      const dy = event.clientY - start.y;
      start = null;
      if (Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(dy)) this.#step(dx < 0 ? 1 : -1);
    });
    stage.addEventListener("pointercancel", () => { start = null; fingers = 0; });
  }
}
