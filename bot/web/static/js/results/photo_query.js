// A photo as the question: its preview, and which mountain it shows, above the photos that go with it.

import { addPhoto } from "../net/api.js";
import { byId, el, icon, withCommands } from "../ui/dom.js";
import { evidence } from "../viewer/peak_evidence.js";
import { toast } from "../ui/toast.js";
import { metres, sentence, t } from "../ui/i18n.js";

const ALSO_SHOWN = 3;
let preview = null;
// The file that was added last: the panel is drawn again after each search, and must not offer it twice.
let kept = null;

/** Shows the photo while it is looked at; file null puts the panel away. */
export function drawWaiting(file) {
  if (preview) URL.revokeObjectURL(preview);
  preview = file ? URL.createObjectURL(file) : null;
  byId("question").hidden = !file;
  byId("question").replaceChildren();
}

export function drawQuestion(file, { identification = null, error = "", peakById, dismiss, added }) {
  const place = byId("question");
  const answer = el("div", { class: "answer" });
  if (error) answer.append(el("h2", {}, ...withCommands(sentence(error))));
  else if (!identification) answer.append(el("h2", { class: "waiting", text: t("looking") }));
  else answer.append(...findings(identification, peakById));
  const keep = el("button", { type: "button", text: t("keep"), hidden: Boolean(error) || !identification, on: { click: () => keepPhoto(file, keep, added) } });
  if (kept === file) showKept(keep);
  answer.append(el("p", { class: "actions" }, keep, el("button", { type: "button", class: "link", text: t("dismiss"), on: { click: dismiss } })));
  place.replaceChildren(picture(), answer);
}

function findings(found, peakById) {
  const answer = found.peaks.find((peak) => peak.id === found.answer);
  const others = found.peaks.filter((peak) => peak !== answer).slice(0, ALSO_SHOWN);
  const parts = [];
  if (answer) {
    const peak = peakById(answer.id);
    parts.push(el("h2", {}, el("span", { class: "lead", text: t("this_is") }), el("strong", { text: answer.name }), peak ? el("span", { class: "elev", text: metres(peak.elev_m) }) : null));
    parts.push(el("ul", { class: "evidences" }, evidence(answer, null, { named: false, corrected: found.used.includes("correction") })));
  } else {
    parts.push(el("h2", { text: t("no_answer") }));
  }
  if (found.note) parts.push(el("p", { class: "note" }, ...withCommands(sentence(found.note))));
  if (others.length) {
    parts.push(el("h3", { text: t(answer ? "also_considered" : "also_possible") }));
    parts.push(el("ul", { class: "evidences brief" }, others.map((peak) => evidence(peak, peakById(peak.id), { brief: true }))));
  }
  if (found.used.length) {
    const names = { geometry: t("used_geometry"), appearance: t("used_appearance"), correction: t("used_correction") };
    parts.push(el("p", { class: "used", text: t("decided_by", { what: found.used.map((one) => names[one] || one).join(", ") }) }));
  }
  return parts;
}

function picture() {
  // Not every browser can draw every format (HEIC): then the ridge stands for it.
  const stand = (event) => event.target.replaceWith(icon("ridge", "ridge"));
  return el("div", { class: "preview" }, el("img", { src: preview, alt: t("your_photo"), on: { error: stand } }));
}

async function keepPhoto(file, button, added) {
  button.disabled = true;
  try {
    const { photo } = await addPhoto(file);
    kept = file;
    showKept(button);
    added(photo);
  } catch (error) {
    button.disabled = false;
    toast(error.message);
  }
}

function showKept(button) {
  button.disabled = true;
  button.replaceChildren(icon("check"), t("kept"));
}
