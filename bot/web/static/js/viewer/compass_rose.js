// The compass rose of a photo: the camera's field of view, and the summits with the probability that they are in view.

import { probabilityOf } from "./peak_evidence.js";
import { svgEl } from "../ui/svg.js";
import { bearing, t } from "../ui/i18n.js";

/** @import { Photo, Prediction } from "openapi" */
/** @typedef {Prediction & { bearing_deg: number }} Located */

const WIDTH = 340;
const HEIGHT = 190;
const CENTER_X = WIDTH / 2;
const CENTER_Y = HEIGHT / 2;
const RADIUS = 70;
const LABELS_MAX = 6;
const LINE_PX = 15;
const LABEL_PX = 26;
// Summits with a lower probability are left out.
const PROBABILITY_MIN = 0.02;

/**
 * Draw the compass rose.
 * @param {Photo} photo
 * @param {Set<string>} named ids of the peaks that the photo shows
 * @returns {?SVGElement} null if neither the heading nor the bearing of a summit is known
 */
export function compassRose(photo, named) {
  const located = /** @type {Located[]} */ (photo.candidates.filter((peak) => peak.bearing_deg !== null));
  const summits = located.filter((peak) => named.has(peak.id) || probabilityOf(peak, "in_view") >= PROBABILITY_MIN);
  if (!summits.length && photo.heading_deg === null) return null;
  const shown = summits.sort(
    (a, b) =>
      Number(named.has(b.id)) - Number(named.has(a.id)) || probabilityOf(b, "in_view") - probabilityOf(a, "in_view"),
  );
  const label = photo.heading_deg === null ? t("rose_summits") : t("rose", { heading: bearing(photo.heading_deg) });
  return svgEl(
    "svg",
    { class: "rose", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    svgEl("circle", { class: "ring", cx: CENTER_X, cy: CENTER_Y, r: RADIUS }),
    view(photo),
    ticks(),
    ...shown.map((peak) => summit(peak, named.has(peak.id))),
    labels(shown.slice(0, LABELS_MAX), named),
    svgEl("circle", { class: "camera", cx: CENTER_X, cy: CENTER_Y, r: 4 }),
  );
}

/**
 * Return the point at a bearing and a distance from the centre.
 * @type {(deg: number, radius: number) => [number, number]}
 */
const at = (deg, radius) => {
  const angle = ((deg - 90) * Math.PI) / 180;
  return [CENTER_X + radius * Math.cos(angle), CENTER_Y + radius * Math.sin(angle)];
};
/** @type {(deg: number, radius: number) => string} */
const point = (deg, radius) =>
  at(deg, radius)
    .map((value) => value.toFixed(1))
    .join(" ");

/** @param {Photo} photo */
function view({ heading_deg: heading, hfov_deg: hfov }) {
  if (heading === null) return null;
  if (hfov === null)
    return svgEl("path", { class: "heading", d: `M${CENTER_X} ${CENTER_Y}L${point(heading, RADIUS)}` });
  const largeArc = hfov > 180 ? 1 : 0;
  return svgEl("path", {
    class: "view",
    d: `M${CENTER_X} ${CENTER_Y}L${point(heading - hfov / 2, RADIUS)}A${RADIUS} ${RADIUS} 0 ${largeArc} 1 ${point(heading + hfov / 2, RADIUS)}Z`,
  });
}

function ticks() {
  const points = t("compass").split(",");
  const marks = [];
  for (let deg = 0; deg < 360; deg += 15) {
    const inner = deg % 45 ? RADIUS - 4 : RADIUS - 8;
    marks.push(svgEl("path", { class: "tick", d: `M${point(deg, inner)}L${point(deg, RADIUS)}` }));
  }
  for (let i = 0; i < 8; i += 2) {
    const [x, y] = at(i * 45, RADIUS - 17);
    marks.push(svgEl("text", { class: "point", x, y: y + 4, text: points[i] }));
  }
  return svgEl("g", {}, marks);
}

/**
 * A triangle on the ring; its opacity shows the probability.
 * @param {Located} peak
 * @param {boolean} isNamed
 */
function summit(peak, isNamed) {
  const deg = peak.bearing_deg;
  return svgEl(
    "path",
    {
      class: isNamed ? "summit named" : "summit",
      d: `M${point(deg, RADIUS + 9)}L${point(deg - 4.5, RADIUS - 1)}L${point(deg + 4.5, RADIUS - 1)}Z`,
      opacity: String(isNamed ? 1 : Math.max(0.35, probabilityOf(peak, "in_view"))),
    },
    svgEl("title", { text: `${peak.name}: ${bearing(deg)}` }),
  );
}

/**
 * A column of labels on each side of the rose, each with a leader line to its summit.
 * @param {Located[]} peaks
 * @param {Set<string>} named
 */
function labels(peaks, named) {
  return ["end", "start"].flatMap((anchor) => {
    const side = peaks
      .filter((peak) => Math.sin((peak.bearing_deg * Math.PI) / 180) < 0 === (anchor === "end"))
      .map((peak) => ({ peak, y: at(peak.bearing_deg, RADIUS + 9)[1] }))
      .sort((a, b) => a.y - b.y);
    const sign = anchor === "end" ? -1 : 1;
    spread(side);
    return side.flatMap(({ peak, y }) => {
      const x = CENTER_X + sign * (RADIUS + LABEL_PX);
      return [
        svgEl("path", {
          class: "leader",
          d: `M${point(peak.bearing_deg, RADIUS + 10)}L${x - sign * 4} ${y.toFixed(1)}`,
        }),
        svgEl("text", {
          class: named.has(peak.id) ? "summit-label named" : "summit-label",
          x,
          y: y + 4,
          "text-anchor": anchor,
          text: peak.name,
        }),
      ];
    });
  });
}

/**
 * Move labels apart vertically until none overlaps another and all are inside the drawing.
 * @param {{ y: number }[]} labels
 */
function spread(labels) {
  labels.forEach((label, i) => {
    if (i) label.y = Math.max(label.y, labels[i - 1].y + LINE_PX);
  });
  const over = labels.length ? labels[labels.length - 1].y - (HEIGHT - LINE_PX / 2) : 0;
  if (over > 0)
    for (let i = labels.length - 1, y = HEIGHT - LINE_PX / 2; i >= 0; i -= 1, y -= LINE_PX)
      labels[i].y = Math.min(labels[i].y, y);
}
