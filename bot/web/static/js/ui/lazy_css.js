// Loads style sheets that most visits don't need.

import { el } from "./dom.js";

/** @type {Map<string, Promise<Event>>} */
const sheets = new Map();

/**
 * Load a style sheet once. Resolves when it has loaded or failed: without its styles, a part of the page still works.
 * @param {string} href
 * @returns {Promise<Event>}
 */
export function loadStylesheet(href) {
  let sheet = sheets.get(href);
  if (!sheet) {
    sheet = new Promise((resolve) => {
      document.head.append(el("link", { rel: "stylesheet", href, on: { load: resolve, error: resolve } }));
    });
    sheets.set(href, sheet);
  }
  return sheet;
}
