// Helper that builds SVG elements.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Create an SVG element: svgEl("path", { class: "tick", d: "M0 0h4", text: "N" }, child, ...)
 *
 * Numbers in attributes are rounded to one decimal. Falsy children are skipped, arrays of children are flattened.
 */
export function svgEl(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, typeof value === "number" ? String(Math.round(value * 10) / 10) : value);
  }
  if (text !== undefined) element.textContent = text;
  element.append(...children.flat().filter(Boolean));
  return element;
}
