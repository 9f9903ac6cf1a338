// When and where the photos of the chosen peaks were taken, and which peaks the photos of a place and time show: what
// time line, map and peaks tell beside the answer.

import * as api from "../net/api.js";
import { distanceKm, readCircle } from "../map/geodesy.js";
import { toast } from "../ui/toast.js";

const DAY_S = 86_400;

/** Joins a TimeLine, a MapPanel and a PeakList. Each shows the photos that the other ones' filters let pass. */
export class Facets {
  #timeLine;
  #map;
  #peakList;
  #drawn;
  #asking = null;
  #peaks = null;
  #shots = [];
  #counting = null;
  #where = "";
  /** How many photos pass all filters; null while that is not known. */
  total = null;

  /** drawn() is called when the total is known. */
  constructor({ timeLine, map, peakList, drawn }) {
    [this.#timeLine, this.#map, this.#peakList, this.#drawn] = [timeLine, map, peakList, drawn];
  }

  /** Ask the server again if other peaks are chosen, or the album has changed. */
  async load(asked, { changed = false } = {}) {
    const peaks = asked.peaks.join();
    this.#count(asked, changed);
    if (peaks !== this.#peaks || changed) {
      [this.#peaks, this.total] = [peaks, null];
      this.#asking?.abort();
      const mine = (this.#asking = new AbortController());
      try {
        this.#shots = rows(await api.shots(asked.peaks, mine.signal));
      } catch (error) {
        if (error.name === "AbortError") return;
        if (!(error instanceof api.ApiError)) throw error;
        this.#peaks = null;
        toast(error.message);
      }
    }
    this.#draw(asked);
  }

  async #count({ near, from, to }, changed) {
    const where = near || from || to ? { near, from, to } : null;
    if (JSON.stringify(where) === this.#where && !changed) return;
    this.#where = JSON.stringify(where);
    this.#counting?.abort();
    const mine = (this.#counting = new AbortController());
    try {
      this.#peakList.count(where && (await api.peaks(where, mine.signal)));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof api.ApiError)) throw error;
      // Whatever it is, the answer itself and the shots have it as well, and say it.
      this.#where = "";
      this.#peakList.count(null);
    }
  }

  #draw({ near, from, to }) {
    const circle = near && readCircle(near);
    const inCircle = ({ lat, lon }) => !circle || (lat !== null && distanceKm(circle.lat, circle.lon, lat, lon) <= circle.km);
    const since = from ? Date.parse(from) / 1000 : -Infinity;
    const until = to ? Date.parse(to) / 1000 + DAY_S : Infinity;
    const inTime = ({ takenAt }) => (!from && !to) || (takenAt !== null && takenAt >= since && takenAt < until);
    this.#timeLine.draw(this.#shots.filter((shot) => shot.takenAt !== null && inCircle(shot)).map((shot) => shot.takenAt), from, to);
    this.#map.draw(this.#shots.filter((shot) => shot.lat !== null && inTime(shot)), near, Boolean(this.#peaks || this.#shots.length));
    this.total = this.#shots.filter((shot) => inCircle(shot) && inTime(shot)).length;
    this.#drawn();
  }
}

function rows({ ids, taken_at: takenAt, lat, lon }) {
  return ids.map((id, i) => ({ id, takenAt: takenAt[i], lat: lat[i], lon: lon[i] }));
}
