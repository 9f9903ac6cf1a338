// Align mode of the viewer: a person aligns the names with the summits. The tool itself is loaded on first use.

import * as api from "../net/api.js";
import { byId } from "../ui/dom.js";
import { loadStylesheet } from "../ui/lazy_css.js";
import { hideToast, toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

// In step with cumbre/pose/preconditions.py: a wider picture is a panorama, which the pinhole model does not fit.
const PANORAMA_RATIO = 2.2;

/** Return whether a photo can be aligned: its place and altitude are known, and it is no panorama. */
export const canBeAligned = ({ width, height, gps }) =>
  Boolean(
    width && gps && gps.altitude_m !== null && Math.max(width, height) < PANORAMA_RATIO * Math.min(width, height),
  );

/** Starts and ends the alignment of a photo. */
export class AlignMode {
  #viewer;
  #tool = null;
  #wanted = null;
  #isSaving = false;

  /**
   * @param {{ stage: HTMLElement, image: HTMLImageElement, overlay: object, zoom: object,
   *   save: (photo: object, pose: object) => Promise<void> }} viewer parts of the viewer; save stores a camera pose
   */
  constructor(viewer) {
    this.#viewer = viewer;
  }

  get isOn() {
    return this.#tool !== null;
  }

  /** Load the tool and the summits around the photo, then start. */
  async begin(photo) {
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
    if (!this.isOn) return;
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

  /** Handle a key; returns whether it was handled. */
  onKey(event) {
    return this.isOn && this.#tool.onKey(event);
  }

  #open(AlignTool, photo, peaks) {
    hideToast();
    this.#toggle(true);
    const { stage, image, overlay } = this.#viewer;
    this.#tool = new AlignTool(photo, peaks, {
      stage,
      image,
      onMove: (summits) => overlay.showLive(summits),
      save: (pose) => this.#save(photo, pose),
      cancel: () => this.cancel(),
    });
  }

  async #save(photo, pose) {
    if (this.#isSaving) return;
    this.#isSaving = true;
    await this.#viewer.save(photo, pose).finally(() => {
      this.#isSaving = false;
    });
  }

  /** Show or hide the strip; while it is shown, the rest of the viewer is inactive. */
  #toggle(isOn) {
    this.#viewer.zoom.reset();
    this.#viewer.zoom.pans = !isOn;
    byId("align").hidden = !isOn;
    byId("panel").inert = isOn;
    byId("viewer").classList.toggle("aligning", isOn);
  }
}
