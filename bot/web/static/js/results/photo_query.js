// The panel of a query photo: its preview and the peaks that were identified, above the search results.

import { addPhoto, ApiError } from "../net/api.js";
import { byId, el, icon, targetOf, withCode } from "../ui/dom.js";
import { peakEvidence } from "../viewer/peak_evidence.js";
import { toast } from "../ui/toast.js";
import { metres, capitalize, t } from "../ui/i18n.js";

/** @import { Identification, PeakCount, Photo } from "openapi" */

const ALTERNATIVES_MAX = 3;
/** @type {?string} */
let previewUrl = null;
/**
 * The file that was added last: the panel is redrawn after every search and must not offer to add it again.
 * @type {?File}
 */
let addedFile = null;

/**
 * Show an empty panel with a preview for a new query photo; null hides the panel.
 * @param {?File} file
 */
export function resetPhotoQuery(file) {
  if (previewUrl) URL.revokeObjectURL(previewUrl);
  previewUrl = file ? URL.createObjectURL(file) : null;
  byId("question").hidden = !file;
  byId("question").replaceChildren();
}

/**
 * Draw the panel.
 * @param {File} file the query photo
 * @param {{ identification?: ?Identification, error?: string, peakById: (id: string) => PeakCount | undefined,
 *   dismiss: () => void, onAdded: (photo: Photo) => void }} options without identification and error the panel shows
 *   that it is waiting
 */
export function drawPhotoQuery(file, { identification = null, error = "", peakById, dismiss, onAdded }) {
  const panel = byId("question");
  const answer = el("div", { class: "answer" });
  if (error) answer.append(el("h2", {}, ...withCode(capitalize(error))));
  else if (!identification) answer.append(el("h2", { class: "waiting", text: t("looking") }));
  else answer.append(...findings(identification, peakById));
  const button = el("button", {
    type: "button",
    text: t("keep"),
    hidden: Boolean(error) || !identification,
    on: { click: () => addToAlbum(file, button, onAdded) },
  });
  if (addedFile === file) showAdded(button);
  answer.append(
    el(
      "p",
      { class: "actions" },
      button,
      el("button", { type: "button", class: "link", text: t("dismiss"), on: { click: dismiss } }),
    ),
  );
  panel.replaceChildren(preview(), answer);
}

/**
 * @param {Identification} identification
 * @param {(id: string) => PeakCount | undefined} peakById
 */
function findings(identification, peakById) {
  const answer = identification.peaks.find((peak) => peak.id === identification.answer);
  const others = identification.peaks.filter((peak) => peak !== answer).slice(0, ALTERNATIVES_MAX);
  const parts = [];
  if (answer) {
    const peak = peakById(answer.id);
    parts.push(
      el(
        "h2",
        {},
        el("span", { class: "lead", text: t("this_is") }),
        el("strong", { text: answer.name }),
        peak ? el("span", { class: "elev", text: metres(peak.elev_m) }) : null,
      ),
    );
    parts.push(
      el(
        "ul",
        { class: "evidences" },
        peakEvidence(answer, null, { named: false, corrected: identification.used.includes("correction") }),
      ),
    );
  } else {
    parts.push(el("h2", { text: t("no_answer") }));
  }
  if (identification.note) parts.push(el("p", { class: "note" }, ...withCode(capitalize(identification.note))));
  if (others.length) {
    parts.push(el("h3", { text: t(answer ? "also_considered" : "also_possible") }));
    parts.push(
      el(
        "ul",
        { class: "evidences brief" },
        others.map((peak) => peakEvidence(peak, peakById(peak.id), { brief: true })),
      ),
    );
  }
  if (identification.used.length) {
    /** @type {Record<string, string>} */
    const names = { geometry: t("used_geometry"), appearance: t("used_appearance"), correction: t("used_correction") };
    parts.push(
      el("p", {
        class: "used",
        text: t("decided_by", { what: identification.used.map((one) => names[one] || one).join(", ") }),
      }),
    );
  }
  return parts;
}

function preview() {
  // Not every browser can decode every format (HEIC): show the ridge icon instead.
  const fallBack = (/** @type {Event} */ event) => targetOf(event).replaceWith(icon("ridge", "ridge"));
  return el("div", { class: "preview" }, el("img", { src: previewUrl, alt: t("your_photo"), on: { error: fallBack } }));
}

/**
 * @param {File} file
 * @param {HTMLButtonElement} button
 * @param {(photo: Photo) => void} onAdded
 */
async function addToAlbum(file, button, onAdded) {
  button.disabled = true;
  try {
    const { photo } = await addPhoto(file);
    addedFile = file;
    showAdded(button);
    onAdded(photo);
  } catch (error) {
    button.disabled = false;
    if (!(error instanceof ApiError)) throw error;
    toast(error.message);
  }
}

/** @param {HTMLButtonElement} button */
function showAdded(button) {
  button.disabled = true;
  button.replaceChildren(icon("check"), t("kept"));
}
