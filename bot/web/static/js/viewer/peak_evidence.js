// A peak with its probability as a bar, and the numbers behind it.
//
// Two numbers say how likely: the share of the view (all peaks and "none" sum to 1) answers "which mountain is this?",
// the chance to be in view answers "is it in this photo?", where several peaks can be at once.

import { el } from "../ui/dom.js";
import { bearing, distance, metres, number, offset, percent, sentence, t } from "../ui/i18n.js";

/** found is a prediction of the API; peak the catalogue's entry, if there is one; action a button for the row. */
export function evidence(found, peak, { corrected = false, brief = false, named = true, by = "probability", action = null } = {}) {
  const likely = corrected ? 1 : chance(found, by);
  const head = el("div", { class: "ev-head" },
    named ? el("span", { class: "ev-name", text: found.name }) : null,
    peak ? el("span", { class: "ev-elev", text: metres(peak.elev_m) }) : null,
    el("span", { class: "ev-p", text: corrected ? t("you_said_so") : percent(likely) }), action);
  const bar = el("div", { class: corrected ? "bar said" : "bar", "aria-hidden": "true" }, el("span", { vars: { p: likely } }));
  const facts = brief ? null : numbers(found, by, corrected);
  const why = found.why && !corrected ? el("p", { class: "ev-why", text: sentence(found.why) }) : null;
  return el("li", { class: "evidence" }, head, bar, why, facts);
}

/** The number that counts: in_view is not known where geometry did not speak. */
export const chance = (found, by) => found[by] ?? found.probability;

function numbers(found, by, corrected) {
  const other = by === "in_view" ? "probability" : "in_view";
  const rows = [
    ["direction", found.bearing_deg === null ? null : bearing(found.bearing_deg)],
    ["offset", found.offset_deg === null ? null : offset(found.offset_deg)],
    ["distance", found.distance_m === null ? null : distance(found.distance_m)],
    ["apparent", found.elevation_deg === null ? null : `${number(found.elevation_deg, 1)}°`],
    // Without geometry there is one number only, and the bar shows it; what a person said is no matter of numbers.
    [other, found.in_view === null || corrected ? null : percent(found[other])],
  ].filter(([, value]) => value !== null);
  return rows.length ? el("dl", { class: "numbers" }, rows.map(([key, value]) => el("div", {}, el("dt", { text: t(key) }), el("dd", { text: value })))) : null;
}
