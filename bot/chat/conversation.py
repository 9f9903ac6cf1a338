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
from bot.chat.turn import Turn
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

    def begin(self, chat: str, language: str | None) -> Turn:
        """Return the turn for a message, with the chat's notes as they are now. language: see Message."""
        return Turn(chat, language, self._context.memory, self._context.catalog)

    def answer(self, message: Message, turn: Turn | None = None) -> list[Reply]:
        """Return the replies to a message, at least one. turn: the message's turn if the carrier has begun it."""
        turn = turn or self.begin(message.chat, message.language)
        try:
            replies = self._replies(turn, message)
        except (PhotoError, InvalidRequest, NotFound) as unusable:
            replies = [TextReply(turn.translator.refusal(unusable))]
        turn.save()
        return replies

    def _replies(self, turn: Turn, message: Message) -> list[Reply]:
        if message.pressed:
            return self._press(turn, message)
        if message.pictures:
            return self._identify_handler.answer(turn, message)
        if message.location is not None:
            return self._place(turn, message)
        return self._words(turn, message.text.strip()[:MAX_TEXT_CHARS])

    def _words(self, turn: Turn, text: str) -> list[Reply]:
        if not text:
            return [TextReply(turn.translator.text("chat.not_understood"))]
        if text.startswith("/"):
            return self._command_handler.answer(turn, text)
        named = self._correction_handler.name(turn, text)
        return self._search_handler.about_words(turn, text) if named is None else named

    def _place(self, turn: Turn, message: Message) -> list[Reply]:
        """Use the place for earlier pictures that wait for one; without such pictures, answer it as a question."""
        assert message.location is not None
        pictures = turn.notes.waiting_pictures()
        if pictures:
            return self._identify_handler.answer(turn, replace(message, pictures=pictures))
        return self._place_handler.answer(turn, message.location)

    def _press(self, turn: Turn, message: Message) -> list[Reply]:
        too_old: list[Reply] = [Toast(turn.translator.text("chat.old_button"))]
        data = _PRESSED.fullmatch(message.pressed)
        if data is None:
            return too_old
        action, token, number, choice = data[1], data[2], int(data[3] or 0), data[4] or ""
        if action == "language":
            return self._command_handler.language(turn, token, replaces=True)
        offer = turn.recall(token)
        if offer is None:
            return too_old
        if action == "show":
            peaks = offer.meaning.get("peaks", [])
            return self._search_handler.about_peaks(turn, (peaks[number],)) if number < len(peaks) else too_old
        if number >= len(offer.meaning.get("targets", [])):
            return too_old
        correction_handler = self._correction_handler
        match action:
            case "more" | "date" if "question" in offer.meaning:
                return self._search_handler.press(turn, offer, action)
            case "fix":
                return correction_handler.begin(turn, offer)
            case "pick":
                return correction_handler.pick(turn, offer, number)
            case "peak":
                return correction_handler.choose(turn, offer, number, choice)
            case "name":
                return correction_handler.ask_for_name(turn, offer, number)
            case "undo":
                return correction_handler.undo(turn, offer)
            case "cancel":
                return [TextReply(turn.translator.text("chat.cancelled"), replaces=True)]
            case "add":
                return add_pictures(turn, offer, message.may_add, self._context)
        return too_old
