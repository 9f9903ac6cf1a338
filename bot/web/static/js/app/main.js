// Joins the parts: the address says what is asked, and every part draws what follows from it.

import { asksTheSame, EVERYTHING, isFiltered, readAddress, toAddress } from "../state/url_state.js";
import { Answers } from "../state/paged_results.js";
import * as api from "../net/api.js";
import { offerChat } from "../chat/chat_loader.js";
import { listenForPhotos } from "../ui/file_drop.js";
import { byId } from "../ui/dom.js";
import { foldOnSmallScreens } from "../filters/collapsible.js";
import { Facets } from "../filters/facets.js";
import { Grid } from "../results/grid.js";
import { MapPanel } from "../map/map_panel.js";
import { ModelBanner } from "./model_banner.js";
import { More } from "../results/infinite_scroll.js";
import { drawEmptyAlbum, drawFault, drawNothing, hideNothing } from "../results/empty_state.js";
import { PeakList } from "../filters/peak_list.js";
import { drawQuestion, drawWaiting } from "../results/photo_query.js";
import { drawFilters, drawHead, isScored, pageTitle } from "../results/results_header.js";
import { StatusLine } from "./status_line.js";
import { Steps } from "../state/history.js";
import { TimeLine } from "../filters/timeline.js";
import { toast } from "../ui/toast.js";
import { Uploads } from "./upload_queue.js";
import { Viewer } from "../viewer/viewer.js";
import { t } from "../ui/i18n.js";

const NEAR_TOP_PX = 300;

let asked = readAddress();
// The photo that is asked, a File.
let question = null;
let isLeaving = false;
let loading = null;

const answers = new Answers();
const peakList = new PeakList(togglePeak);
const open = (photo) => go({ photo });
const grid = new Grid(byId("grid"), { addressOf: (photo) => toAddress({ ...asked, photo }), open });
const viewer = new Viewer(peakList, {
  goTo: (photo) => go({ photo }, "replace"), leave: leavePhoto, all: showAll, changed: refresh,
  hasMore: () => answers.more, more: loadMore,
  similar: (like) => go({ ...EVERYTHING, question: null, like, photo: null }),
  map: (photo) => { go({ photo: null, map: true }); mapPanel.focus(photo); },
});
const more = new More(loadMore);
const steps = new Steps(() => grid.place);
const timeLine = new TimeLine((from, to, how) => go({ from, to }, how));
const mapPanel = new MapPanel({ open, near: (near) => go({ near }), peak: togglePeak, large: (map) => go({ map }) });
const facets = new Facets({ timeLine, map: mapPanel, peakList, drawn: () => drawTitle() });
const statusLine = new StatusLine(albumChanged);
const modelBanner = new ModelBanner({ switched: () => { statusLine.refresh(); refresh(); }, covers: (notices) => statusLine.cover(notices) });
const uploads = new Uploads({ open, changed: () => statusLine.refresh() });

/** Change what is asked; "push" makes a step that Back undoes. */
function go(change, how = "push") {
  const next = { ...asked, ...change };
  // Words and a photo of the album are two questions.
  if (change.q) next.like = null;
  steps.go(toAddress(next), next.question, how);
  follow(next);
}

/** place is where the reader was when this was asked before; a new question starts at the top. */
function follow(next, place = null) {
  const before = asked;
  asked = next;
  if (before.question !== next.question) {
    question = steps.photo(next.question);
    drawWaiting(question);
  }
  if (!asksTheSame(before, next)) {
    if (!place) scrollToStart();
    search().then(() => place && bringBack(place, next));
    loadFacets();
  }
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
  // How far photos on their way have come stays before it (uploads.js).
  const [share] = document.title.match(/^\(\d+ ?%\) /) || [""];
  document.title = share + pageTitle(asked, namesAsked());
}

// Of an address that somebody wrote, or of another catalogue; while the peaks are not here, the server tells.
const unknownPeaks = () => (peakList.peaks.length ? asked.peaks.filter((id) => !peakList.byId(id)) : []);
const order = () => ({ scored: isScored(asked, question), byTime: !isScored(asked, question) || asked.sort === "time" });
const namesAsked = () => asked.peaks.map((id) => peakList.byId(id)?.name || id);

async function search() {
  const scored = isScored(asked, question);
  const [unknown] = unknownPeaks();
  if (unknown) {
    answers.forget();
    drawHits();
    return drawFault(t("no_such_peak", { name: unknown }), { showAll });
  }
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
    // What the server refuses once it refuses again.
    else drawFault(error.message, { retry: error.status && error.status < 500 ? null : refresh, showAll });
  }
  document.body.classList.remove("searching");
}

/** Several may ask for the next page at once: it is drawn once. */
function loadMore() {
  loading ??= loadPage().finally(() => { loading = null; });
  return loading;
}

async function loadPage() {
  try {
    const hits = await answers.next();
    grid.append(withReasons(hits), order());
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
    ...state, peakById: (id) => peakList.byId(id), dismiss: () => go({ question: null }), added: () => statusLine.refresh(),
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
      showAll,
    });
  }
}

function drawHits() {
  const hits = withReasons(answers.hits);
  grid.draw(hits, order());
  viewer.setHits(hits);
  drawTitle();
  more.show(answers.more);
}

// Without words or photo every one is there for the same reason: it passes the filters.
const withReasons = (hits) => (isScored(asked, question) ? hits : hits.map((hit) => ({ ...hit, why: "" })));

function drawTitle() {
  const n = answers.hits.length;
  const title = drawHead({ asked, question, n, more: answers.more, names: namesAsked(), total: facets.total });
  mapPanel.tell(n ? title : null);
}

function showAll() {
  go({ ...EVERYTHING, question: null, sort: "score", photo: null, map: false });
}

function togglePeak(id) {
  if (id === null) return go({ peaks: [] });
  return go({ peaks: asked.peaks.includes(id) ? asked.peaks.filter((one) => one !== id) : [...asked.peaks, id] });
}

const askPhoto = (file) => go({ question: steps.numberOf(file), photo: null, like: null, map: false });

/** Peaks, time and map stand before the answer to a photo on a phone, which is what was asked for. */
function scrollToStart() {
  scrollTo({ top: 0 });
  if (question && byId("question").getBoundingClientRect().top > innerHeight / 3) byId("question").scrollIntoView();
}

/** As many pages as it takes until the photo is there that the reader had before them. */
async function bringBack(place, wanted) {
  while (asksTheSame(asked, wanted) && !grid.bring(place)) if (!answers.more || await loadMore() === null) return;
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
  loadFacets({ changed: true });
  if (scrollY < NEAR_TOP_PX || !answers.hits.length) search();
  else byId("changed").hidden = false;
}

function refresh() {
  loadPeaks();
  search();
  loadFacets({ changed: true });
}

function loadFacets(how) {
  const unknown = unknownPeaks();
  facets.load({ ...asked, peaks: asked.peaks.filter((id) => !unknown.includes(id)) }, how);
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
addEventListener("popstate", () => {
  isLeaving = false;
  steps.arrive();
  follow({ ...readAddress(), question: steps.question }, steps.place);
});
// A page that comes back as it was left has arrived, wherever it was going.
addEventListener("pageshow", () => { isLeaving = false; });
listenForPhotos({ ask: askPhoto, add: (files) => uploads.add(files) });
foldOnSmallScreens();
offerChat({ open, changed: refresh });

await Promise.all([loadPeaks(), statusLine.refresh(), modelBanner.refresh()]);
drawControls();
loadFacets();
await search();
if (steps.place) bringBack(steps.place, asked);
if (asked.photo) viewer.show(asked.photo);
