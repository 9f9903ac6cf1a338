// The status line: numbers, notices, indexing progress and failures. Polls often while indexing, otherwise seldom.

import { ApiError, retryPhoto, status } from "../net/api.js";
import { byId, el, icon, withCode } from "../ui/dom.js";
import { toast } from "../ui/toast.js";
import { number, t, tn } from "../ui/i18n.js";

/** @import { Status } from "openapi" */

const BUSY_POLL_MS = 1500;
const IDLE_POLL_MS = 20_000;

/** The status line. onChange(status) is called when the album has changed. */
export class StatusLine {
  #onChange;
  #timer = 0;
  #drawn = "";
  #openFailures = false;
  /** @type {string[]} */
  #hiddenNotices = [];
  /**
   * The last status of the server, or null.
   * @type {?Status}
   */
  current = null;

  /** @param {(status: Status) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.refresh();
    });
  }

  /**
   * Hide notices that another part of the page already shows.
   * @param {string[]} notices
   */
  hideNotices(notices) {
    if (String(notices) === String(this.#hiddenNotices)) return;
    this.#hiddenNotices = notices;
    this.#drawn = "";
    if (this.current) this.#draw(this.current);
  }

  /** Load and draw the status, and schedule the next poll unless the page is hidden. */
  async refresh() {
    clearTimeout(this.#timer);
    let busy = false;
    try {
      const now = await status();
      const before = this.current;
      this.current = now;
      busy = now.indexing !== null;
      this.#draw(now);
      if (before && (before.photos !== now.photos || (before.indexing && !now.indexing))) this.#onChange(now);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#drawn = "";
      byId("status").replaceChildren(notice(error.message));
    }
    // Another call may have scheduled its own poll meanwhile.
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.refresh(), busy ? BUSY_POLL_MS : IDLE_POLL_MS);
  }

  /** @param {Status} now */
  #draw(now) {
    // Redraw only on changes, to disturb neither screen readers nor an open list.
    const serialized = JSON.stringify(now);
    if (serialized === this.#drawn) return;
    this.#drawn = serialized;
    byId("status").replaceChildren(
      now.indexing ? progress(now.indexing) : "",
      ...now.notices.filter((text) => !this.#hiddenNotices.includes(text)).map(notice),
      now.failures.length ? this.#failures(now.failures) : "",
      el(
        "p",
        { class: "facts-line" },
        el("span", { text: tn("photos", now.photos) }),
        el("span", { text: `${t("model")}: ${now.model_id}` }),
        now.albums.length ? el("span", { text: `${t("album")}: ${now.albums.join(", ")}` }) : null,
      ),
    );
  }

  /** @param {Status["failures"]} failures */
  #failures(failures) {
    /**
     * @param {Status["failures"][number]} failure
     * @param {HTMLButtonElement} button
     */
    const retry = async (failure, button) => {
      button.disabled = true;
      try {
        const photo = await retryPhoto(failure.id);
        toast(photo.failure || t("retried"));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        toast(error.message);
      } finally {
        // The list is redrawn only if it has changed: after a failure it may be the same.
        button.disabled = false;
      }
      this.refresh();
    };
    const item = (/** @type {Status["failures"][number]} */ failure) => {
      const button = el("button", {
        type: "button",
        class: "link",
        text: t("retry"),
        "aria-label": `${t("retry")}: ${failure.path}`,
      });
      button.addEventListener("click", () => retry(failure, button));
      return el(
        "li",
        {},
        el("span", { class: "path", text: failure.path }),
        el("span", { class: "reason", text: failure.reason }),
        button,
      );
    };
    const details = el(
      "details",
      {
        class: "failures",
        open: this.#openFailures,
        on: {
          toggle: () => {
            this.#openFailures = details.open;
          },
        },
      },
      el("summary", { text: tn("failures", failures.length) }),
      el("ul", {}, failures.map(item)),
    );
    return details;
  }
}

/** @param {string} text */
function notice(text) {
  return el("p", { class: "notice" }, icon("note"), el("span", {}, ...withCode(text)));
}

/** @param {NonNullable<Status["indexing"]>} indexing */
function progress({ done, total, rate_per_s: rate }) {
  const text = t("indexing", { done: number(done), total: number(total) });
  return el(
    "div",
    { class: "progress" },
    el(
      "p",
      {},
      el("span", { text }),
      rate > 0 ? el("span", { class: "rate", text: t("rate", { rate: number(rate, 1) }) }) : null,
    ),
    el("progress", { max: Math.max(total, 1), value: done, "aria-label": text }),
  );
}
