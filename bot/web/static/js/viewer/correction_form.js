// The form in the viewer's panel that corrects which peaks a photo shows.

import { el, icon } from "../ui/dom.js";
import { metres, t } from "../ui/i18n.js";

/** @import { PeakCount, Photo } from "openapi" */

/**
 * Create the form.
 * @param {Photo} photo
 * @param {PeakCount[]} peaks the whole catalogue
 * @param {{ save: (ids: string[]) => void, cancel: () => void }} handlers
 * @returns {HTMLFormElement}
 */
export function correctionForm(photo, peaks, { save, cancel }) {
  const chosen = new Map(photo.peaks.map((peak) => [peak.id, peak.name]));
  const list = el("ul", { class: "chosen" });
  const problem = el("p", { class: "problem", role: "alert" });
  const input = el("input", {
    type: "text",
    id: "correct-name",
    list: "peak-names",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: t("correct_placeholder"),
    on: {
      input: () => {
        problem.textContent = "";
      },
    },
  });
  const names = el(
    "datalist",
    { id: "peak-names" },
    peaks.map((peak) => el("option", { value: peak.name, text: metres(peak.elev_m) })),
  );

  const draw = () =>
    list.replaceChildren(
      ...(chosen.size
        ? [...chosen].map(([id, name]) =>
            el(
              "li",
              { class: "summit-name" },
              name,
              el(
                "button",
                {
                  type: "button",
                  "aria-label": t("correct_remove", { name }),
                  on: {
                    click: () => {
                      chosen.delete(id);
                      draw();
                      input.focus();
                    },
                  },
                },
                icon("close"),
              ),
            ),
          )
        : [el("li", { class: "empty-note", text: t("correct_empty") })]),
    );

  /** Add the typed peak to the list; returns false if the name is unknown. */
  const add = () => {
    const wanted = normalized(input.value);
    if (!wanted) return true;
    const peak =
      peaks.find((one) => one.names.some((name) => normalized(name) === wanted)) || uniqueMatch(peaks, wanted);
    problem.textContent = peak ? "" : t("correct_unknown");
    if (!peak) return false;
    chosen.set(peak.id, peak.name);
    input.value = "";
    draw();
    return true;
  };

  draw();
  return el(
    "form",
    {
      class: "correction",
      on: {
        submit: (event) => {
          event.preventDefault();
          if (add()) save([...chosen.keys()]);
        },
        keydown: (event) => {
          event.stopPropagation();
          if (event.key === "Enter" && event.target === input && input.value.trim()) {
            event.preventDefault();
            add();
          }
          if (event.key === "Escape") {
            event.preventDefault();
            cancel();
          }
        },
      },
    },
    el("label", { for: "correct-name", text: t("correct_label") }),
    list,
    el(
      "div",
      { class: "add" },
      input,
      names,
      el("button", {
        type: "button",
        text: t("correct_add"),
        on: {
          click: () => {
            add();
            input.focus();
          },
        },
      }),
    ),
    problem,
    el(
      "p",
      { class: "actions" },
      el("button", { type: "submit", class: "primary", text: t("save") }),
      el("button", { type: "button", class: "link", text: t("cancel"), on: { click: cancel } }),
    ),
  );
}

// Ignores accents and case.
/** @param {string} name */
const normalized = (name) =>
  name
    .trim()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();

/**
 * Return the only peak with a name that starts with this text; null if there is none or more than one.
 * @param {PeakCount[]} peaks
 * @param {string} start
 */
function uniqueMatch(peaks, start) {
  const matches = peaks.filter((peak) => peak.names.some((name) => normalized(name).startsWith(start)));
  return matches.length === 1 ? matches[0] : null;
}
