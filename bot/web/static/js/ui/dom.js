// Small builders for elements. What comes from data is set as text or as an attribute, never parsed as HTML.

import { draw } from "./svg.js";

/**
 * el("button", { class: "chip", text: name, on: { click }, vars: { ratio: 1.5 }, "aria-pressed": "true" }, child, ...)
 * Attributes that are null, undefined or false are left out; true means present.
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

export function icon(name, className = "icon") {
  return draw("svg", { class: className, "aria-hidden": "true" }, draw("use", { href: `#i-${name}` }));
}

/** `commands` in a sentence are set as code. */
export function withCommands(text) {
  return text.split("`").map((part, i) => (i % 2 ? el("code", { text: part }) : part));
}

export const byId = (id) => document.getElementById(id);
