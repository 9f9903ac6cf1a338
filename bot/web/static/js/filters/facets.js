// Faceted filters: loads when and where the photos were taken, and updates timeline, map and peak counts.

import * as api from "../net/api.js";
import { distanceKm, parseCircle } from "../geo/geodesy.js";
import { toast } from "../ui/toast.js";

/** @import { Shots } from "openapi" */
/** @import { LocatedShot, Shot } from "../net/api.js" */
/** @import { Query } from "../state/url_state.js" */
/** @import { PeakList } from "./peak_list.js" */
/** @import { Timeline } from "./timeline.js" */
/**
 * The map: draw() shows photos and a circle, unless the album has no photos at all.
 * @typedef {{ draw: (shots: LocatedShot[], near: ?string, isNeeded: boolean) => void }} PhotoMap
 */

const DAY_S = 86_400;

/** Connects a Timeline, a MapPanel and a PeakList. Each shows the photos that match the filters of the other two. */
export class Facets {
  #parts;
  #abort = new AbortController();
  /** @type {?string} */
  #peaks = null;
  /** @type {Shot[]} */
  #shots = [];
  #countsAbort = new AbortController();
  #countsFilter = "";
  /**
   * The number of photos that match all filters; null until it is known.
   * @type {?number}
   */
  total = null;

  /**
   * @param {{ timeline: Timeline, map: PhotoMap, peakList: PeakList, onTotal: () => void }} parts onTotal is called when
   *   the total has changed
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Update all facets for a state (url_state.js). Asks the server only if the selected peaks or the album have changed.
   * @param {Query} state
   * @param {{ changed?: boolean }} [options] whether the album has changed
   */
  async load(state, { changed = false } = {}) {
    const peaks = state.peaks.join();
    this.#loadCounts(state, changed);
    if (peaks !== this.#peaks || changed) {
      [this.#peaks, this.total] = [peaks, null];
      this.#abort.abort();
      const abort = (this.#abort = new AbortController());
      try {
        this.#shots = toRows(await api.shots(state.peaks, abort.signal));
      } catch (error) {
        if (api.isAbort(error)) return;
        if (!(error instanceof api.ApiError)) throw error;
        this.#peaks = null;
        toast(error.message);
      }
    }
    this.#draw(state);
  }

  /**
   * @param {Query} state
   * @param {boolean} changed
   */
  async #loadCounts({ near, from, to }, changed) {
    const filter = near || from || to ? { near, from, to } : null;
    if (JSON.stringify(filter) === this.#countsFilter && !changed) return;
    this.#countsFilter = JSON.stringify(filter);
    this.#countsAbort.abort();
    const abort = (this.#countsAbort = new AbortController());
    try {
      this.#parts.peakList.setCounts(filter && (await api.peaks(filter, abort.signal)));
    } catch (error) {
      if (api.isAbort(error)) return;
      if (!(error instanceof api.ApiError)) throw error;
      // The search and the request for shots fail for the same reason and report it.
      this.#countsFilter = "";
      this.#parts.peakList.setCounts(null);
    }
  }

  /** @param {Query} state */
  #draw({ near, from, to }) {
    const circle = near && parseCircle(near);
    const isInCircle = (/** @type {Shot} */ shot) =>
      !circle || (isLocated(shot) && distanceKm(circle.lat, circle.lon, shot.lat, shot.lon) <= circle.km);
    const since = from ? Date.parse(from) / 1000 : -Infinity;
    const until = to ? Date.parse(to) / 1000 + DAY_S : Infinity;
    const isInTime = (/** @type {Shot} */ { takenAt }) =>
      (!from && !to) || (takenAt !== null && takenAt >= since && takenAt < until);
    this.#parts.timeline.draw(
      this.#shots.filter(isInCircle).flatMap(({ takenAt }) => (takenAt === null ? [] : [takenAt])),
      from,
      to,
    );
    this.#parts.map.draw(
      this.#shots.filter(isLocated).filter(isInTime),
      near,
      Boolean(this.#peaks || this.#shots.length),
    );
    this.total = this.#shots.filter((shot) => isInCircle(shot) && isInTime(shot)).length;
    this.#parts.onTotal();
  }
}

/** @type {(shot: Shot) => shot is LocatedShot} */
const isLocated = (shot) => shot.lat !== null;

/**
 * Convert the parallel arrays of the API to objects.
 * @param {Shots} shots
 * @returns {Shot[]}
 */
function toRows({ ids, taken_at: takenAt, lat, lon }) {
  return ids.map((id, i) => ({ id, takenAt: takenAt[i], lat: lat[i], lon: lon[i] }));
}
