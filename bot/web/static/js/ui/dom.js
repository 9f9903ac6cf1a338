// Helpers that build DOM elements. Data is inserted as text or attributes, never parsed as HTML.

import { svgEl } from "./svg.js";

/**
 * A child of an element; null, undefined and false are skipped.
 * @typedef {Node | string | null | undefined | false} Child
 */

/**
 * Attributes and, with names of their own, text, listeners and CSS properties of an element; see el().
 * @typedef {{
 *   text?: string,
 *   on?: { [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void },
 *   vars?: Record<string, string | number>,
 *   [attribute: string]: unknown,
 * }} Properties
 */

/**
 * The types of the page's elements that are not just any HTMLElement, by id. Those that may be absent are null then.
 * @typedef {{
 *   "album-files": HTMLInputElement,
 *   "align-names": HTMLButtonElement | null,
 *   "camera-file": HTMLInputElement,
 *   "from-day": HTMLInputElement,
 *   large: HTMLImageElement,
 *   "map-panel": HTMLDetailsElement,
 *   "model-banner": HTMLElement | null,
 *   more: HTMLButtonElement,
 *   next: HTMLButtonElement,
 *   "open-chat": HTMLButtonElement | null,
 *   "photo-file": HTMLInputElement,
 *   previous: HTMLButtonElement,
 *   time: HTMLDetailsElement,
 *   "to-day": HTMLInputElement,
 *   viewer: HTMLDialogElement,
 *   words: HTMLInputElement,
 * }} ElementsById
 */

/**
 * Create an HTML element:
 * el("button", { class: "chip", text: name, on: { click }, vars: { ratio: 1.5 }, "aria-pressed": "true" }, child, ...)
 *
 * `text` sets the text content, `on` adds event listeners, `vars` sets CSS custom properties. All other options are
 * attributes: null, undefined and false leave an attribute out, true sets an empty one. Children that are null,
 * undefined or false are skipped, arrays of children are flattened.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} [properties]
 * @param {(Child | Child[])[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, { text, on = {}, vars = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  if (text !== undefined) element.textContent = text;
  for (const [name, listener] of Object.entries(on)) {
    element.addEventListener(name, /** @type {EventListener} */ (listener));
  }
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(`--${name}`, String(value));
  for (const child of children.flat())
    if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

/**
 * Return an icon of the sprite in index.html.
 * @param {string} name
 */
export function icon(name, className = "icon") {
  return svgEl("svg", { class: className, "aria-hidden": "true" }, svgEl("use", { href: `#i-${name}` }));
}

/**
 * Split a text into nodes in which parts between `backticks` become <code> elements.
 * @param {string} text
 */
export function withCode(text) {
  return text.split("`").map((part, i) => (i % 2 ? el("code", { text: part }) : part));
}

/**
 * Return the element with an id of index.html.
 * @template {string} Id
 * @param {Id} id
 * @returns {Id extends keyof ElementsById ? ElementsById[Id] : HTMLElement}
 */
export const byId = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * Return the element that an event was dispatched to.
 * @param {Event} event
 */
export const targetOf = (event) => /** @type {HTMLElement} */ (event.target);
