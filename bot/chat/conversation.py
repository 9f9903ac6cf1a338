"""Turn a message into replies, independently of what carries them (a chat app, the page)."""

import re
from dataclasses import replace
from typing import Final

from bot.chat.add import add_pictures
from bot.chat.commands import CommandHandler
from bot.chat.context import ChatContext
from bot.chat.correct import CorrectionHandler
from bot.chat.identify import IdentifyHandler
from bot.chat.messages import Message, Reply, TextReply, Toast
from bot.chat.places import PlaceHandler
from bot.chat.search import SearchHandler
from bot.i18n.translator import Translator
from cumbre.errors import InvalidRequest, NotFound, PhotoError

MAX_TEXT_CHARS: Final = 500
# ACTION.TOKEN, or ACTION.TOKEN.NUMBER.CHOICE
_PRESSED: Final = re.compile(r"([a-z]{1,10})\.([A-Za-z0-9_-]{2,8})(?:\.([0-9]{1,2}))?(?:\.([a-z0-9]{1,4}))?")


class Conversation:
    """Answers messages.

    It does not catch failures of the service: the carrier logs them and tells the user.
    """

    def __init__(self, context: ChatContext) -> None:
        self._context = context
        self._search_handler = SearchHandler(context)
        self._identify_handler = IdentifyHandler(context, self._search_handler)
        self._place_handler = PlaceHandler(context, self._search_handler)
        self._command_handler = CommandHandler(context, self._search_handler, self._place_handler)
        self._correction_handler = CorrectionHandler(context)

    def answer(self, message: Message) -> list[Reply]:
        """Return the replies to a message, at least one."""
        translator = self.translator(message.chat, message.language)
        try:
            if message.pressed:
                return self._press(message, translator)
            if message.pictures:
                return self._identify_handler.answer(message, translator)
            if message.location is not None:
                return self._place(message, translator)
            return self._words(message.chat, message.text.strip()[:MAX_TEXT_CHARS], translator)
        except (PhotoError, InvalidRequest, NotFound) as unusable:
            return [TextReply(translator.refusal(unusable))]

    def translator(self, chat: str, code: str | None) -> Translator:
        """Return a translator for the language chosen in the chat, or else for the language code."""
        return Translator(self._context.memory.notes(chat).language or code)

    def _words(self, chat: str, text: str, translator: Translator) -> list[Reply]:
        if not text:
            return [TextReply(translator.text("chat.not_understood"))]
        if text.startswith("/"):
            return self._command_handler.answer(chat, text, translator)
        named = self._correction_handler.name(chat, text, translator)
        return self._search_handler.about_words(chat, text, translator) if named is None else named

    def _place(self, message: Message, translator: Translator) -> list[Reply]:
        """Use the place for earlier pictures that wait for one; without such pictures, answer it as a question."""
        assert message.location is not None
        notes = self._context.memory.notes(message.chat)
        pictures = notes.waiting_pictures()
        if pictures:
            return self._identify_handler.answer(replace(message, pictures=pictures), translator)
        return self._place_handler.answer(message.chat, message.location, translator)

    def _press(self, message: Message, translator: Translator) -> list[Reply]:
        too_old: list[Reply] = [Toast(translator.text("chat.old_button"))]
        data = _PRESSED.fullmatch(message.pressed)
        if data is None:
            return too_old
        action, token, number, choice = data[1], data[2], int(data[3] or 0), data[4] or ""
        if action == "language":
            return self._command_handler.language(message.chat, token, translator, replaces=True)
        offer = self._context.memory.recall(message.chat, token)
        if offer is None:
            return too_old
        if action == "show":
            peaks = offer.get("peaks", [])
            return (
                self._search_handler.about_peaks(message.chat, (peaks[number],), translator)
                if number < len(peaks)
                else too_old
            )
        if number >= len(offer.get("targets", [])):
            return too_old
        chat, correction_handler = message.chat, self._correction_handler
        match action:
            case "more" | "date" if "question" in offer:
                return self._search_handler.press(chat, offer, action, translator)
            case "fix":
                return correction_handler.begin(chat, token, offer, translator)
            case "pick":
                return correction_handler.pick(chat, token, offer, number, translator)
            case "peak":
                return correction_handler.choose(chat, token, offer, number, choice, translator)
            case "name":
                return correction_handler.ask_for_name(chat, token, offer, number, translator)
            case "undo":
                return correction_handler.undo(offer, translator)
            case "cancel":
                return [TextReply(translator.text("chat.cancelled"), replaces=True)]
            case "add":
                return add_pictures(offer, message.may_add, self._context, translator)
        return too_old
