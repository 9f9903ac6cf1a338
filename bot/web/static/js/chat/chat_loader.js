// The way into the chat, whose script and style are loaded when they are first wanted.

import { byId, el } from "../ui/dom.js";
import { readTabState } from "../state/storage.js";
import { toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

/** page.open(id) shows a photo in full; page.changed() draws anew what a correction may have changed. */
export function offerChat(page) {
  const button = byId("open-chat");
  // Where the server has no chat, the page has no button.
  if (!button) return;
  let loading = null;
  const load = async () => {
    const [{ Chat }] = await Promise.all([import("./chat_drawer.js"), style("/static/css/chat.css")]);
    return new Chat(button, page);
  };
  const withChat = async (act) => {
    loading ??= load();
    let chat = null;
    try {
      chat = await loading;
    } catch {
      loading = null;
      toast(t("connection_lost"));
      return;
    }
    act(chat);
  };
  // A click of no pointer is one of the keyboard.
  button.addEventListener("click", (event) => withChat((chat) => chat.toggle({ byKeyboard: event.detail === 0 })));
  if (readTabState("chat open")) withChat((chat) => chat.open({ takesFocus: false }));
}

function style(href) {
  return new Promise((loaded, failed) => {
    document.head.append(el("link", { rel: "stylesheet", href, on: { load: loaded, error: failed } }));
  });
}
