// One photo in full, over the page: next and previous by arrow keys and swipe, closer by wheel or fingers, Escape closes.

import { Aligning, canBeAligned } from "./align_loader.js";
import * as api from "../net/api.js";
import { correctionForm } from "./correction_form.js";
import { isOnPicture } from "./object_fit_box.js";
import { byId, el } from "../ui/dom.js";
import { Names } from "./summit_overlay.js";
import { panelContent } from "./info_panel.js";
import { showPhoto } from "../ui/responsive_image.js";
import { listenForSwipes } from "../ui/swipe.js";
import { hideToast, toast } from "../ui/toast.js";
import { sentence, t } from "../ui/i18n.js";
import { Zoom } from "./zoom.js";

const LARGE_SIZES = [1280, 2560];
// In step with viewer.css.
const BESIDE_PANEL = "(max-width: 60rem) and (orientation: portrait) 100vw, (max-width: 60rem) calc(100vw - 20rem), calc(100vw - 24rem)";

/**
 * show(id) and hide() follow the address. page tells of what a person did: goTo(id), leave(), all(), changed(),
 * similar(id), map(photo); and more() brings further hits, if there are any.
 */
export class Viewer {
  #peakList;
  #page;
  #zoom;
  #names;
  #aligning;
  #hits = [];
  #photo = null;
  #asking = null;
  #wanted = null;

  constructor(peakList, page) {
    this.#peakList = peakList;
    this.#page = page;
    const [dialog, stage, image] = ["viewer", "stage", "large"].map(byId);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (this.#aligning.isOn) this.#aligning.cancel();
      else page.leave();
    });
    dialog.addEventListener("keydown", (event) => this.#onKey(event));
    // A browser may close a dialog without asking, when Escape is all that was pressed.
    dialog.addEventListener("close", () => { if (this.#wanted && !dialog.open) page.leave(); });
    byId("close").addEventListener("click", () => page.leave());
    byId("previous").addEventListener("click", () => this.#step(-1));
    byId("next").addEventListener("click", () => this.#step(1));
    image.addEventListener("load", () => { image.classList.add("there"); this.#names.redraw(); });
    this.#names = new Names(stage, image);
    this.#zoom = new Zoom(stage, image, (isZoomed) => {
      // Who looks closer gets the finest picture there is.
      if (isZoomed) image.sizes = `${LARGE_SIZES.at(-1)}px`;
      this.#names.redraw();
    });
    this.#aligning = new Aligning({ stage, image, names: this.#names, zoom: this.#zoom, save: (photo, aim) => this.#keepAim(photo, aim) });
    listenForSwipes(stage, { isFree: () => !this.#zoom.isZoomed && !this.#aligning.isOn, step: (by) => this.#step(by) });
    this.#listenForClicksBeside(stage);
  }

  /** The photos to step through, as the grid shows them. */
  setHits(hits) {
    this.#hits = hits;
    if (this.#wanted) this.#drawSteps();
  }

  async show(id) {
    if (this.#wanted === id) return;
    this.#wanted = id;
    this.#aligning.end();
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
      if (error.name === "AbortError") return;
      if (!(error instanceof api.ApiError)) throw error;
      this.#drawFault(error, id);
    }
  }

  hide() {
    if (!this.#wanted) return;
    this.#wanted = this.#photo = null;
    this.#aligning.end();
    this.#names.show(null);
    this.#asking?.abort();
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
    showPhoto(image, hit, LARGE_SIZES);
    this.#names.show(hit.orientation);
  }

  #drawFault(error, id) {
    this.#photo = null;
    const [text, run] = error.status === 404
      ? [t("show_all"), () => this.#page.all()]
      : [t("retry"), () => { this.#wanted = null; byId("panel").focus(); this.show(id); }];
    byId("panel").replaceChildren(
      el("h2", { text: sentence(error.message) }),
      el("p", { class: "actions" }, el("button", { type: "button", text, on: { click: run } })));
  }

  /** The search's reason speaks of the peaks that it saw: after a correction it no longer holds. */
  #drawPanel(photo, { reasonHolds = true } = {}) {
    const isSame = this.#photo?.id === photo.id;
    this.#photo = photo;
    this.#names.show(photo.orientation);
    const why = reasonHolds ? this.#hits.find((hit) => hit.id === photo.id)?.why : "";
    this.#fillPanel(isSame, ...panelContent(photo, {
      peakById: (id) => this.#peakList.byId(id), why,
      correct: () => this.#drawForm(), undo: () => this.#undo(photo.id), say: (ids) => this.#save(photo.id, ids),
      align: canBeAligned(photo) ? () => this.#aligning.begin(photo) : null, undoAlign: () => this.#undoAim(photo.id),
      similar: () => this.#page.similar(photo.id), map: () => this.#page.map(photo),
    }));
  }

  /** What is said about the photo that is there already stays where it is read; another one's begins at its top. */
  #fillPanel(stays, ...content) {
    // On narrow screens the picture scrolls with its panel.
    const scrolled = [byId("panel"), byId("viewer")];
    const tops = scrolled.map((one) => (stays ? one.scrollTop : 0));
    byId("panel").replaceChildren(...content);
    scrolled.forEach((one, i) => { one.scrollTop = tops[i]; });
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

  /** Undo goes back to what was there: an earlier word of a person, or what skyline and compass say. */
  #keepAim(photo, aim) {
    const { id, orientation: before } = photo;
    return this.#orient(() => api.orient(id, aim), () => {
      this.#names.turn(true);
      toast(t("align_saved"), {
        label: t("undo"),
        run: () => (before?.said ? this.#orient(() => api.orient(id, before), () => toast(t("align_undone"))) : this.#undoAim(id)),
      });
    });
  }

  #undoAim(id) {
    return this.#orient(() => api.undoOrientation(id), () => toast(t("align_undone")));
  }

  #orient(request, done) {
    return this.#change(async () => {
      const photo = await request();
      if (this.#wanted === photo.id) this.#aligning.end();
      return photo;
    }, done, "align-names");
  }

  async #change(request, done, focused = "correct") {
    try {
      const photo = await request();
      if (this.#wanted === photo.id) {
        this.#drawPanel(photo, { reasonHolds: false });
        byId(focused)?.focus({ preventScroll: true });
      }
      done();
      this.#page.changed();
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
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
    // Some keyboards have brackets behind AltGr, which is Alt and Ctrl as well.
    const isCommand = (event.altKey || event.ctrlKey || event.metaKey) && !event.getModifierState("AltGraph");
    if (event.target.matches("input") || isCommand) return;
    if (this.#aligning.onKey(event) || this.#zoom.onKey(event) || this.#aligning.isOn) return;
    if (event.key === "ArrowLeft") this.#step(-1);
    else if (event.key === "ArrowRight") this.#step(1);
    else if (event.key.toLowerCase() === "n") this.#names.toggle();
  }

  #listenForClicksBeside(stage) {
    const isBeside = (event) => event.target === stage && !this.#zoom.isZoomed && !this.#aligning.isOn && !isOnPicture(byId("large"), event);
    // What begins on the picture, or ends there, was no click beside it.
    let began = false;
    stage.addEventListener("pointerdown", (event) => { began = isBeside(event); });
    stage.addEventListener("click", (event) => { if (began && isBeside(event)) this.#page.leave(); });
  }
}
