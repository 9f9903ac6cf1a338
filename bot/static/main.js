// Joins the parts: the address says what is asked, and every part draws what follows from it.

import { asksTheSame, EVERYTHING, isFiltered, readAddress, toAddress } from "./address.js";
import { Answers } from "./answers.js";
import * as api from "./api.js";
import { offerChat } from "./chatbutton.js";
import { listenForPhotos } from "./drop.js";
import { byId } from "./elements.js";
import { foldOnSmallScreens } from "./facetpanels.js";
import { Facets } from "./facets.js";
import { Grid } from "./grid.js";
import { MapPanel } from "./mappanel.js";
import { ModelBanner } from "./modelbanner.js";
import { More } from "./more.js";
import { drawEmptyAlbum, drawFault, drawNothing, hideNothing } from "./nothing.js";
import { PeakList } from "./peaks.js";
import { drawQuestion, drawWaiting } from "./question.js";
import { drawFilters, drawHead, isScored } from "./results.js";
import { StatusLine } from "./status.js";
import { TimeLine } from "./timeline.js";
import { toast } from "./toast.js";
import { Uploads } from "./uploads.js";
import { Viewer } from "./viewer.js";

const NEAR_TOP_PX = 300;

let asked = readAddress();
let question = null;
let isLeaving = false;

const answers = new Answers();
const peakList = new PeakList(togglePeak);
const open = (photo) => go({ photo });
const grid = new Grid(byId("grid"), { addressOf: (photo) => toAddress({ ...asked, photo }), open });
const viewer = new Viewer(peakList, {
  goTo: (photo) => go({ photo }, "replace"), leave: leavePhoto, all: showAll, changed: refresh,
  hasMore: () => answers.more, more: loadMore,
  similar: (like) => { setQuestion(null); go({ ...EVERYTHING, like, photo: null }); },
  map: (photo) => { go({ photo: null, map: true }); mapPanel.focus(photo); },
});
const more = new More(loadMore);
const timeLine = new TimeLine((from, to) => go({ from, to }));
const mapPanel = new MapPanel({ open, near: (near) => go({ near }), peak: togglePeak, large: (map) => go({ map }) });
const facets = new Facets(timeLine, mapPanel);
const statusLine = new StatusLine(albumChanged);
const modelBanner = new ModelBanner({ switched: () => { statusLine.refresh(); refresh(); }, covers: (notices) => statusLine.cover(notices) });
const uploads = new Uploads({ open, changed: () => statusLine.refresh() });

/** Change what is asked; "push" makes a step that Back undoes. */
function go(change, how = "push") {
  const next = { ...asked, ...change };
  // Words and a photo of the album are two questions.
  if (change.q) next.like = null;
  history[how === "push" ? "pushState" : "replaceState"]({ within: how === "push" || Boolean(history.state?.within) }, "", toAddress(next));
  follow(next);
}

function follow(next) {
  const before = asked;
  asked = next;
  if (!asksTheSame(before, next)) { search(); facets.load(asked); }
  drawControls();
  if (next.photo) viewer.show(next.photo);
  else {
    viewer.hide();
    if (before.photo && asksTheSame(before, next)) grid.focus(before.photo);
  }
}

function drawControls() {
  if (document.activeElement !== byId("words") || byId("words").value.trim() !== asked.q) byId("words").value = asked.q;
  byId("clear-words").hidden = !byId("words").value;
  peakList.choose(asked.peaks);
  drawFilters(asked, go);
  mapPanel.enlarge(asked.map);
  mapPanel.drawPeaks(peakList.peaks, asked.peaks);
  for (const radio of document.querySelectorAll("#sort input")) radio.checked = radio.value === asked.sort;
  document.title = [asked.q, ...namesAsked(), "Cumbre"].filter(Boolean).join(" · ");
}

const namesAsked = () => asked.peaks.map((id) => peakList.byId(id)?.name || id);

async function search() {
  const scored = isScored(asked, question);
  document.body.classList.add("searching");
  byId("changed").hidden = true;
  if (question) ask();
  try {
    const answer = await answers.begin({ ...asked, sort: scored ? asked.sort : "time" }, question);
    if (!answer) return;
    if (question) ask({ identification: answer.identification });
    drawAnswer(answer.note);
  } catch (error) {
    // A fault of the page itself belongs in the console, not in front of people.
    if (!(error instanceof api.ApiError)) throw error;
    drawHits();
    byId("results-note").hidden = true;
    if (question) { hideNothing(); ask({ error: error.message }); }
    else drawFault(error.message);
  }
  document.body.classList.remove("searching");
}

async function loadMore() {
  try {
    const hits = await answers.next();
    grid.append(withReasons(hits), { scored: isScored(asked, question) });
    viewer.setHits(withReasons(answers.hits));
    drawTitle();
    return answers.more;
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    toast(error.message);
    return null;
  }
}

function ask(state = {}) {
  drawQuestion(question, {
    ...state, peakById: (id) => peakList.byId(id), dismiss: () => setQuestion(null), added: () => statusLine.refresh(),
  });
}

function drawAnswer(note) {
  drawHits();
  hideNothing();
  byId("results-note").textContent = answers.hits.length ? note : "";
  byId("results-note").hidden = !byId("results-note").textContent;
  if (answers.hits.length) return;
  if (!isScored(asked, question) && !isFiltered(asked)) drawEmptyAlbum({ indexing: Boolean(statusLine.current?.indexing), choose: () => byId("album-files").click() });
  else {
    drawNothing({
      query: asked.q, note, filtered: isFiltered(asked), peaks: peakList.peaks.filter((peak) => peak.photos > 0),
      ask: (q) => go({ ...EVERYTHING, q }), clearFilters: () => go({ ...EVERYTHING, q: asked.q, like: asked.like }),
      showAll: () => { setQuestion(null); go(EVERYTHING); },
    });
  }
}

function drawHits() {
  const hits = withReasons(answers.hits);
  grid.draw(hits, { scored: isScored(asked, question) });
  viewer.setHits(hits);
  drawTitle();
  more.show(answers.more);
}

// Without words, photo or filter every photo is there for the same reason.
const withReasons = (hits) => (isScored(asked, question) || isFiltered(asked) ? hits : hits.map((hit) => ({ ...hit, why: "" })));

const drawTitle = () => drawHead({ asked, question, n: answers.hits.length, more: answers.more, names: namesAsked() });

function togglePeak(id) {
  if (id === null) return go({ peaks: [] });
  return go({ peaks: asked.peaks.includes(id) ? asked.peaks.filter((one) => one !== id) : [...asked.peaks, id] });
}

function showAll() {
  setQuestion(null);
  go({ ...EVERYTHING, sort: "score", photo: null, map: false });
}

function setQuestion(file) {
  if (question === file) return;
  question = file;
  drawWaiting(file);
  if (file) go({ photo: null, like: null, map: false }, "replace");
  search();
  if (file) scrollTo({ top: 0 });
}

/** Close the photo: back to where it was opened from, or to the page alone if the address was opened directly. */
function leavePhoto() {
  // Going back takes a moment; whoever presses twice must not go back twice.
  if (isLeaving) return;
  isLeaving = Boolean(history.state?.within);
  if (isLeaving) history.back();
  else go({ photo: null }, "replace");
}

/** Photos came or went: shown at once at the top; further down the page stays still until a person asks. */
function albumChanged() {
  loadPeaks();
  facets.load(asked, { changed: true });
  if (scrollY < NEAR_TOP_PX || !answers.hits.length) search();
  else byId("changed").hidden = false;
}

function refresh() {
  loadPeaks();
  search();
  facets.load(asked, { changed: true });
}

async function loadPeaks() {
  try {
    peakList.set(await api.peaks());
    drawControls();
    drawTitle();
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
  showAll();
});
byId("sort").addEventListener("change", (event) => go({ sort: event.target.value }));
byId("changed").addEventListener("click", () => { search(); scrollTo({ top: 0 }); });
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input, textarea") && !byId("viewer").open) {
    event.preventDefault();
    byId("words").select();
  }
});
addEventListener("popstate", () => { isLeaving = false; follow(readAddress()); });
// A page that comes back as it was left has arrived, wherever it was going.
addEventListener("pageshow", () => { isLeaving = false; });
listenForPhotos({ ask: setQuestion, add: (files) => uploads.add(files) });
foldOnSmallScreens();
offerChat({ open, changed: refresh });

await Promise.all([loadPeaks(), statusLine.refresh(), modelBanner.refresh()]);
drawControls();
facets.load(asked);
await search();
if (asked.photo) viewer.show(asked.photo);
