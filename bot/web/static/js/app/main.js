// Entry point of the page: connects its parts. The URL holds the state (url_state.js), and every part is drawn from it.

import { isSameQuery, EMPTY_QUERY, isFiltered, readUrl, toUrl } from "../state/url_state.js";
import { PagedResults } from "../results/paged_results.js";
import * as api from "../net/api.js";
import { initChat } from "../chat/chat_loader.js";
import { listenForPhotos } from "../ui/file_drop.js";
import { byId, targetOf } from "../ui/dom.js";
import { collapseOnSmallScreens } from "../filters/collapsible.js";
import { Facets } from "../filters/facets.js";
import { Grid } from "../results/grid.js";
import { MapPanel } from "../map/map_panel.js";
import { ModelBanner } from "./model_banner.js";
import { InfiniteScroll } from "../results/infinite_scroll.js";
import { drawEmptyAlbum, drawError, drawNoMatches, hideEmptyState } from "../results/empty_state.js";
import { PeakList } from "../filters/peak_list.js";
import { drawPhotoQuery, resetPhotoQuery } from "../results/photo_query.js";
import { drawFilterChips, drawHeader, isScored, pageTitle } from "../results/results_header.js";
import { StatusLine } from "./status_line.js";
import { PageHistory } from "../state/history.js";
import { Timeline } from "../filters/timeline.js";
import { toast } from "../ui/toast.js";
import { UploadQueue } from "./upload_queue.js";
import { Viewer } from "../viewer/viewer.js";
import { t } from "../ui/i18n.js";

/** @import { Identification, Photo, SearchHit } from "openapi" */
/** @import { Position } from "../results/grid.js" */
/** @import { State } from "../state/url_state.js" */

const NEAR_TOP_PX = 300;

let state = readUrl();
/**
 * The photo that is searched by, or null. state.question is its id.
 * @type {?File}
 */
let queryPhoto = null;
let isClosing = false;
/** @type {?Promise<?boolean>} */
let loadingMore = null;

const results = new PagedResults();
const peakList = new PeakList(togglePeak);
const open = (/** @type {string} */ photo) => go({ photo });
const grid = new Grid(byId("grid"), { urlOf: (photo) => toUrl({ ...state, photo }), open });
const viewer = new Viewer(peakList, {
  goTo: (photo) => go({ photo }, "replace"),
  close: closePhoto,
  showAll,
  onChange: refresh,
  hasMore: () => results.more,
  loadMore,
  findSimilar: (like) => go({ ...EMPTY_QUERY, question: null, like, photo: null }),
  showOnMap: (photo) => {
    go({ photo: null, map: true });
    mapPanel.focus(photo);
  },
});
const infiniteScroll = new InfiniteScroll(loadMore);
const pageHistory = new PageHistory(() => grid.position);
const timeline = new Timeline((from, to, how) => go({ from, to }, how));
const mapPanel = new MapPanel({ open, near: (near) => go({ near }), peak: togglePeak, large: (map) => go({ map }) });
const facets = new Facets({ timeline, map: mapPanel, peakList, onTotal: () => drawTitle() });
const statusLine = new StatusLine(onAlbumChange);
const modelBanner = new ModelBanner({
  onSwitch: () => {
    statusLine.refresh();
    refresh();
  },
  hideNotices: (notices) => statusLine.hideNotices(notices),
});
const uploads = new UploadQueue({ open, onChange: () => statusLine.refresh() });

/**
 * Change a part of the state; "push" adds a history entry that Back undoes, "replace" does not.
 * @param {Partial<State>} change
 * @param {"push" | "replace"} [how]
 */
function go(change, how = "push") {
  const next = { ...state, ...change };
  // Words and a photo of the album are separate queries.
  if (change.q) next.like = null;
  pageHistory.go(toUrl(next), next.question, how);
  applyState(next);
}

/**
 * Draw the page for a state. position is where to scroll to in known results; new results start at the top.
 * @param {State} next
 * @param {?Position} [position]
 */
function applyState(next, position = null) {
  const before = state;
  state = next;
  if (before.question !== next.question) {
    queryPhoto = pageHistory.photo(next.question);
    resetPhotoQuery(queryPhoto);
  }
  if (!isSameQuery(before, next)) {
    if (!position) scrollToStart();
    const start = scrollY;
    const searched = search();
    searched.then(() => position && restorePosition(position, next));
    // The filters may be drawn after the answer to a photo, and push it down.
    Promise.all([searched, loadFacets()]).then(() => {
      if (!position && isSameQuery(state, next) && scrollY === start) scrollToStart();
    });
  }
  drawControls();
  if (next.photo) viewer.show(next.photo);
  else {
    viewer.hide();
    if (before.photo && isSameQuery(before, next)) grid.focus(before.photo);
  }
}

function drawControls() {
  if (document.activeElement !== byId("words") || byId("words").value.trim() !== state.q) byId("words").value = state.q;
  byId("clear-words").hidden = !byId("words").value;
  peakList.select(state.peaks);
  drawFilterChips(state, go);
  mapPanel.setLarge(state.map);
  mapPanel.drawPeaks(peakList.peaks, state.peaks);
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("#sort input"))) {
    radio.checked = radio.value === state.sort;
  }
  // Keep the progress of uploads at the start of the title (upload_queue.js).
  const [share] = document.title.match(/^\(\d+ ?%\) /) || [""];
  document.title = share + pageTitle(state, selectedNames());
}

// Peaks of a hand-written URL or of another catalogue. Until the peaks are loaded, the server checks.
const unknownPeaks = () => (peakList.peaks.length ? state.peaks.filter((id) => !peakList.byId(id)) : []);
const order = () => ({
  scored: isScored(state, queryPhoto),
  byTime: !isScored(state, queryPhoto) || state.sort === "time",
});
const selectedNames = () => state.peaks.map((id) => peakList.byId(id)?.name || id);

async function search() {
  const scored = isScored(state, queryPhoto);
  const [unknown] = unknownPeaks();
  byId("changed").hidden = true;
  if (unknown) {
    results.clear();
    drawBusy();
    drawProblem(t("no_such_peak", { name: unknown }));
    return;
  }
  drawQueryPhoto();
  const searching = results.search({ ...state, sort: scored ? state.sort : "time" }, queryPhoto);
  drawBusy();
  try {
    const response = await searching;
    if (!response) return;
    drawQueryPhoto({ identification: response.identification });
    drawResults(response.note);
  } catch (error) {
    // A bug in the page belongs in the console, not on the screen.
    if (!(error instanceof api.ApiError)) throw error;
    // Retrying a client error (4xx) can't help.
    drawProblem(error.message, error.status && error.status < 500 ? null : refresh);
  } finally {
    drawBusy();
  }
}

/** Fade the previous results while a search runs, and only then: not after it has failed or was aborted. */
function drawBusy() {
  document.body.classList.toggle("searching", results.isSearching);
}

/**
 * Show why there are no results.
 * @param {string} message
 * @param {?() => void} [retry]
 */
function drawProblem(message, retry = null) {
  drawHits();
  byId("results-note").hidden = true;
  if (queryPhoto) {
    hideEmptyState();
    drawQueryPhoto({ error: message });
  } else drawError(message, { retry, showAll });
}

/** Load and draw the next page. Concurrent calls share one request. Resolves to results.more, or null on error. */
function loadMore() {
  loadingMore ??= loadPage().finally(() => {
    loadingMore = null;
  });
  return loadingMore;
}

async function loadPage() {
  try {
    const hits = await results.next();
    grid.append(withReasons(hits), order());
    viewer.setHits(withReasons(results.hits));
    drawTitle();
    return results.more;
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    toast(error.message);
    return null;
  }
}

/** @param {{ identification?: Identification, error?: string }} [outcome] */
function drawQueryPhoto(outcome = {}) {
  if (!queryPhoto) return;
  drawPhotoQuery(queryPhoto, {
    ...outcome,
    peakById: (id) => peakList.byId(id),
    dismiss: () => go({ question: null }),
    onAdded: () => statusLine.refresh(),
  });
}

/** @param {string} note */
function drawResults(note) {
  drawHits();
  hideEmptyState();
  byId("results-note").textContent = results.hits.length ? note : "";
  byId("results-note").hidden = !byId("results-note").textContent;
  if (results.hits.length) return;
  if (!isScored(state, queryPhoto) && !isFiltered(state))
    drawEmptyAlbum({ indexing: Boolean(statusLine.current?.indexing), choose: () => byId("album-files").click() });
  else {
    drawNoMatches({
      query: state.q,
      note,
      filtered: isFiltered(state),
      peaks: peakList.peaks.filter((peak) => peak.photos > 0),
      ask: (q) => go({ ...EMPTY_QUERY, q }),
      clearFilters: () => go({ ...EMPTY_QUERY, q: state.q, like: state.like }),
      showAll,
    });
  }
}

function drawHits() {
  const hits = withReasons(results.hits);
  grid.draw(hits, order());
  viewer.setHits(hits);
  drawTitle();
  infiniteScroll.show(results.more);
}

// Without words or a photo, all hits have the same reason (they match the filters), so don't show it.
/** @param {SearchHit[]} hits */
const withReasons = (hits) => (isScored(state, queryPhoto) ? hits : hits.map((hit) => ({ ...hit, why: "" })));

function drawTitle() {
  const n = results.hits.length;
  const title = drawHeader({ state, queryPhoto, n, more: results.more, names: selectedNames(), total: facets.total });
  mapPanel.setResultsTitle(n ? title : null);
}

function showAll() {
  go({ ...EMPTY_QUERY, question: null, sort: "score", photo: null, map: false });
}

/**
 * Select or deselect a peak; null deselects all.
 * @param {?string} id
 */
function togglePeak(id) {
  if (id === null) return go({ peaks: [] });
  return go({ peaks: state.peaks.includes(id) ? state.peaks.filter((one) => one !== id) : [...state.peaks, id] });
}

/** @param {File} file */
const searchByPhoto = (file) => go({ question: pageHistory.register(file), photo: null, like: null, map: false });

/** Scroll to the top; on a phone, past the filters to the panel of the query photo. */
function scrollToStart() {
  scrollTo({ top: 0 });
  if (queryPhoto && byId("question").getBoundingClientRect().top > innerHeight / 3) byId("question").scrollIntoView();
}

/**
 * Scroll to a position; loads pages until its photo is there, and enough of them below it.
 * @param {Position} position
 * @param {State} wanted
 */
async function restorePosition(position, wanted) {
  while (isSameQuery(state, wanted)) {
    const { length } = results.hits;
    if (await grid.scrollToPosition(position)) return;
    // Unless the scrolling has loaded the next page meanwhile.
    if (results.hits.length === length && (!results.more || (await loadMore()) === null)) return;
  }
}

/** Close the photo: go back to where it was opened, or to the grid if the photo's URL was opened directly. */
function closePhoto() {
  // history.back() is asynchronous: a second press must not go back twice.
  if (isClosing) return;
  isClosing = Boolean(history.state?.within);
  if (isClosing) history.back();
  else go({ photo: null }, "replace");
}

/** Photos were added or removed: update at the top of the page; further down, offer a button so that nothing jumps. */
function onAlbumChange() {
  loadPeaks();
  loadFacets({ changed: true });
  if (scrollY < NEAR_TOP_PX || !results.hits.length) search();
  else byId("changed").hidden = false;
}

function refresh() {
  loadPeaks();
  search();
  loadFacets({ changed: true });
}

/** @param {{ changed?: boolean }} [options] */
async function loadFacets(options) {
  const unknown = unknownPeaks();
  await facets.load({ ...state, peaks: state.peaks.filter((id) => !unknown.includes(id)) }, options);
}

async function loadPeaks() {
  try {
    peakList.setPeaks(await api.peaks());
    drawControls();
    drawTitle();
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    toast(error.message);
  }
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const q = byId("words").value.trim();
  if (q !== state.q) go({ q });
  else search();
});
byId("words").addEventListener("input", () => {
  byId("clear-words").hidden = !byId("words").value;
});
byId("clear-words").addEventListener("click", () => {
  byId("words").value = "";
  byId("words").focus();
  if (state.q) go({ q: "" });
  else drawControls();
});
byId("home").addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  showAll();
});
byId("sort").addEventListener("change", (event) => {
  go({ sort: /** @type {HTMLInputElement} */ (event.target).value === "time" ? "time" : "score" });
});
byId("changed").addEventListener("click", () => {
  search();
  scrollTo({ top: 0 });
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && !targetOf(event).matches("input, textarea") && !byId("viewer").open) {
    event.preventDefault();
    byId("words").select();
  }
});
addEventListener("popstate", () => {
  isClosing = false;
  pageHistory.arrive();
  applyState({ ...readUrl(), question: pageHistory.question }, pageHistory.position);
});
// A page from the back-forward cache is no longer closing a photo.
addEventListener("pageshow", () => {
  isClosing = false;
});
listenForPhotos({ ask: searchByPhoto, add: (files) => uploads.add(files) });
collapseOnSmallScreens();
initChat({ open, onChange: refresh });

await Promise.all([loadPeaks(), statusLine.refresh(), modelBanner.refresh()]);
drawControls();
loadFacets();
await search();
if (pageHistory.position) restorePosition(pageHistory.position, state);
if (state.photo) viewer.show(state.photo);
