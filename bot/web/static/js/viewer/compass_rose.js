// The compass rose of a photo: where the camera looked, where the summits stand, how sure it is that they are in view.

import { chance } from "./peak_evidence.js";
import { draw } from "../ui/svg.js";
import { bearing, t } from "../ui/i18n.js";

const WIDTH = 340;
const HEIGHT = 190;
const MIDDLE = WIDTH / 2;
const LEVEL = HEIGHT / 2;
const RADIUS = 70;
const NAMED_MAX = 6;
const LINE_PX = 15;
const LABEL_PX = 26;
const LEAST_SHOWN = 0.02;

/** An SVG, or null where neither the camera's direction nor that of a summit is known. */
export function rose(photo, named) {
  const summits = photo.candidates.filter((peak) => peak.bearing_deg !== null && (named.has(peak.id) || chance(peak, "in_view") >= LEAST_SHOWN));
  if (!summits.length && photo.heading_deg === null) return null;
  const shown = summits.sort((a, b) => named.has(b.id) - named.has(a.id) || chance(b, "in_view") - chance(a, "in_view"));
  const label = photo.heading_deg === null ? t("rose_summits") : t("rose", { heading: bearing(photo.heading_deg) });
  return draw("svg", { class: "rose", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    draw("circle", { class: "ring", cx: MIDDLE, cy: LEVEL, r: RADIUS }),
    view(photo),
    ticks(),
    ...shown.map((peak) => summit(peak, named.has(peak.id))),
    names(shown.slice(0, NAMED_MAX), named),
    draw("circle", { class: "camera", cx: MIDDLE, cy: LEVEL, r: 4 }));
}

const at = (deg, radius) => {
  const angle = ((deg - 90) * Math.PI) / 180;
  return [MIDDLE + radius * Math.cos(angle), LEVEL + radius * Math.sin(angle)];
};
const point = (deg, radius) => at(deg, radius).map((value) => value.toFixed(1)).join(" ");

function view({ heading_deg: heading, hfov_deg: hfov }) {
  if (heading === null) return null;
  if (hfov === null) return draw("path", { class: "heading", d: `M${MIDDLE} ${LEVEL}L${point(heading, RADIUS)}` });
  const large = hfov > 180 ? 1 : 0;
  return draw("path", {
    class: "view",
    d: `M${MIDDLE} ${LEVEL}L${point(heading - hfov / 2, RADIUS)}A${RADIUS} ${RADIUS} 0 ${large} 1 ${point(heading + hfov / 2, RADIUS)}Z`,
  });
}

function ticks() {
  const points = t("compass").split(",");
  const marks = [];
  for (let deg = 0; deg < 360; deg += 15) {
    const inner = deg % 45 ? RADIUS - 4 : RADIUS - 8;
    marks.push(draw("path", { class: "tick", d: `M${point(deg, inner)}L${point(deg, RADIUS)}` }));
  }
  for (let i = 0; i < 8; i += 2) {
    const [x, y] = at(i * 45, RADIUS - 17);
    marks.push(draw("text", { class: "point", x, y: y + 4, text: points[i] }));
  }
  return draw("g", {}, marks);
}

/** A triangle on the ring, the fainter the less sure. */
function summit(peak, isNamed) {
  const deg = peak.bearing_deg;
  return draw("path", {
    class: isNamed ? "summit named" : "summit",
    d: `M${point(deg, RADIUS + 9)}L${point(deg - 4.5, RADIUS - 1)}L${point(deg + 4.5, RADIUS - 1)}Z`,
    opacity: String(isNamed ? 1 : Math.max(0.35, chance(peak, "in_view"))),
  }, draw("title", { text: `${peak.name}: ${bearing(deg)}` }));
}

/** Names on the summits' sides of the rose, one below the other, each with a line to its summit. */
function names(peaks, named) {
  return ["end", "start"].flatMap((anchor) => {
    const side = peaks.filter((peak) => (Math.sin((peak.bearing_deg * Math.PI) / 180) < 0) === (anchor === "end"))
      .map((peak) => ({ peak, y: at(peak.bearing_deg, RADIUS + 9)[1] })).sort((a, b) => a.y - b.y);
    const step = anchor === "end" ? -1 : 1;
    spread(side);
    return side.flatMap(({ peak, y }) => {
      const x = MIDDLE + step * (RADIUS + LABEL_PX);
      return [
        draw("path", { class: "leader", d: `M${point(peak.bearing_deg, RADIUS + 10)}L${x - step * 4} ${y.toFixed(1)}` }),
        draw("text", { class: named.has(peak.id) ? "summit-label named" : "summit-label", x, y: y + 4, "text-anchor": anchor, text: peak.name }),
      ];
    });
  });
}

/** Moves labels apart until none covers another, and all are inside. */
function spread(labels) {
  labels.forEach((label, i) => { if (i) label.y = Math.max(label.y, labels[i - 1].y + LINE_PX); });
  const over = labels.length ? labels.at(-1).y - (HEIGHT - LINE_PX / 2) : 0;
  if (over > 0) for (let i = labels.length - 1, y = HEIGHT - LINE_PX / 2; i >= 0; i -= 1, y -= LINE_PX) labels[i].y = Math.min(labels[i].y, y);
}
