// Small builder for drawings.

const SVG = "http://www.w3.org/2000/svg";

/** draw("path", { class: "tick", d: "M0 0h4", text: "N" }, child, ...); numbers get one digit behind the point. */
export function draw(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, typeof value === "number" ? String(Math.round(value * 10) / 10) : value);
  }
  if (text !== undefined) element.textContent = text;
  element.append(...children.flat().filter(Boolean));
  return element;
}
