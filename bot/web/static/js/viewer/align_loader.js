// The full view while a person lays the names on the summits. What that takes is loaded when it is first wanted.

import * as api from "../net/api.js";
import { byId } from "../ui/dom.js";
import { styled } from "../ui/lazy_css.js";
import { hideToast, toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

// In step with cumbre/pose/preconditions.py: no lens draws a panorama.
const PANORAMA = 2.2;

/** Where summits can be known: from a place with its altitude, by one view. */
export const canBeAligned = ({ width, height, gps }) =>
  Boolean(width && gps && gps.altitude_m !== null && Math.max(width, height) < PANORAMA * Math.min(width, height));

export class Aligning {
  #view;
  #alignment = null;
  #wanted = null;
  #isSaving = false;

  /** view: the stage, image, names and zoom of the full view; save(photo, aim) keeps what fits. */
  constructor(view) {
    this.#view = view;
  }

  get isOn() {
    return this.#alignment !== null;
  }

  async begin(photo) {
    this.#wanted = photo;
    try {
      const [{ Alignment }, peaks] = await Promise.all([import("./align_tool.js"), api.around(photo.gps), styled("/static/css/align_tool.css")]);
      if (this.#wanted !== photo || this.isOn) return;
      if (peaks.length) this.#open(Alignment, photo, peaks);
      else toast(t("align_no_peaks"));
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      toast(error.message);
    }
  }

  /** Whatever was not kept is dropped. */
  end() {
    this.#wanted = null;
    if (!this.isOn) return;
    this.#alignment.end();
    this.#alignment = null;
    this.#change(false);
    this.#view.names.follow(null);
  }

  cancel() {
    this.end();
    byId("align-names")?.focus({ preventScroll: true });
  }

  /** Says whether the key was one of ours. */
  onKey(event) {
    return this.isOn && this.#alignment.onKey(event);
  }

  #open(Alignment, photo, peaks) {
    hideToast();
    this.#change(true);
    const { stage, image, names } = this.#view;
    this.#alignment = new Alignment(photo, peaks, {
      stage, image, moved: (summits) => names.follow(summits), fits: (aim) => this.#save(photo, aim), cancel: () => this.cancel(),
    });
  }

  async #save(photo, aim) {
    if (this.#isSaving) return;
    this.#isSaving = true;
    await this.#view.save(photo, aim).finally(() => { this.#isSaving = false; });
  }

  /** The strip comes, or goes, and the rest of the view rests meanwhile. */
  #change(isOn) {
    this.#view.zoom.reset();
    this.#view.zoom.pans = !isOn;
    byId("align").hidden = !isOn;
    byId("panel").inert = isOn;
    byId("viewer").classList.toggle("aligning", isOn);
  }
}
