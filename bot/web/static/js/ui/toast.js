// Toast: a short message at the bottom of the page that screen readers announce, with at most one action.

import { byId, el } from "./dom.js";
import { capitalize } from "./i18n.js";

const SHOWN_MS = 8000;
let timer = 0;

/**
 * Show a toast; it replaces the one before.
 * @param {string} message
 * @param {?{ label: string, run: () => void }} [action] a button in the toast
 */
export function toast(message, action = null) {
  const box = byId("toast");
  // An open dialog covers the page, so move the toast into it.
  const front = document.querySelector("dialog[open]") || document.body;
  front.append(byId("toast-place"));
  const button =
    action &&
    el("button", {
      type: "button",
      text: action.label,
      on: {
        click: () => {
          hideToast();
          action.run();
        },
      },
    });
  box.replaceChildren(el("span", { text: capitalize(message) }), ...(button ? [button] : []));
  box.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(hideToast, SHOWN_MS);
}

/** Hide the toast. */
export function hideToast() {
  byId("toast").hidden = true;
}
