// The status line: numbers, notices, indexing progress and failures. Polls often while indexing, otherwise seldom.

import { retryPhoto, status } from "../net/api.js";
import { byId, el, icon, withCode } from "../ui/dom.js";
import { toast } from "../ui/toast.js";
import { number, t, tn } from "../ui/i18n.js";

const BUSY_POLL_MS = 1500;
const IDLE_POLL_MS = 20_000;

/** The status line. onChange(status) is called when the album has changed. */
export class StatusLine {
  #onChange;
  #timer = 0;
  #drawn = "";
  #openFailures = false;
  #hiddenNotices = [];
  /** The last status of the server, or null. */
  current = null;

  constructor(onChange) {
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.refresh();
    });
  }

  /** Hide notices that another part of the page already shows. */
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
      this.#drawn = "";
      byId("status").replaceChildren(notice(error.message));
    }
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.refresh(), busy ? BUSY_POLL_MS : IDLE_POLL_MS);
  }

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

  #failures(failures) {
    const retry = async (failure, button) => {
      button.disabled = true;
      try {
        const photo = await retryPhoto(failure.id);
        toast(photo.failure || t("retried"));
      } catch (error) {
        toast(error.message);
      }
      this.refresh();
    };
    const item = (failure) => {
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
    return el(
      "details",
      {
        class: "failures",
        open: this.#openFailures,
        on: {
          toggle: (event) => {
            this.#openFailures = event.target.open;
          },
        },
      },
      el("summary", { text: tn("failures", failures.length) }),
      el("ul", {}, failures.map(item)),
    );
  }
}

function notice(text) {
  return el("p", { class: "notice" }, icon("note"), el("span", {}, ...withCode(text)));
}

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
