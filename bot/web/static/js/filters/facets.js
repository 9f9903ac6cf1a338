// Faceted filters: loads when and where the photos were taken, and updates timeline, map and peak counts.

import * as api from "../net/api.js";
import { distanceKm, parseCircle } from "../geo/geodesy.js";
import { toast } from "../ui/toast.js";

const DAY_S = 86_400;

/** Connects a Timeline, a MapPanel and a PeakList. Each shows the photos that match the filters of the other two. */
export class Facets {
  #timeline;
  #map;
  #peakList;
  #onTotal;
  #abort = null;
  #peaks = null;
  #shots = [];
  #countsAbort = null;
  #countsFilter = "";
  /** The number of photos that match all filters; null until it is known. */
  total = null;

  /** onTotal() is called when the total has changed. */
  constructor({ timeline, map, peakList, onTotal }) {
    [this.#timeline, this.#map, this.#peakList, this.#onTotal] = [timeline, map, peakList, onTotal];
  }

  /**
   * Update all facets for a state (url_state.js). Asks the server only if the selected peaks or the album have changed.
   * @param {object} state
   * @param {{ changed?: boolean }} options whether the album has changed
   */
  async load(state, { changed = false } = {}) {
    const peaks = state.peaks.join();
    this.#loadCounts(state, changed);
    if (peaks !== this.#peaks || changed) {
      [this.#peaks, this.total] = [peaks, null];
      this.#abort?.abort();
      const abort = (this.#abort = new AbortController());
      try {
        this.#shots = toRows(await api.shots(state.peaks, abort.signal));
      } catch (error) {
        if (error.name === "AbortError") return;
        if (!(error instanceof api.ApiError)) throw error;
        this.#peaks = null;
        toast(error.message);
      }
    }
    this.#draw(state);
  }

  async #loadCounts({ near, from, to }, changed) {
    const filter = near || from || to ? { near, from, to } : null;
    if (JSON.stringify(filter) === this.#countsFilter && !changed) return;
    this.#countsFilter = JSON.stringify(filter);
    this.#countsAbort?.abort();
    const abort = (this.#countsAbort = new AbortController());
    try {
      this.#peakList.setCounts(filter && (await api.peaks(filter, abort.signal)));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof api.ApiError)) throw error;
      // The search and the request for shots fail for the same reason and report it.
      this.#countsFilter = "";
      this.#peakList.setCounts(null);
    }
  }

  #draw({ near, from, to }) {
    const circle = near && parseCircle(near);
    const isInCircle = ({ lat, lon }) =>
      !circle || (lat !== null && distanceKm(circle.lat, circle.lon, lat, lon) <= circle.km);
    const since = from ? Date.parse(from) / 1000 : -Infinity;
    const until = to ? Date.parse(to) / 1000 + DAY_S : Infinity;
    const isInTime = ({ takenAt }) => (!from && !to) || (takenAt !== null && takenAt >= since && takenAt < until);
    this.#timeline.draw(
      this.#shots.filter((shot) => shot.takenAt !== null && isInCircle(shot)).map((shot) => shot.takenAt),
      from,
      to,
    );
    this.#map.draw(
      this.#shots.filter((shot) => shot.lat !== null && isInTime(shot)),
      near,
      Boolean(this.#peaks || this.#shots.length),
    );
    this.total = this.#shots.filter((shot) => isInCircle(shot) && isInTime(shot)).length;
    this.#onTotal();
  }
}

/** Convert the parallel arrays of the API to objects { id, takenAt, lat, lon }. takenAt is in POSIX seconds. */
function toRows({ ids, taken_at: takenAt, lat, lon }) {
  return ids.map((id, i) => ({ id, takenAt: takenAt[i], lat: lat[i], lon: lon[i] }));
}
