"""A message in, replies out. What carries them (a chat app, a page) knows nothing of search, and this nothing of it."""

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
from bot.i18n.speaker import Translator
from cumbre.errors import InvalidRequest, NotFound, PhotoError

MAX_TEXT_CHARS: Final = 500
# ACTION.TOKEN, or ACTION.TOKEN.NUMBER.CHOICE
_PRESSED: Final = re.compile(r"([a-z]{1,10})\.([A-Za-z0-9_-]{2,8})(?:\.([0-9]{1,2}))?(?:\.([a-z0-9]{1,4}))?")


class Conversation:
    """Answers messages. Faults of the service are not caught here: the carrier logs them and says so."""

    def __init__(self, desk: ChatContext) -> None:
        self._desk = desk
        self._finder = SearchHandler(desk)
        self._recogniser = IdentifyHandler(desk, self._finder)
        self._surveyor = PlaceHandler(desk, self._finder)
        self._commander = CommandHandler(desk, self._finder, self._surveyor)
        self._corrector = CorrectionHandler(desk)

    def answer(self, message: Message) -> list[Reply]:
        """What the chat gets, at least one reply."""
        speaker = self.speaker(message.chat, message.language)
        try:
            if message.pressed:
                return self._press(message, speaker)
            if message.pictures:
                return self._recogniser.answer(message, speaker)
            if message.location is not None:
                return self._place(message, speaker)
            return self._words(message.chat, message.text.strip()[:MAX_TEXT_CHARS], speaker)
        except (PhotoError, InvalidRequest, NotFound) as unusable:
            return [TextReply(speaker.refusal(unusable))]

    def speaker(self, chat: str, code: str | None) -> Translator:
        """Who speaks the chat's language: the one that was chosen there, else that of the code."""
        return Translator(self._desk.memory.notes(chat).language or code)

    def _words(self, chat: str, text: str, speaker: Translator) -> list[Reply]:
        if not text:
            return [TextReply(speaker.say("chat.not_understood"))]
        if text.startswith("/"):
            return self._commander.answer(chat, text, speaker)
        named = self._corrector.name(chat, text, speaker)
        return self._finder.about_words(chat, text, speaker) if named is None else named

    def _place(self, message: Message, speaker: Translator) -> list[Reply]:
        """Where the pictures before it were taken, if those lack their place; else a question of its own."""
        assert message.location is not None
        notes = self._desk.memory.notes(message.chat)
        pictures = notes.waiting_pictures()
        if pictures:
            return self._recogniser.answer(replace(message, pictures=pictures), speaker)
        return self._surveyor.answer(message.chat, message.location, speaker)

    def _press(self, message: Message, speaker: Translator) -> list[Reply]:
        too_old: list[Reply] = [Toast(speaker.say("chat.old_button"))]
        data = _PRESSED.fullmatch(message.pressed)
        if data is None:
            return too_old
        action, token, number, choice = data[1], data[2], int(data[3] or 0), data[4] or ""
        if action == "language":
            return self._commander.language(message.chat, token, speaker, replaces=True)
        offer = self._desk.memory.recall(message.chat, token)
        if offer is None:
            return too_old
        if action == "show":
            peaks = offer.get("peaks", [])
            return self._finder.about_peaks(message.chat, (peaks[number],), speaker) if number < len(peaks) else too_old
        if number >= len(offer.get("targets", [])):
            return too_old
        chat, corrector = message.chat, self._corrector
        match action:
            case "more" | "date" if "question" in offer:
                return self._finder.press(chat, offer, action, speaker)
            case "fix":
                return corrector.begin(chat, token, offer, speaker)
            case "pick":
                return corrector.pick(chat, token, offer, number, speaker)
            case "peak":
                return corrector.choose(chat, token, offer, number, choice, speaker)
            case "name":
                return corrector.ask_for_name(chat, token, offer, number, speaker)
            case "undo":
                return corrector.undo(offer, speaker)
            case "cancel":
                return [TextReply(speaker.say("chat.cancelled"), replaces=True)]
            case "add":
                return add_pictures(offer, message.may_add, self._desk, speaker)
        return too_old
