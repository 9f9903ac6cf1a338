// Helpers that build DOM elements. Data is inserted as text or attributes, never parsed as HTML.

import { svgEl } from "./svg.js";

/**
 * Create an HTML element:
 * el("button", { class: "chip", text: name, on: { click }, vars: { ratio: 1.5 }, "aria-pressed": "true" }, child, ...)
 *
 * `text` sets the text content, `on` adds event listeners, `vars` sets CSS custom properties. All other options are
 * attributes: null, undefined and false leave an attribute out, true sets an empty one. Children that are null,
 * undefined or false are skipped, arrays of children are flattened.
 */
export function el(tag, { text, on = {}, vars = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  if (text !== undefined) element.textContent = text;
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(`--${name}`, String(value));
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Return an icon of the sprite in index.html. */
export function icon(name, className = "icon") {
  return svgEl("svg", { class: className, "aria-hidden": "true" }, svgEl("use", { href: `#i-${name}` }));
}

/** Split a text into nodes in which parts between `backticks` become <code> elements. */
export function withCode(text) {
  return text.split("`").map((part, i) => (i % 2 ? el("code", { text: part }) : part));
}

export const byId = (id) => document.getElementById(id);
