// The panel beside a large picture: its peaks with their evidence, and its facts.

import { el, icon } from "./elements.js";
import { chance, evidence } from "./evidence.js";
import { panorama } from "./panorama.js";
import { bearing, fileSize, localDate, metres, number, place, sentence, t } from "./words.js";

/** actions: correct() opens the form, undo() takes a correction back. why is the reason of the search, if any. */
export function panelContent(photo, { peakById, why, correct, undo }) {
  const shown = new Set(photo.peaks.map((peak) => peak.id));
  const by = "in_view";
  const others = photo.candidates
    .filter((peak) => !shown.has(peak.id) && peak.probability >= 0.005)
    .sort((a, b) => chance(b, by) - chance(a, by));
  const title = photo.peaks.map((peak) => peak.name).join(", ") || t("none_here");
  const parts = [
    el("h2", { id: "photo-title", text: title }),
    photo.local_time ? el("p", { class: "when", text: localDate(photo.local_time, { dateStyle: "full", timeStyle: "short" }) }) : null,
    photo.failure ? el("p", { class: "problem", text: photo.failure }) : null,
    why ? el("p", { class: "why", text: `${t("why_found")}: ${why}` }) : null,
    el("h3", { text: t("in_this_photo") }),
    panorama(photo, shown),
    photo.peaks.length
      ? el("ul", { class: "evidences" }, photo.peaks.map((peak) => evidence(peak, peakById(peak.id), { by, corrected: photo.corrected })))
      : el("p", { class: "teach", text: photo.corrected ? t("you_said_so") : sentence(photo.note) || t("none_here") }),
    photo.peaks.length && photo.note ? el("p", { class: "note", text: sentence(photo.note) }) : null,
    el("p", { class: "actions" },
      el("button", { type: "button", id: "correct", on: { click: correct } }, icon("pencil"), t("correct")),
      photo.corrected ? el("button", { type: "button", class: "link", id: "undo-correction", text: t("undo_correction"), on: { click: undo } }) : null),
    ...(others.length
      ? [el("h3", { text: t("also_considered") }), el("ul", { class: "evidences brief" }, others.map((peak) => evidence(peak, peakById(peak.id), { by, brief: true })))]
      : []),
    el("h3", { text: t("facts") }),
    facts(photo),
  ];
  return parts.filter(Boolean);
}

function facts(photo) {
  const rows = [
    ["taken", photo.local_time && taken(photo)],
    ["place", photo.gps && `${place(photo.gps)}${photo.gps_error_m ? ` ± ${metres(photo.gps_error_m)}` : ""}`],
    ["altitude", photo.gps && photo.gps.altitude_m !== null && metres(photo.gps.altitude_m)],
    ["heading", photo.heading_deg !== null && bearing(photo.heading_deg)],
    ["field_of_view", photo.hfov_deg !== null && `${number(photo.hfov_deg)}°`],
    ["camera", photo.camera],
    ["size", photo.width && `${photo.width} × ${photo.height} · ${photo.format} · ${fileSize(photo.size_bytes)}`],
    ["file", photo.path],
    ["indexed_by", photo.model_id],
  ].filter(([, value]) => value);
  return el("dl", { class: "facts" }, rows.map(([key, value]) => el("div", {}, el("dt", { text: t(key) }), el("dd", { text: value }))));
}

// A local time without its zone came from a camera that knew none: said, since it may be any zone's.
function taken(photo) {
  const zone = photo.local_time.slice(19).replace(/^\.\d+/, "");
  const clock = localDate(photo.local_time, { dateStyle: "medium", timeStyle: "medium" });
  return photo.local_time === photo.shot_time ? `${clock} (${t("camera_clock")})` : `${clock} (UTC${zone})`;
}
