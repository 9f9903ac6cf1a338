// The chat button. It loads the chat's script and style sheet on first use.

import { byId, el } from "../ui/dom.js";
import { readTabState } from "../state/storage.js";
import { toast } from "../ui/toast.js";
import { t } from "../ui/i18n.js";

/** @import { ChatDrawer, Page } from "./chat_drawer.js" */

/**
 * Set up the chat button.
 * @param {Page} page
 */
export function initChat(page) {
  const button = byId("open-chat");
  // The template has no button if the server has no chat.
  if (!button) return;
  /** @type {?Promise<ChatDrawer>} */
  let loading = null;
  const load = async () => {
    const [script] = await Promise.all([import("./chat_drawer.js"), loadStyle("/static/css/chat.css")]);
    return new script.ChatDrawer(button, page);
  };
  const withChat = async (/** @type {(chat: ChatDrawer) => void} */ act) => {
    loading ??= load();
    let chat;
    try {
      chat = await loading;
    } catch {
      loading = null;
      toast(t("connection_lost"));
      return;
    }
    act(chat);
  };
  // A click with detail 0 comes from the keyboard.
  button.addEventListener("click", (event) => withChat((chat) => chat.toggle({ byKeyboard: event.detail === 0 })));
  if (readTabState("chat open")) withChat((chat) => chat.open({ takesFocus: false }));
}

/**
 * Load a style sheet. Unlike loadStylesheet(), it rejects on errors, so that the chat never opens unstyled.
 * @param {string} href
 */
function loadStyle(href) {
  return new Promise((loaded, failed) => {
    document.head.append(el("link", { rel: "stylesheet", href, on: { load: loaded, error: failed } }));
  });
}
