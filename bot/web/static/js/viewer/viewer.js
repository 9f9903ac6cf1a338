// The viewer: one photo in a dialog over the page, with a panel beside it. Arrow keys and swipes change the photo, the
// wheel and pinch gestures zoom, Escape closes.

import { AlignMode, canBeAligned } from "./align_loader.js";
import * as api from "../net/api.js";
import { correctionForm } from "./correction_form.js";
import { isOnPicture } from "./object_fit_box.js";
import { byId, el, targetOf } from "../ui/dom.js";
import { SummitOverlay } from "./summit_overlay.js";
import { panelContent } from "./info_panel.js";
import { showPhoto } from "../ui/responsive_image.js";
import { listenForSwipes } from "../ui/swipe.js";
import { hideToast, toast } from "../ui/toast.js";
import { capitalize, t } from "../ui/i18n.js";
import { Zoom } from "./zoom.js";

/** @import { Orientation, PeakCount, Photo, SearchHit } from "openapi" */
/** @import { CameraPose } from "../geo/pinhole.js" */

const LARGEST = 2560;
const SIZES = [1280, LARGEST];
// The `sizes` attribute of the image beside the panel. In step with viewer.css.
const IMAGE_SIZES =
  "(max-width: 60rem) and (orientation: portrait) 100vw, (max-width: 60rem) calc(100vw - 20rem), calc(100vw - 24rem)";

/** The viewer. The page calls show(id) and hide() when its state changes. */
export class Viewer {
  #peakList;
  #page;
  #zoom;
  #overlay;
  #alignMode;
  /** @type {SearchHit[]} */
  #hits = [];
  /** @type {?Photo} */
  #photo = null;
  #abort = new AbortController();
  /** @type {?string} */
  #wanted = null;

  /**
   * @param {{ peaks: PeakCount[], byId: (id: string) => PeakCount | undefined }} peakList the peaks of the catalogue
   * @param {object} page actions of the page
   * @param {(id: string) => void} page.goTo shows another photo
   * @param {() => void} page.close closes the viewer
   * @param {() => void} page.showAll shows all photos
   * @param {() => void} page.onChange called when a photo was corrected or aligned
   * @param {() => boolean} page.hasMore returns whether there are more hits to load
   * @param {() => Promise<?boolean>} page.loadMore loads more hits
   * @param {(id: string) => void} page.findSimilar searches for photos like this one
   * @param {(photo: Photo) => void} page.showOnMap
   */
  constructor(peakList, page) {
    this.#peakList = peakList;
    this.#page = page;
    const [dialog, stage, image] = [byId("viewer"), byId("stage"), byId("large")];
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (this.#alignMode.isOn) this.#alignMode.cancel();
      else page.close();
    });
    dialog.addEventListener("keydown", (event) => this.#onKey(event));
    // Browsers may close a dialog without a cancel event if Escape is pressed twice without another interaction.
    dialog.addEventListener("close", () => {
      if (this.#wanted && !dialog.open) page.close();
    });
    byId("close").addEventListener("click", () => page.close());
    byId("previous").addEventListener("click", () => this.#step(-1));
    byId("next").addEventListener("click", () => this.#step(1));
    image.addEventListener("load", () => {
      image.classList.add("loaded");
      this.#overlay.redraw();
    });
    this.#overlay = new SummitOverlay(stage, image);
    this.#zoom = new Zoom(stage, image, (isZoomed) => {
      // Load the largest rendition when zoomed.
      if (isZoomed) image.sizes = `${LARGEST}px`;
      this.#overlay.redraw();
    });
    this.#alignMode = new AlignMode({
      stage,
      image,
      overlay: this.#overlay,
      zoom: this.#zoom,
      save: (photo, pose) => this.#savePose(photo, pose),
    });
    listenForSwipes(stage, {
      isFree: () => !this.#zoom.isZoomed && !this.#alignMode.isOn,
      step: (by) => this.#step(by),
    });
    this.#listenForClicksBeside(stage);
  }

  /**
   * Set the photos to step through, in the order of the grid.
   * @param {SearchHit[]} hits
   */
  setHits(hits) {
    this.#hits = hits;
    if (this.#wanted) this.#drawSteps();
  }

  /**
   * Open the viewer or change its photo.
   * @param {string} id
   */
  async show(id) {
    if (this.#wanted === id) return;
    this.#wanted = id;
    this.#alignMode.end();
    this.#abort.abort();
    this.#abort = new AbortController();
    const dialog = byId("viewer");
    if (!dialog.open) {
      dialog.showModal();
      byId("panel").focus();
    }
    this.#drawSteps();
    const known = this.#hits.find((hit) => hit.id === id);
    this.#drawPicture(known || { id, width: 4, height: 3, peaks: [] });
    try {
      const photo = await api.photo(id, this.#abort.signal);
      if (!known) this.#drawPicture(photo);
      this.#drawPanel(photo);
    } catch (error) {
      if (api.isAbort(error)) return;
      if (!(error instanceof api.ApiError)) throw error;
      this.#drawError(error, id);
    }
  }

  hide() {
    if (!this.#wanted) return;
    this.#wanted = this.#photo = null;
    this.#alignMode.end();
    this.#overlay.show(null);
    this.#abort.abort();
    hideToast();
    byId("viewer").close();
    byId("large").removeAttribute("srcset");
    byId("large").removeAttribute("src");
    byId("panel").replaceChildren();
  }

  /**
   * @param {{ id: string, content_sha256?: string, width: ?number, height: ?number, peaks: { name: string }[],
   * orientation?: Orientation }} hit
   */
  #drawPicture(hit) {
    const image = byId("large");
    this.#zoom.reset();
    image.classList.remove("loaded");
    image.alt = hit.peaks.map((peak) => peak.name).join(", ") || t("photo");
    image.sizes = IMAGE_SIZES;
    showPhoto(image, hit, SIZES);
    this.#overlay.show(hit.orientation ?? null);
  }

  /**
   * @param {api.ApiError} error
   * @param {string} id
   */
  #drawError(error, id) {
    this.#photo = null;
    const isMissing = error.status === 404;
    const text = t(isMissing ? "show_all" : "retry");
    const run = () => {
      if (isMissing) return this.#page.showAll();
      this.#wanted = null;
      byId("panel").focus();
      return this.show(id);
    };
    byId("panel").replaceChildren(
      el("h2", { text: capitalize(error.message) }),
      el("p", { class: "actions" }, el("button", { type: "button", text, on: { click: run } })),
    );
  }

  /**
   * Draw the panel. showsReason is false after a correction: the reason of the search is about the peaks before it.
   * @param {Photo} photo
   * @param {{ showsReason?: boolean }} [options]
   */
  #drawPanel(photo, { showsReason = true } = {}) {
    const isSame = this.#photo?.id === photo.id;
    this.#photo = photo;
    this.#overlay.show(photo.orientation);
    const why = (showsReason && this.#hits.find((hit) => hit.id === photo.id)?.why) || "";
    this.#fillPanel(
      isSame,
      ...panelContent(photo, {
        peakById: (id) => this.#peakList.byId(id),
        why,
        correct: () => this.#drawForm(photo),
        undoCorrection: () => this.#undoCorrection(photo.id),
        saveCorrection: (ids) => this.#saveCorrection(photo, ids),
        align: canBeAligned(photo) ? () => this.#alignMode.begin(photo) : null,
        undoAlign: () => this.#undoPose(photo.id),
        findSimilar: () => this.#page.findSimilar(photo.id),
        showOnMap: () => this.#page.showOnMap(photo),
      }),
    );
  }

  /**
   * Replace the panel's content; keeps the scroll position for the same photo.
   * @param {boolean} isSame
   * @param {Element[]} content
   */
  #fillPanel(isSame, ...content) {
    // On narrow screens the viewer scrolls instead of the panel.
    const scrollers = [byId("panel"), byId("viewer")];
    const tops = scrollers.map((one) => (isSame ? one.scrollTop : 0));
    byId("panel").replaceChildren(...content);
    scrollers.forEach((one, i) => {
      one.scrollTop = tops[i];
    });
  }

  /** @param {Photo} photo */
  #drawForm(photo) {
    const cancel = () => {
      this.#drawPanel(photo);
      byId("correct").focus();
    };
    const form = correctionForm(photo, this.#peakList.peaks, {
      cancel,
      save: (ids) => this.#saveCorrection(photo, ids),
    });
    byId("panel").replaceChildren(el("h2", { text: t("correct") }), form);
    form.querySelector("input")?.focus();
  }

  /**
   * @param {Photo} before the photo as it is now
   * @param {string[]} peakIds
   */
  async #saveCorrection(before, peakIds) {
    const { id } = before;
    await this.#change(
      () => api.saveCorrection(id, peakIds),
      () =>
        toast(t("corrected"), {
          label: t("undo"),
          // Undo restores the state before: an earlier correction, or what Cumbre recognized.
          run: () =>
            before.corrected
              ? this.#restoreCorrection(
                  id,
                  before.peaks.map((peak) => peak.id),
                )
              : this.#undoCorrection(id),
        }),
    );
  }

  /** @param {string} id */
  #undoCorrection(id) {
    return this.#change(
      () => api.undoCorrection(id),
      () => toast(t("undone")),
    );
  }

  /**
   * @param {string} id
   * @param {string[]} peakIds
   */
  #restoreCorrection(id, peakIds) {
    return this.#change(
      () => api.saveCorrection(id, peakIds),
      () => toast(t("undone")),
    );
  }

  /**
   * Save a pose. Undo restores the state before: an earlier pose by a person, or that of skyline and compass.
   * @param {Photo} photo
   * @param {CameraPose} pose
   */
  #savePose(photo, pose) {
    const { id, orientation: before } = photo;
    return this.#changePose(
      () => api.saveOrientation(id, pose),
      () => {
        this.#overlay.setVisible(true);
        toast(t("align_saved"), {
          label: t("undo"),
          run: () =>
            before?.said
              ? this.#changePose(
                  () => api.saveOrientation(id, before),
                  () => toast(t("align_undone")),
                )
              : this.#undoPose(id),
        });
      },
    );
  }

  /** @param {string} id */
  #undoPose(id) {
    return this.#changePose(
      () => api.undoOrientation(id),
      () => toast(t("align_undone")),
    );
  }

  /**
   * @param {() => Promise<Photo>} request
   * @param {() => void} done
   */
  #changePose(request, done) {
    return this.#change(
      async () => {
        const photo = await request();
        if (this.#wanted === photo.id) this.#alignMode.end();
        return photo;
      },
      done,
      "align-names",
    );
  }

  /**
   * Send a change and redraw the panel.
   * @param {() => Promise<Photo>} request resolves to the changed photo
   * @param {() => void} done called after success
   * @param {"correct" | "align-names"} focusId id of the element to focus
   */
  async #change(request, done, focusId = "correct") {
    try {
      const photo = await request();
      if (this.#wanted === photo.id) {
        this.#drawPanel(photo, { showsReason: false });
        byId(focusId)?.focus({ preventScroll: true });
      }
      done();
      this.#page.onChange();
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

  /** @param {1 | -1} by */
  async #step(by) {
    const at = this.#position();
    if (at < 0) return;
    if (at + by >= this.#hits.length && this.#page.hasMore()) await this.#page.loadMore();
    const next = this.#hits[at + by];
    if (next && this.#position() === at) this.#page.goTo(next.id);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // On some keyboards brackets need AltGr, which sets altKey and ctrlKey, too.
    const isShortcut = (event.altKey || event.ctrlKey || event.metaKey) && !event.getModifierState("AltGraph");
    if (targetOf(event).matches("input") || isShortcut) return;
    if (this.#alignMode.onKey(event) || this.#zoom.onKey(event) || this.#alignMode.isOn) return;
    if (event.key === "ArrowLeft") this.#step(-1);
    else if (event.key === "ArrowRight") this.#step(1);
    else if (event.key.toLowerCase() === "n") this.#overlay.toggle();
  }

  /**
   * A click beside the picture closes the viewer.
   * @param {HTMLElement} stage
   */
  #listenForClicksBeside(stage) {
    const isBeside = (/** @type {MouseEvent} */ event) =>
      event.target === stage && !this.#zoom.isZoomed && !this.#alignMode.isOn && !isOnPicture(byId("large"), event);
    // Both the press and the release must be beside the picture.
    let began = false;
    stage.addEventListener("pointerdown", (event) => {
      began = isBeside(event);
    });
    stage.addEventListener("click", (event) => {
      if (began && isBeside(event)) this.#page.close();
    });
  }
}
