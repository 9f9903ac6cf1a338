// The viewer's panel: the photo's peaks with their evidence, drawings of the view, and facts about the file.

import { el, icon, withCode } from "../ui/dom.js";
import { originalUrl } from "../net/api.js";
import { probabilityOf, peakEvidence } from "./peak_evidence.js";
import { options } from "../state/options.js";
import { panorama } from "./panorama.js";
import { renditionUrl } from "../ui/responsive_image.js";
import { compassRose } from "./compass_rose.js";
import { bearing, fileSize, localDate, metres, number, place, capitalize, t } from "../ui/i18n.js";

/** @import { PeakCount, Photo, Prediction } from "openapi" */

const DOWNLOAD_SIZE_PX = 2560;

/**
 * Return the content of the panel.
 * @param {Photo} photo
 * @param {object} options
 * @param {(id: string) => PeakCount | undefined} options.peakById
 * @param {string} options.why why the photo matches the search; empty if there is no reason
 * @param {() => void} options.correct opens the correction form
 * @param {(ids: string[]) => void} options.saveCorrection saves which peaks the photo shows
 * @param {() => void} options.undoCorrection
 * @param {(() => void) | null} options.align aligns the names with the summits; null if the photo can't be aligned
 * @param {() => void} options.undoAlign
 * @param {() => void} options.findSimilar searches for similar photos
 * @param {() => void} options.showOnMap
 * @returns {Element[]}
 */
export function panelContent(
  photo,
  { peakById, why, correct, undoCorrection, align, undoAlign, saveCorrection, findSimilar, showOnMap },
) {
  const shown = new Set(photo.peaks.map((peak) => peak.id));
  const by = "in_view";
  const others = photo.candidates
    .filter((peak) => !shown.has(peak.id) && peak.probability >= 0.005)
    .sort((a, b) => probabilityOf(b, by) - probabilityOf(a, by));
  const title = photo.peaks.map((peak) => peak.name).join(", ") || t(photo.corrected ? "none_here" : "no_peak");
  // The note is about the peaks that Cumbre recognized; after a correction it no longer applies.
  const note = photo.corrected ? "" : capitalize(photo.note);
  const parts = [
    el("h2", { id: "photo-title", text: title }),
    photo.local_time
      ? el("p", { class: "when", text: localDate(photo.local_time, { dateStyle: "full", timeStyle: "short" }) })
      : null,
    photo.failure ? el("p", { class: "problem" }, ...withCode(capitalize(photo.failure))) : null,
    why ? el("p", { class: "why", text: `${t("why_found")}: ${why}` }) : null,
    el("h3", { text: t("in_this_photo") }),
    panorama(photo, shown),
    photo.names_note ? el("p", { class: "note", id: "names-note" }, ...withCode(capitalize(photo.names_note))) : null,
    photo.peaks.length
      ? el(
          "ul",
          { class: "evidences" },
          photo.peaks.map((peak) =>
            peakEvidence(peak, peakById(peak.id), {
              by,
              corrected: photo.corrected,
              action: removeButton(peak, photo, saveCorrection),
            }),
          ),
        )
      : el("p", { class: "empty-note" }, ...withCode(photo.corrected ? t("you_said_so") : note || t("no_peak"))),
    photo.peaks.length && note ? el("p", { class: "note" }, ...withCode(note)) : null,
    el(
      "p",
      { class: "actions" },
      el("button", { type: "button", id: "correct", on: { click: correct } }, icon("pencil"), t("correct")),
      photo.corrected
        ? el("button", {
            type: "button",
            class: "link",
            id: "undo-correction",
            text: t("undo_correction"),
            on: { click: undoCorrection },
          })
        : null,
    ),
    align || photo.orientation?.said ? alignActions(photo, align, undoAlign) : null,
    ...(others.length
      ? [
          el("h3", { text: t("also_considered") }),
          el(
            "ul",
            { class: "evidences brief" },
            others.map((peak) =>
              peakEvidence(peak, peakById(peak.id), {
                by,
                brief: true,
                action: addButton(peak, photo, saveCorrection),
              }),
            ),
          ),
        ]
      : []),
    ...directions(photo, shown),
    el("h3", { text: t("facts") }),
    facts(photo, showOnMap),
    photo.failure
      ? null
      : el(
          "p",
          { class: "actions" },
          el(
            "button",
            { type: "button", id: "similar", on: { click: findSimilar } },
            icon("photo"),
            t("similar_photos"),
          ),
          el(
            "a",
            { class: "button", href: renditionUrl(photo.id, DOWNLOAD_SIZE_PX), download: downloadName(photo) },
            icon("download"),
            t("download"),
          ),
          options.originals
            ? el(
                "a",
                { class: "button", href: originalUrl(photo.id), download: photo.filename },
                icon("download"),
                t("download_original"),
              )
            : null,
        ),
  ];
  return parts.filter((part) => part !== null);
}

/** @type {(photo: Photo, align: ?() => void, undoAlign: () => void) => HTMLElement} */
const alignActions = ({ orientation }, align, undoAlign) =>
  el(
    "p",
    { class: "actions" },
    align ? el("button", { type: "button", id: "align-names", on: { click: align } }, icon("names"), t("align")) : null,
    orientation?.said
      ? el("button", {
          type: "button",
          class: "link",
          id: "undo-alignment",
          text: t("align_undo"),
          on: { click: undoAlign },
        })
      : null,
  );

/**
 * A button that removes a peak in one tap; the toast that follows offers undo.
 * @param {Prediction} peak
 * @param {Photo} photo
 * @param {(ids: string[]) => void} saveCorrection
 */
function removeButton(peak, photo, saveCorrection) {
  const label = t("correct_remove", { name: peak.name });
  const rest = photo.peaks.filter((one) => one.id !== peak.id).map((one) => one.id);
  return el(
    "button",
    {
      type: "button",
      class: "quiet tap",
      "aria-label": label,
      title: label,
      on: { click: () => saveCorrection(rest) },
    },
    icon("close"),
  );
}

/**
 * @param {Prediction} peak
 * @param {Photo} photo
 * @param {(ids: string[]) => void} saveCorrection
 */
function addButton(peak, photo, saveCorrection) {
  const label = t("correct_also", { name: peak.name });
  const all = [...photo.peaks.map((one) => one.id), peak.id];
  return el(
    "button",
    { type: "button", class: "quiet tap", "aria-label": label, title: label, on: { click: () => saveCorrection(all) } },
    icon("check"),
  );
}

/**
 * @param {Photo} photo
 * @param {Set<string>} shown
 */
function directions(photo, shown) {
  const drawing = compassRose(photo, shown);
  return drawing ? [el("h3", { text: t("compass_rose") }), drawing] : [];
}

/** @param {Photo} photo */
const downloadName = (photo) => `${photo.filename.replace(/\.[^.]*$/, "") || "photo"}.jpg`;

/**
 * @param {Photo} photo
 * @param {() => void} showOnMap
 */
function facts(photo, showOnMap) {
  const { gps, gps_error_m: gpsErrorM } = photo;
  const onMap = el("button", {
    type: "button",
    class: "link",
    id: "on-map",
    text: t("on_map"),
    on: { click: showOnMap },
  });
  const margin = gpsErrorM ? ` ± ${metres(gpsErrorM)}` : "";
  /** @type {[string, ?string | (string | Node)[]][]} */
  const rows = [
    ["taken", photo.local_time && timeText(photo.local_time, photo.shot_time)],
    ["place", gps && [`${place(gps)}${margin}`, " ", onMap]],
    ["altitude", gps && gps.altitude_m !== null ? metres(gps.altitude_m) : null],
    ["heading", photo.heading_deg === null ? null : bearing(photo.heading_deg)],
    ["field_of_view", photo.hfov_deg === null ? null : `${number(photo.hfov_deg)}°`],
    ["camera", photo.camera],
    ["size", photo.width ? `${photo.width} × ${photo.height} · ${photo.format} · ${fileSize(photo.size_bytes)}` : null],
    ["file", breakable(photo.path)],
    ["indexed_by", photo.model_id],
  ];
  return el(
    "dl",
    { class: "facts" },
    rows.map(([key, text]) => (text ? el("div", {}, el("dt", { text: t(key) }), el("dd", {}, text)) : null)),
  );
}

/**
 * Let a path wrap after its slashes rather than inside names.
 * @param {string} path
 * @returns {(string | Node)[]}
 */
const breakable = (path) => path.split("/").flatMap((part, i) => (i ? ["/", el("wbr"), part] : [part]));

/**
 * Format the time; without a time zone from the camera, say that it is the camera's clock.
 * @param {string} localTime
 * @param {?string} shotTime
 */
function timeText(localTime, shotTime) {
  const zone = localTime.slice(19).replace(/^\.\d+/, "");
  const clock = localDate(localTime, { dateStyle: "medium", timeStyle: "medium" });
  return localTime === shotTime ? `${clock} (${t("camera_clock")})` : `${clock} (UTC${zone})`;
}
