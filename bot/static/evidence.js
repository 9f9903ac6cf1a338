// A peak with its probability as a bar, and the numbers behind it. Used for a photo and for a photo in the question.

import { el } from "./elements.js";
import { bearing, distance, metres, number, offset, percent, t } from "./words.js";

/** found is a prediction of the API; peak the catalogue's entry, if there is one. */
export function evidence(found, peak, { corrected = false, brief = false, named = true } = {}) {
  const head = el("div", { class: "ev-head" },
    named ? el("span", { class: "ev-name", text: found.name }) : null,
    peak ? el("span", { class: "ev-elev", text: metres(peak.elev_m) }) : null,
    el("span", { class: "ev-p", text: corrected ? t("you_said_so") : percent(found.probability) }));
  const bar = el("div", { class: corrected ? "bar said" : "bar", "aria-hidden": "true" }, el("span", { vars: { p: found.probability } }));
  const facts = brief ? null : numbers(found);
  const why = found.why && !corrected ? el("p", { class: "ev-why", text: sentence(found.why) }) : null;
  return el("li", { class: "evidence" }, head, bar, why, facts);
}

function numbers(found) {
  const rows = [
    ["in_view", found.in_view === null ? null : percent(found.in_view)],
    ["direction", found.bearing_deg === null ? null : bearing(found.bearing_deg)],
    ["offset", found.offset_deg === null ? null : offset(found.offset_deg)],
    ["distance", found.distance_m === null ? null : distance(found.distance_m)],
    ["apparent", found.elevation_deg === null ? null : `${number(found.elevation_deg, 1)}°`],
  ].filter(([, value]) => value !== null);
  return rows.length ? el("dl", { class: "numbers" }, rows.map(([key, value]) => el("div", {}, el("dt", { text: t(key) }), el("dd", { text: value })))) : null;
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
