// Helper that builds SVG elements.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Create an SVG element: svgEl("path", { class: "tick", d: "M0 0h4", text: "N" }, child, ...)
 *
 * Numbers in attributes are rounded to one decimal. Falsy children are skipped, arrays of children are flattened.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {{ text?: string, [attribute: string]: string | number | undefined }} [properties]
 * @param {(SVGElement | null | SVGElement[])[]} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svgEl(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, typeof value === "number" ? String(Math.round(value * 10) / 10) : String(value));
  }
  if (text !== undefined) element.textContent = text;
  for (const child of children.flat()) if (child) element.append(child);
  return element;
}

/**
 * Return attributes that make a text as wide as it was measured: browsers may draw a font wider in SVG than on a canvas.
 * @param {number} width in pixels
 */
export const fitted = (width) => ({ textLength: width, lengthAdjust: "spacingAndGlyphs" });
