// A short message at the foot of the page, also read aloud, with at most one thing to do about it.

import { byId, el } from "./dom.js";
import { sentence } from "./i18n.js";

const SHOWN_MS = 8000;
let timer = 0;

export function toast(message, action = null) {
  const place = byId("toast");
  // A dialog covers the page: the message goes on top of whichever is in front.
  const front = document.querySelector("dialog[open]") || document.body;
  front.append(place.parentElement);
  const button = action && el("button", { type: "button", text: action.label, on: { click: () => { hideToast(); action.run(); } } });
  place.replaceChildren(el("span", { text: sentence(message) }), ...(button ? [button] : []));
  place.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(hideToast, SHOWN_MS);
}

export function hideToast() {
  byId("toast").hidden = true;
}
