// Saying which peaks a photo shows: a small form in the panel of the full view.

import { el, icon } from "../ui/dom.js";
import { metres, t } from "../ui/i18n.js";

/** peaks is the whole catalogue; save(ids) and cancel() are called by the buttons. */
export function correctionForm(photo, peaks, { save, cancel }) {
  const chosen = new Map(photo.peaks.map((peak) => [peak.id, peak.name]));
  const list = el("ul", { class: "chosen" });
  const problem = el("p", { class: "problem", role: "alert" });
  const input = el("input", {
    type: "text", id: "correct-name", list: "peak-names", autocomplete: "off", spellcheck: "false",
    placeholder: t("correct_placeholder"), on: { input: () => { problem.textContent = ""; } },
  });
  const names = el("datalist", { id: "peak-names" }, peaks.map((peak) => el("option", { value: peak.name, text: metres(peak.elev_m) })));

  const draw = () => list.replaceChildren(...(chosen.size
    ? [...chosen].map(([id, name]) => el("li", { class: "summit-name" }, name,
      el("button", { type: "button", "aria-label": t("correct_remove", { name }), on: { click: () => { chosen.delete(id); draw(); input.focus(); } } }, icon("close"))))
    : [el("li", { class: "teach", text: t("correct_empty") })]));

  const add = () => {
    const wanted = plain(input.value);
    if (!wanted) return true;
    const peak = peaks.find((one) => one.names.some((name) => plain(name) === wanted)) || soleStart(peaks, wanted);
    problem.textContent = peak ? "" : t("correct_unknown");
    if (!peak) return false;
    chosen.set(peak.id, peak.name);
    input.value = "";
    draw();
    return true;
  };

  draw();
  return el("form", {
    class: "correction",
    on: {
      submit: (event) => { event.preventDefault(); if (add()) save([...chosen.keys()]); },
      keydown: (event) => {
        event.stopPropagation();
        if (event.key === "Enter" && event.target === input && input.value.trim()) { event.preventDefault(); add(); }
        if (event.key === "Escape") { event.preventDefault(); cancel(); }
      },
    },
  },
  el("label", { for: "correct-name", text: t("correct_label") }), list,
  el("div", { class: "add" }, input, names, el("button", { type: "button", text: t("correct_add"), on: { click: () => { add(); input.focus(); } } })),
  problem,
  el("p", { class: "actions" }, el("button", { type: "submit", class: "primary", text: t("save") }), el("button", { type: "button", class: "link", text: t("cancel"), on: { click: cancel } })));
}

// Accents and case do not matter when a name is typed.
const plain = (name) => name.trim().normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

function soleStart(peaks, wanted) {
  const starting = peaks.filter((peak) => peak.names.some((name) => plain(name).startsWith(wanted)));
  return starting.length === 1 ? starting[0] : null;
}
