// A peak with its probability as a bar, and the numbers behind it.
//
// There are two probabilities. `probability` answers "which mountain is this?": it sums to 1 over all peaks and "none".
// `in_view` answers "is it in this photo?", which can be true for several peaks.

import { el } from "../ui/dom.js";
import { bearing, distance, metres, number, offset, percent, capitalize, t } from "../ui/i18n.js";

/** @import { PeakCount, Prediction } from "openapi" */
/** @typedef {"probability" | "in_view"} Kind */

/**
 * Create the list item of a peak.
 * @param {Prediction} prediction
 * @param {PeakCount | null | undefined} peak the catalogue's entry, if any
 * @param {{ corrected?: boolean, brief?: boolean, named?: boolean, by?: Kind,
 *   action?: ?HTMLElement }} options corrected: people said so; brief: without numbers; named: with its name; by: which
 *   probability the bar shows; action: a button
 * @returns {HTMLLIElement}
 */
export function peakEvidence(
  prediction,
  peak,
  { corrected = false, brief = false, named = true, by = "probability", action = null } = {},
) {
  const probability = corrected ? 1 : probabilityOf(prediction, by);
  const head = el(
    "div",
    { class: "ev-head" },
    named ? el("span", { class: "ev-name", text: prediction.name }) : null,
    peak ? el("span", { class: "ev-elev", text: metres(peak.elev_m) }) : null,
    el("span", { class: "ev-p", text: corrected ? t("you_said_so") : percent(probability) }),
    action,
  );
  const bar = el(
    "div",
    { class: corrected ? "bar corrected" : "bar", "aria-hidden": "true" },
    el("span", { vars: { p: probability } }),
  );
  const facts = brief ? null : numbers(prediction, by, corrected);
  const why = prediction.why && !corrected ? el("p", { class: "ev-why", text: capitalize(prediction.why) }) : null;
  return el("li", { class: "evidence" }, head, bar, why, facts);
}

/**
 * Return the probability of a kind. in_view is null without geometry; then it is `probability`.
 * @param {Prediction} prediction
 * @param {Kind} by
 */
export const probabilityOf = (prediction, by) => prediction[by] ?? prediction.probability;

/**
 * @param {Prediction} prediction
 * @param {Kind} by
 * @param {boolean} corrected
 */
function numbers(prediction, by, corrected) {
  const other = by === "in_view" ? "probability" : "in_view";
  /** @type {[string, ?string][]} */
  const rows = [
    ["direction", prediction.bearing_deg === null ? null : bearing(prediction.bearing_deg)],
    ["offset", prediction.offset_deg === null ? null : offset(prediction.offset_deg)],
    ["distance", prediction.distance_m === null ? null : distance(prediction.distance_m)],
    ["apparent", prediction.elevation_deg === null ? null : `${number(prediction.elevation_deg, 1)}°`],
    // Without geometry there is only one probability, which the bar shows; a correction has none.
    [other, prediction.in_view === null || corrected ? null : percent(probabilityOf(prediction, other))],
  ];
  const known = rows.filter(([, value]) => value !== null);
  return known.length
    ? el(
        "dl",
        { class: "numbers" },
        known.map(([key, value]) => el("div", {}, el("dt", { text: t(key) }), el("dd", {}, value))),
      )
    : null;
}
