// Loads style sheets that most visits don't need.

import { el } from "./dom.js";

const sheets = new Map();

/**
 * Load a style sheet once. Resolves when it has loaded or failed: without its styles, a part of the page still works.
 * @param {string} href
 * @returns {Promise<Event>}
 */
export function loadStylesheet(href) {
  if (!sheets.has(href)) {
    sheets.set(
      href,
      new Promise((resolve) => {
        document.head.append(el("link", { rel: "stylesheet", href, on: { load: resolve, error: resolve } }));
      }),
    );
  }
  return sheets.get(href);
}
