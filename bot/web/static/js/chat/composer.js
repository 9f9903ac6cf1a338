// Where a message is made: words, and photos that are chosen, pasted or dropped.

import { isPicture } from "../ui/file_drop.js";
import { el, icon } from "../ui/dom.js";
import { toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

const MOST_PHOTOS = 10;

/** element is the form; submit({ text, files }) is called with what was made, which leaves the box. */
export class ChatBox {
  #submit;
  #files = [];
  #locked = false;
  #words = el("input", {
    type: "text", class: "chat-words", maxlength: 500, enterkeyhint: "send", autocomplete: "off",
    "aria-label": t("chat_label"), placeholder: t("chat_placeholder"),
  });
  #chooser = el("input", { type: "file", accept: "image/*,.heic,.heif,.avif", multiple: true, tabindex: -1, "aria-label": t("chat_attach"), hidden: true });
  #photos = el("ul", { class: "chat-chosen", "aria-label": t("chat_chosen"), hidden: true });

  constructor(submit) {
    this.#submit = submit;
    const attach = el("button", { type: "button", class: "quiet", "aria-label": t("chat_attach"), title: t("chat_attach"), on: { click: () => this.#chooser.click() } }, icon("photo"));
    const send = el("button", { type: "submit", class: "primary", "aria-label": t("chat_send"), title: t("chat_send") }, icon("send"));
    this.element = el("form", { class: "chat-box", on: { submit: (event) => { event.preventDefault(); this.submit(); } } },
      this.#photos, el("div", { class: "chat-line" }, attach, this.#words, send, this.#chooser));
    this.#chooser.addEventListener("change", () => {
      this.attach(this.#chooser.files);
      // The same file can be chosen again.
      this.#chooser.value = "";
      this.focus();
    });
  }

  submit() {
    const made = { text: this.#words.value.trim(), files: this.#files };
    if (this.#locked || (!made.text && !made.files.length)) return;
    this.fill({ text: "", files: [] });
    this.#submit(made);
  }

  fill({ text, files }) {
    this.#words.value = text;
    this.#files = files;
    this.#draw();
  }

  attach(files) {
    if (this.#locked) return;
    const pictures = [...files].filter(isPicture);
    if (!pictures.length) {
      toast(t("not_a_file"));
      return;
    }
    if (this.#files.length + pictures.length > MOST_PHOTOS) toast(t("chat_most_photos"));
    this.#files = [...this.#files, ...pictures].slice(0, MOST_PHOTOS);
    this.#draw();
  }

  /** While a message is on its way the box takes nothing: it must have room for what comes back unsent. */
  lock(locked) {
    this.#locked = locked;
    this.#words.readOnly = locked;
  }

  focus() {
    this.#words.focus();
  }

  #draw() {
    this.#photos.hidden = !this.#files.length;
    this.#photos.replaceChildren(...this.#files.map((file) => el("li", {},
      el("span", { text: file.name }),
      el("button", {
        type: "button", class: "quiet", "aria-label": t("chat_put_back", { name: file.name }),
        on: { click: () => { this.#files = this.#files.filter((one) => one !== file); this.#draw(); this.focus(); } },
      }, icon("close")))));
  }
}
