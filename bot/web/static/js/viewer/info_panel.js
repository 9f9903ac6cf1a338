// The panel beside a large picture: its peaks with their evidence, and its facts.

import { el, icon, withCommands } from "../ui/dom.js";
import { original } from "../net/api.js";
import { chance, evidence } from "./peak_evidence.js";
import { options } from "../state/options.js";
import { panorama } from "./panorama.js";
import { rendition } from "../ui/responsive_image.js";
import { rose } from "./compass_rose.js";
import { bearing, fileSize, localDate, metres, number, place, sentence, t } from "../ui/i18n.js";

const LARGEST = 2560;

/**
 * actions: say(ids) says which peaks it shows, correct() opens the form for that, undo() takes it back; align(), if it is
 * possible, lays the names on the summits, undoAlign() takes that back; similar() looks for photos like this one, map()
 * shows where it was taken. why is the reason of the search, if any.
 */
export function panelContent(photo, { peakById, why, correct, undo, align, undoAlign, say, similar, map }) {
  const shown = new Set(photo.peaks.map((peak) => peak.id));
  const by = "in_view";
  const others = photo.candidates
    .filter((peak) => !shown.has(peak.id) && peak.probability >= 0.005)
    .sort((a, b) => chance(b, by) - chance(a, by));
  const title = photo.peaks.map((peak) => peak.name).join(", ") || t(photo.corrected ? "none_here" : "no_peak");
  // What Cumbre remarks on speaks of the peaks that it saw: after a correction it no longer holds.
  const note = photo.corrected ? "" : sentence(photo.note);
  const parts = [
    el("h2", { id: "photo-title", text: title }),
    photo.local_time ? el("p", { class: "when", text: localDate(photo.local_time, { dateStyle: "full", timeStyle: "short" }) }) : null,
    photo.failure ? el("p", { class: "problem" }, ...withCommands(sentence(photo.failure))) : null,
    why ? el("p", { class: "why", text: `${t("why_found")}: ${why}` }) : null,
    el("h3", { text: t("in_this_photo") }),
    panorama(photo, shown),
    photo.names_note ? el("p", { class: "note", id: "names-note" }, ...withCommands(sentence(photo.names_note))) : null,
    photo.peaks.length
      ? el("ul", { class: "evidences" }, photo.peaks.map((peak) => evidence(peak, peakById(peak.id), { by, corrected: photo.corrected, action: notThis(peak, photo, say) })))
      : el("p", { class: "teach" }, ...withCommands(photo.corrected ? t("you_said_so") : note || t("no_peak"))),
    photo.peaks.length && note ? el("p", { class: "note" }, ...withCommands(note)) : null,
    el("p", { class: "actions" },
      el("button", { type: "button", id: "correct", on: { click: correct } }, icon("pencil"), t("correct")),
      photo.corrected ? el("button", { type: "button", class: "link", id: "undo-correction", text: t("undo_correction"), on: { click: undo } }) : null),
    align || photo.orientation?.said ? alignment(photo, align, undoAlign) : null,
    ...(others.length
      ? [el("h3", { text: t("also_considered") }), el("ul", { class: "evidences brief" }, others.map((peak) => evidence(peak, peakById(peak.id), { by, brief: true, action: thisToo(peak, photo, say) })))]
      : []),
    ...directions(photo, shown),
    el("h3", { text: t("facts") }),
    facts(photo, map),
    photo.failure ? null : el("p", { class: "actions" },
      el("button", { type: "button", id: "similar", on: { click: similar } }, icon("photo"), t("similar_photos")),
      el("a", { class: "button", href: rendition(photo.id, LARGEST), download: downloadName(photo) }, icon("download"), t("download")),
      options.originals ? el("a", { class: "button", href: original(photo.id), download: photo.filename }, icon("download"), t("download_original")) : null),
  ];
  return parts.filter(Boolean);
}

const alignment = ({ orientation }, align, undoAlign) => el("p", { class: "actions" },
  align ? el("button", { type: "button", id: "align-names", on: { click: align } }, icon("names"), t("align")) : null,
  orientation?.said ? el("button", { type: "button", class: "link", id: "undo-alignment", text: t("align_undo"), on: { click: undoAlign } }) : null);

// One tap says it; the toast that follows takes it back.
function notThis(peak, photo, say) {
  const label = t("correct_remove", { name: peak.name });
  const rest = photo.peaks.filter((one) => one.id !== peak.id).map((one) => one.id);
  return el("button", { type: "button", class: "quiet tap", "aria-label": label, title: label, on: { click: () => say(rest) } }, icon("close"));
}

function thisToo(peak, photo, say) {
  const label = t("correct_also", { name: peak.name });
  const all = [...photo.peaks.map((one) => one.id), peak.id];
  return el("button", { type: "button", class: "quiet tap", "aria-label": label, title: label, on: { click: () => say(all) } }, icon("check"));
}

function directions(photo, shown) {
  const drawing = rose(photo, shown);
  return drawing ? [el("h3", { text: t("compass_rose") }), drawing] : [];
}

const downloadName = (photo) => `${photo.filename.replace(/\.[^.]*$/, "") || "photo"}.jpg`;

function facts(photo, map) {
  const rows = [
    ["taken", photo.local_time && taken(photo)],
    ["place", photo.gps && `${place(photo.gps)}${photo.gps_error_m ? ` ± ${metres(photo.gps_error_m)}` : ""}`],
    ["altitude", photo.gps && photo.gps.altitude_m !== null && metres(photo.gps.altitude_m)],
    ["heading", photo.heading_deg !== null && bearing(photo.heading_deg)],
    ["field_of_view", photo.hfov_deg !== null && `${number(photo.hfov_deg)}°`],
    ["camera", photo.camera],
    ["size", photo.width && `${photo.width} × ${photo.height} · ${photo.format} · ${fileSize(photo.size_bytes)}`],
    ["file", breakable(photo.path)],
    ["indexed_by", photo.model_id],
  ].filter(([, value]) => value);
  const value = (key, text) => (key === "place"
    ? el("dd", {}, text, " ", el("button", { type: "button", class: "link", id: "on-map", text: t("on_map"), on: { click: map } }))
    : el("dd", {}, text));
  return el("dl", { class: "facts" }, rows.map(([key, text]) => el("div", {}, el("dt", { text: t(key) }), value(key, text))));
}

/** A path that is broken at the ends of its folders, sooner than in a name. */
const breakable = (path) => path.split("/").flatMap((part, i) => (i ? ["/", el("wbr"), part] : [part]));

// A local time without its zone came from a camera that knew none: said, since it may be any zone's.
function taken(photo) {
  const zone = photo.local_time.slice(19).replace(/^\.\d+/, "");
  const clock = localDate(photo.local_time, { dateStyle: "medium", timeStyle: "medium" });
  return photo.local_time === photo.shot_time ? `${clock} (${t("camera_clock")})` : `${clock} (UTC${zone})`;
}
