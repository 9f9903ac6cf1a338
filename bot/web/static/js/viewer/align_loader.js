// Align mode of the viewer: a person aligns the names with the summits. The tool itself is loaded on first use.

import * as api from "../net/api.js";
import { byId } from "../ui/dom.js";
import { loadStylesheet } from "../ui/lazy_css.js";
import { hideToast, toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

/** @import { PeaksAround, Photo } from "openapi" */
/** @import { CameraPose } from "../geo/pinhole.js" */
/** @import { AlignTool } from "./align_tool.js" */
/** @import { SummitOverlay } from "./summit_overlay.js" */
/** @import { Zoom } from "./zoom.js" */

// In step with cumbre/pose/preconditions.py: a wider picture is a panorama, which the pinhole model does not fit.
const PANORAMA_RATIO = 2.2;

/**
 * Return whether a photo can be aligned: its place and altitude are known, and it is no panorama.
 * @param {Photo} photo
 */
export function canBeAligned({ width, height, gps }) {
  if (!width || !height || !gps || gps.altitude_m === null) return false;
  return Math.max(width, height) < PANORAMA_RATIO * Math.min(width, height);
}

/** Starts and ends the alignment of a photo. */
export class AlignMode {
  #viewer;
  /** @type {?AlignTool} */
  #tool = null;
  /** @type {?Photo} */
  #wanted = null;
  #isSaving = false;

  /**
   * @param {{ stage: HTMLElement, image: HTMLImageElement, overlay: SummitOverlay, zoom: Zoom,
   *   save: (photo: Photo, pose: CameraPose) => Promise<void> }} viewer parts of the viewer; save stores a camera pose
   */
  constructor(viewer) {
    this.#viewer = viewer;
  }

  get isOn() {
    return this.#tool !== null;
  }

  /**
   * Load the tool and the summits around the photo, then start.
   * @param {Photo} photo see canBeAligned()
   */
  async begin(photo) {
    if (!photo.gps) return;
    this.#wanted = photo;
    try {
      const [{ AlignTool }, peaks] = await Promise.all([
        import("./align_tool.js"),
        api.peaksAround(photo.gps),
        loadStylesheet("/static/css/align_tool.css"),
      ]);
      if (this.#wanted !== photo || this.isOn) return;
      if (peaks.length) this.#open(AlignTool, photo, peaks);
      else toast(t("align_no_peaks"));
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      toast(error.message);
    }
  }

  /** End without saving. */
  end() {
    this.#wanted = null;
    if (!this.#tool) return;
    this.#tool.end();
    this.#tool = null;
    this.#toggle(false);
    this.#viewer.overlay.showLive(null);
  }

  /** End without saving and return the focus to the button that started it. */
  cancel() {
    this.end();
    byId("align-names")?.focus({ preventScroll: true });
  }

  /**
   * Handle a key; returns whether it was handled.
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    return this.#tool?.onKey(event) ?? false;
  }

  /**
   * @param {typeof AlignTool} Tool
   * @param {Photo} photo
   * @param {PeaksAround["peaks"]} peaks
   */
  #open(Tool, photo, peaks) {
    hideToast();
    this.#toggle(true);
    const { stage, image, overlay } = this.#viewer;
    this.#tool = new Tool(photo, peaks, {
      stage,
      image,
      onMove: (summits) => overlay.showLive(summits),
      save: (pose) => this.#save(photo, pose),
      cancel: () => this.cancel(),
    });
  }

  /**
   * @param {Photo} photo
   * @param {CameraPose} pose
   */
  async #save(photo, pose) {
    if (this.#isSaving) return;
    this.#isSaving = true;
    await this.#viewer.save(photo, pose).finally(() => {
      this.#isSaving = false;
    });
  }

  /**
   * Show or hide the strip; while it is shown, the rest of the viewer is inactive.
   * @param {boolean} isOn
   */
  #toggle(isOn) {
    this.#viewer.zoom.reset();
    this.#viewer.zoom.pans = !isOn;
    byId("align").hidden = !isOn;
    byId("panel").inert = isOn;
    byId("viewer").classList.toggle("aligning", isOn);
  }
}
