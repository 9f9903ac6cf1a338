// When and where the photos of the chosen peaks were taken: what the time line and the map show beside the answer.

import * as api from "./api.js";
import { distanceKm, readCircle } from "./geo.js";
import { toast } from "./toast.js";

const DAY_S = 86_400;

/** Joins a TimeLine and a MapPanel. Each shows the photos that the other one's filter lets pass. */
export class Facets {
  #timeLine;
  #map;
  #asking = null;
  #peaks = null;
  #shots = [];

  constructor(timeLine, map) {
    this.#timeLine = timeLine;
    this.#map = map;
  }

  /** Ask the server again if other peaks are chosen, or the album has changed. */
  async load(asked, { changed = false } = {}) {
    const peaks = asked.peaks.join();
    if (peaks !== this.#peaks || changed) {
      this.#peaks = peaks;
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

  #draw({ near, from, to }) {
    const circle = near && readCircle(near);
    const inCircle = ({ lat, lon }) => !circle || (lat !== null && distanceKm(circle.lat, circle.lon, lat, lon) <= circle.km);
    const since = from ? Date.parse(from) / 1000 : -Infinity;
    const until = to ? Date.parse(to) / 1000 + DAY_S : Infinity;
    const inTime = ({ takenAt }) => (!from && !to) || (takenAt !== null && takenAt >= since && takenAt < until);
    this.#timeLine.draw(this.#shots.filter((shot) => shot.takenAt !== null && inCircle(shot)).map((shot) => shot.takenAt), from, to);
    this.#map.draw(this.#shots.filter((shot) => shot.lat !== null && inTime(shot)), near);
  }
}

function rows({ ids, taken_at: takenAt, lat, lon }) {
  return ids.map((id, i) => ({ id, takenAt: takenAt[i], lat: lat[i], lon: lon[i] }));
}
