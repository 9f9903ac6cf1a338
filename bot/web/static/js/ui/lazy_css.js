// Style sheets of parts that most visits do without.

import { el } from "./dom.js";

const sheets = new Map();

/** Resolves when the sheet is there; without it a part is plain, but works. */
export function styled(address) {
  if (!sheets.has(address)) {
    sheets.set(address, new Promise((resolve) => {
      document.head.append(el("link", { rel: "stylesheet", href: address, on: { load: resolve, error: resolve } }));
    }));
  }
  return sheets.get(address);
}
