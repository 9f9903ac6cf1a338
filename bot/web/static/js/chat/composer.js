// The composer of the chat: a text field and photos that are chosen, pasted or dropped.

import { isPicture } from "../ui/file_drop.js";
import { el, icon } from "../ui/dom.js";
import { toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

/** @typedef {{ text: string, files: File[] }} Draft */

const PHOTOS_MAX = 10;

/** The composer; `element` is its form. */
export class Composer {
  #onSubmit;
  /** @type {File[]} */
  #files = [];
  #locked = false;
  #input = el("input", {
    type: "text",
    class: "chat-input",
    maxlength: 500,
    enterkeyhint: "send",
    autocomplete: "off",
    "aria-label": t("chat_label"),
    placeholder: t("chat_placeholder"),
  });
  #fileInput = el("input", {
    type: "file",
    accept: "image/*,.heic,.heif,.avif",
    multiple: true,
    tabindex: -1,
    "aria-label": t("chat_attach"),
    hidden: true,
  });
  #photos = el("ul", { class: "chat-chosen", "aria-label": t("chat_chosen"), hidden: true });

  /** @param {(draft: Draft) => void} onSubmit called after the composer has been emptied */
  constructor(onSubmit) {
    this.#onSubmit = onSubmit;
    const attach = el(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-label": t("chat_attach"),
        title: t("chat_attach"),
        on: { click: () => this.#fileInput.click() },
      },
      icon("photo"),
    );
    const send = el(
      "button",
      { type: "submit", class: "primary", "aria-label": t("chat_send"), title: t("chat_send") },
      icon("send"),
    );
    this.element = el(
      "form",
      {
        class: "chat-composer",
        on: {
          submit: (event) => {
            event.preventDefault();
            this.submit();
          },
        },
      },
      this.#photos,
      el("div", { class: "chat-line" }, attach, this.#input, send, this.#fileInput),
    );
    this.#fileInput.addEventListener("change", () => {
      this.attach(this.#fileInput.files ?? []);
      // So that choosing the same file again fires another change event.
      this.#fileInput.value = "";
      this.focus();
    });
  }

  /** Submit the draft, unless it is empty or the composer is locked. */
  submit() {
    const draft = { text: this.#input.value.trim(), files: this.#files };
    if (this.#locked || (!draft.text && !draft.files.length)) return;
    this.fill({ text: "", files: [] });
    this.#onSubmit(draft);
  }

  /**
   * Replace the draft.
   * @param {Draft} draft
   */
  fill({ text, files }) {
    this.#input.value = text;
    this.#files = files;
    this.#draw();
  }

  /**
   * Add photos to the draft.
   * @param {Iterable<File>} files
   */
  attach(files) {
    if (this.#locked) return;
    const pictures = [...files].filter(isPicture);
    if (!pictures.length) {
      toast(t("not_a_file"));
      return;
    }
    if (this.#files.length + pictures.length > PHOTOS_MAX) toast(t("chat_most_photos"));
    this.#files = [...this.#files, ...pictures].slice(0, PHOTOS_MAX);
    this.#draw();
  }

  /**
   * Lock the composer while a message is being sent: if that fails, the draft must fit back in.
   * @param {boolean} locked
   */
  lock(locked) {
    this.#locked = locked;
    this.#input.readOnly = locked;
  }

  focus() {
    this.#input.focus();
  }

  #draw() {
    this.#photos.hidden = !this.#files.length;
    this.#photos.replaceChildren(
      ...this.#files.map((file) =>
        el(
          "li",
          {},
          el("span", { text: file.name }),
          el(
            "button",
            {
              type: "button",
              class: "quiet",
              "aria-label": t("chat_put_back", { name: file.name }),
              on: {
                click: () => {
                  this.#files = this.#files.filter((one) => one !== file);
                  this.#draw();
                  this.focus();
                },
              },
            },
            icon("close"),
          ),
        ),
      ),
    );
  }
}
