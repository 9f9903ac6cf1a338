// Font size of summit names, and the size of their labels in pixels.

import { canvasContext } from "../ui/canvas.js";

/** @typedef {{ text: string, px: number, weight: number, baseline: number, width: number }} Line */
/** @typedef {{ lines: Line[], width: number, height: number }} Label */

const context = canvasContext(document.createElement("canvas"));
// In units of the name's font size; the elevation below the name is smaller.
const DETAIL_SIZE = 0.8;
const NAME_BASELINE = 0.95;
const DETAIL_BASELINE = 1.98;
const DESCENT = 0.23;
// The font size in rem is SMALLEST plus the picture's width divided by WIDTH_PX_PER_REM, and at most LARGEST.
const SMALLEST = 0.76;
const LARGEST = 1.7;
const WIDTH_PX_PER_REM = 4200;
// Names are truncated to this share of the picture's width.
const NAME_SHARE = 0.42;

/** Return the size of a rem in pixels, so that labels follow the reader's font size. */
export const remPx = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

/**
 * Return the font size in pixels for a picture that is displayed at this width.
 * @param {number} widthPx
 */
export const fontPxFor = (widthPx) => remPx() * Math.min(LARGEST, SMALLEST + widthPx / WIDTH_PX_PER_REM);

/**
 * Measure a label: a name and, unless empty, a detail below it.
 * @param {string} name
 * @param {string} detail
 * @param {number} fontPx
 * @param {number} widthPx of the picture
 * @returns {Label} in pixels; the texts may be truncated
 */
export function measureLabel(name, detail, fontPx, widthPx) {
  const lines = [line(name, fontPx, 600, NAME_BASELINE * fontPx, NAME_SHARE * widthPx)];
  if (detail) lines.push(line(detail, DETAIL_SIZE * fontPx, 500, DETAIL_BASELINE * fontPx, widthPx));
  const last = lines[lines.length - 1];
  return { lines, width: Math.max(...lines.map((one) => one.width)), height: last.baseline + DESCENT * last.px };
}

/**
 * @param {string} text
 * @param {number} px
 * @param {number} weight
 * @param {number} baseline
 * @param {number} maxPx
 * @returns {Line}
 */
function line(text, px, weight, baseline, maxPx) {
  context.font = `${weight} ${px}px ${getComputedStyle(document.body).fontFamily}`;
  // Collapse white space as SVG text does.
  const shown = truncated(text.trim().replace(/\s+/g, " "), maxPx);
  return { text: shown, px, weight, baseline, width: widthOf(shown) };
}

/** @param {string} text */
const widthOf = (text) => context.measureText(text).width;

/**
 * @param {string} text
 * @param {number} maxPx
 */
function truncated(text, maxPx) {
  if (widthOf(text) <= maxPx) return text;
  const letters = [...text];
  let n = Math.floor((letters.length * maxPx) / widthOf(text));
  const firstLetters = () => `${letters.slice(0, n).join("").trimEnd()}…`;
  while (n > 1 && widthOf(firstLetters()) > maxPx) n -= 1;
  return firstLetters();
}
