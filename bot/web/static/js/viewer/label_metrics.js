// How large the names of summits are written, and the room that they take.

const measured = document.createElement("canvas").getContext("2d");
// In letters of the name; the elevation below it is smaller.
const DETAIL_SIZE = 0.8;
const NAME_BASELINE = 0.95;
const DETAIL_BASELINE = 1.98;
const DESCENT = 0.23;
// In rem, on a narrow picture and on a wide one.
const SMALLEST = 0.76;
const LARGEST = 1.7;
const FURTHER_REM_PX = 4200;
// A name that is longer, as a share of the picture's width, is cut.
const NAME_SHARE = 0.42;

/** Who reads larger letters has larger ones here. */
export const remPx = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

/** The size of letters, in pixels, that suits a picture shown so wide. */
export const lettersPxFor = (widthPx) => remPx() * Math.min(LARGEST, SMALLEST + widthPx / FURTHER_REM_PX);

/** A label of a name and, if there is one, a detail below it: its lines with their baselines, and its size in pixels. */
export function lettered(name, detail, lettersPx, widthPx) {
  const lines = [line(name, lettersPx, 600, NAME_BASELINE * lettersPx, NAME_SHARE * widthPx)];
  if (detail) lines.push(line(detail, DETAIL_SIZE * lettersPx, 500, DETAIL_BASELINE * lettersPx, widthPx));
  const last = lines.at(-1);
  return { lines, width: Math.max(...lines.map((one) => one.width)), height: last.baseline + DESCENT * last.px };
}

function line(text, px, weight, baseline, mostPx) {
  measured.font = `${weight} ${px}px ${getComputedStyle(document.body).fontFamily}`;
  // As a drawing has it: white space is one space.
  const cut = shortened(text.trim().replace(/\s+/g, " "), mostPx);
  return { text: cut, px, weight, baseline, width: widthOf(cut) };
}

const widthOf = (text) => measured.measureText(text).width;

function shortened(text, mostPx) {
  if (widthOf(text) <= mostPx) return text;
  const letters = [...text];
  let n = Math.floor((letters.length * mostPx) / widthOf(text));
  const first = () => `${letters.slice(0, n).join("").trimEnd()}…`;
  while (n > 1 && widthOf(first()) > mostPx) n -= 1;
  return first();
}
