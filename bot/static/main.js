// Joins the parts: the address says what is asked, and every part draws what follows from it.

import { readAddress, toAddress } from "./address.js";
import * as api from "./api.js";
import { offerChat } from "./chatbutton.js";
import { listenForPhotos } from "./drop.js";
import { byId } from "./elements.js";
import { drawGrid, focusTile, moveByArrows } from "./grid.js";
import { drawEmptyAlbum, drawFault, drawNothing, hideNothing } from "./nothing.js";
import { PeakList } from "./peaks.js";
import { drawQuestion, drawWaiting } from "./question.js";
import { StatusLine } from "./status.js";
import { toast } from "./toast.js";
import { Viewer } from "./viewer.js";
import { t, tn } from "./words.js";

const PAGE = 60;
const MOST = 200;

let asked = readAddress();
let question = null;
let k = PAGE;
let searching = null;

const peakList = new PeakList(togglePeak);
const viewer = new Viewer(peakList, { goTo: (photo) => go({ photo }, "replace"), leave: leavePhoto, changed: () => { loadPeaks(); search(); } });
const statusLine = new StatusLine(() => { loadPeaks(); search(); });

/** Change what is asked; "push" makes a step that Back undoes. */
function go(change, how = "push") {
  const next = { ...asked, ...change };
  history[how === "push" ? "pushState" : "replaceState"]({ within: how === "push" || Boolean(history.state?.within) }, "", toAddress(next));
  follow(next);
}

function follow(next) {
  const before = asked;
  asked = next;
  const sameSearch = ["q", "sort"].every((key) => before[key] === next[key]) && before.peaks.join() === next.peaks.join();
  if (!sameSearch) { k = PAGE; search(); }
  drawControls();
  if (next.photo) viewer.show(next.photo);
  else {
    viewer.hide();
    if (before.photo) focusTile(before.photo);
  }
}

function drawControls() {
  if (document.activeElement !== byId("words") || byId("words").value.trim() !== asked.q) byId("words").value = asked.q;
  byId("clear-words").hidden = !byId("words").value;
  peakList.choose(asked.peaks);
  for (const radio of document.querySelectorAll("#sort input")) radio.checked = radio.value === asked.sort;
  const peaks = asked.peaks.map((id) => peakList.byId(id)?.name || id);
  document.title = [asked.q, ...peaks, "Cumbre"].filter(Boolean).join(" · ");
}

async function search() {
  searching?.abort();
  const mine = (searching = new AbortController());
  const scored = Boolean(asked.q || question);
  document.body.classList.add("searching");
  if (question) ask();
  try {
    const wanted = { ...asked, sort: scored ? asked.sort : "time", k };
    const answer = await api.search(wanted, question, mine.signal);
    if (question) ask({ identification: answer.identification });
    drawAnswer(answer, scored);
  } catch (error) {
    if (error.name === "AbortError") return;
    // A fault of the page itself belongs in the console, not in front of people.
    if (!(error instanceof api.ApiError)) throw error;
    drawGrid([], {});
    viewer.setHits([]);
    byId("results-head").hidden = true;
    byId("more").hidden = true;
    byId("results-note").hidden = true;
    if (question) { hideNothing(); ask({ error: error.message }); }
    else drawFault(error.message);
  }
  if (searching === mine) document.body.classList.remove("searching");
}

function ask(state = {}) {
  drawQuestion(question, {
    ...state, peakById: (id) => peakList.byId(id), dismiss: () => setQuestion(null),
    added: () => { statusLine.refresh(); loadPeaks(); },
  });
}

function drawAnswer(answer, scored) {
  const { note } = answer;
  // Without words, photo or filter every photo is there for the same reason.
  const reasons = scored || asked.peaks.length > 0;
  const results = reasons ? answer.results : answer.results.map((hit) => ({ ...hit, why: "" }));
  drawGrid(results, { scored, addressOf: (id) => toAddress({ ...asked, photo: id }), open: (photo) => go({ photo }) });
  viewer.setHits(results);
  drawTitle(results.length, scored);
  byId("results-note").textContent = results.length ? note : "";
  byId("results-note").hidden = !byId("results-note").textContent;
  byId("sort").hidden = !scored || results.length < 2;
  byId("more").hidden = results.length < k || k >= MOST;
  hideNothing();
  if (results.length) return;
  const filtered = asked.peaks.length > 0;
  if (!scored && !filtered) return drawEmptyAlbum({ indexing: Boolean(statusLine.current?.indexing) });
  return drawNothing({
    query: asked.q, note, filtered, peaks: peakList.peaks.filter((peak) => peak.photos > 0),
    ask: (q) => go({ q, peaks: [] }), clearFilter: () => go({ peaks: [] }),
    showAll: () => { setQuestion(null); go({ q: "", peaks: [] }); },
  });
}

function drawTitle(n, scored) {
  const title = byId("results-title");
  byId("results-head").hidden = n === 0;
  const names = asked.peaks.map((id) => peakList.byId(id)?.name || id).join(", ");
  if (!scored) title.textContent = names || t("all_photos");
  else {
    const what = [asked.q && `“${asked.q}”`, names].filter(Boolean).join(" · ");
    const start = question ? tn("alike", n) : n === k ? t("found_best", { n }) : tn("found", n);
    title.textContent = [start, what].filter(Boolean).join(question ? " · " : " ");
  }
}

function togglePeak(id) {
  if (id === null) return go({ peaks: [] });
  const chosen = asked.peaks.includes(id) ? asked.peaks.filter((one) => one !== id) : [...asked.peaks, id];
  return go({ peaks: chosen });
}

function setQuestion(file) {
  if (question === file) return;
  question = file;
  drawWaiting(file);
  k = PAGE;
  if (asked.photo) go({ photo: null }, "replace");
  search();
  if (file) scrollTo({ top: 0 });
}

/** Close the photo: back to where it was opened from, or to the page alone if the address was opened directly. */
function leavePhoto() {
  if (history.state?.within) history.back();
  else go({ photo: null }, "replace");
}

async function loadPeaks() {
  try {
    peakList.set(await api.peaks());
    drawControls();
    if (asked.peaks.length) drawTitle(byId("grid").children.length, Boolean(asked.q || question));
  } catch (error) {
    toast(error.message);
  }
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const q = byId("words").value.trim();
  if (q !== asked.q) go({ q });
  else search();
});
byId("words").addEventListener("input", () => { byId("clear-words").hidden = !byId("words").value; });
byId("clear-words").addEventListener("click", () => {
  byId("words").value = "";
  byId("words").focus();
  if (asked.q) go({ q: "" });
  else drawControls();
});
byId("home").addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  setQuestion(null);
  go({ q: "", peaks: [], sort: "score", photo: null });
});
byId("sort").addEventListener("change", (event) => go({ sort: event.target.value }));
byId("more").addEventListener("click", () => { k = Math.min(MOST, k + PAGE); search(); });
byId("grid").addEventListener("keydown", moveByArrows);
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input") && !byId("viewer").open) {
    event.preventDefault();
    byId("words").select();
  }
});
addEventListener("popstate", () => follow(readAddress()));
listenForPhotos(setQuestion);
offerChat({ open: (photo) => go({ photo }), changed: () => { loadPeaks(); search(); } });

await Promise.all([loadPeaks(), statusLine.refresh()]);
drawControls();
await search();
if (asked.photo) viewer.show(asked.photo);
