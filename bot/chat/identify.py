"""Pictures that are sent: which peaks they show, each with its reason and certainty, and what the album has of them."""

import logging
import time
from dataclasses import asdict, replace
from typing import Final

from bot.chat.context import ChatContext, with_elevation
from bot.chat.messages import Button, Message, PictureReply, Reply, SentPicture, TextReply
from bot.chat.search import Question, SearchHandler
from bot.i18n.speaker import Translator
from cumbre.errors import CumbreError, PhotoError
from cumbre.geo.geodesy import Position
from cumbre.labels.layout import most_labels
from cumbre.photos.document import Identification, PeakPrediction
from cumbre.photos.evidence import evidence_text
from cumbre.recognition.reasons import Reasons

_log = logging.getLogger(__name__)

_PEAKS_SHOWN: Final = 4
_LIKELY_MIN: Final = 0.15
_IN_VIEW_MIN: Final = 0.5
_GUESSES: Final = 3
# What chat apps show.
_LABELLED_PX: Final = 1280

Buttons = tuple[tuple[Button, ...], ...]


class IdentifyHandler:
    """Names the peaks of pictures; remembers those that lack their place, in case it is sent."""

    def __init__(self, desk: ChatContext, finder: SearchHandler) -> None:
        self._desk = desk
        self._finder = finder

    def answer(self, message: Message, speaker: Translator) -> list[Reply]:
        """One answer for all pictures of a message; its location is where they were taken."""
        if len(message.pictures) == 1:
            return self._single(message, message.pictures[0], speaker)
        return self._several(message, speaker)

    def _single(self, message: Message, picture: SentPicture, speaker: Translator) -> list[Reply]:
        words = message.text.strip()
        # What asks about the picture ("which one is this?") describes no photo.
        question = Question("" if words.endswith("?") else words, picture=picture, picture_at=message.location)
        photo = self._desk.fetch(picture)
        found = self._finder.search(question, photo)
        identified = found.identification
        assert identified is not None
        lines = [*self._lines(identified, speaker), self._where(identified, speaker)]
        hints, asks_place = self._hints(message, [(picture, identified)], speaker)
        title, *rest = [line for line in [*lines, *hints] if line]
        buttons = self._buttons(message, [(picture, identified)], speaker)
        replies: list[Reply] = [TextReply("\n".join(rest), title, buttons, asks_place=asks_place)]
        replies += self._with_names(message.chat, photo, identified)
        if found.hits:
            replies += self._finder.photos(message.chat, question, found, "chat.alike", speaker)
        return replies

    def _with_names(self, chat: str, photo: bytes, found: Identification) -> list[Reply]:
        """The picture with the names of its summits, where their places are sure and the chat wants them.

        The answer goes without it where it can't be drawn.
        """
        if found.orientation is None or not self._desk.memory.notes(chat).writes_names:
            return []
        peaks = self._desk.peaks([summit.id for summit in found.orientation.drawn])
        if not peaks:
            return []
        try:
            jpeg = self._desk.query.labelled(photo, found.orientation, _LABELLED_PX)
        except CumbreError as error:
            _log.warning("a picture goes without its names: %s", error)
            return []
        return [PictureReply(jpeg, tuple(peak.name for peak in peaks[: most_labels(_LABELLED_PX)]))]

    def _several(self, message: Message, speaker: Translator) -> list[Reply]:
        identified: list[tuple[SentPicture, Identification]] = []
        lines = []
        for number, picture in enumerate(message.pictures, 1):
            try:
                found = self._desk.query.identify(self._desk.fetch(picture), message.location)
            except PhotoError as error:
                said = speaker.refusal(error)
            else:
                identified.append((picture, found))
                said = self._in_brief(found, speaker)
            lines.append(f"{number}. {said}")
        hints, asks_place = self._hints(message, identified, speaker)
        title = speaker.say("chat.pictures", n=len(message.pictures))
        buttons = self._buttons(message, identified, speaker)
        replies: list[Reply] = [TextReply("\n".join([*lines, *hints]), title, buttons, asks_place=asks_place)]
        answers = tuple(dict.fromkeys(found.answer for _, found in identified if found.answer))
        if answers:
            question = Question(peak_ids=answers)
            in_album = self._finder.search(question)
            if in_album.hits:
                replies += self._finder.photos(message.chat, question, in_album, "chat.found", speaker)
        return replies

    def _in_brief(self, found: Identification, speaker: Translator) -> str:
        """One line: the peak with its certainty and reason, or that there is none."""
        evidence = next((one for one in found.peaks if one.id == found.answer), None)
        peaks = self._desk.peaks([found.answer] if found.answer else [])
        if evidence is None or not peaks:
            return self._lines(found, speaker)[0]
        return self._evidence(evidence, f"{with_elevation(peaks[0], speaker)}, ", speaker)

    def _lines(self, found: Identification, speaker: Translator) -> list[str]:
        """First what it is, then each peak with its certainty and reason, then what is to be said of it."""
        # Without a place the hints say what would help, in words for a chat.
        note = "" if found.note == Reasons.NO_POSITION else speaker.sentence(found.note)
        if found.answer is None or not self._desk.peaks([found.answer]):
            likely = [peak.name for peak in self._desk.peaks([one.id for one in found.peaks])][:_GUESSES]
            first = speaker.say("chat.no_answer")
            if likely:
                first = speaker.say("chat.maybe", names=", ".join(likely))
            return [first, note]
        [peak] = self._desk.peaks([found.answer])
        shown = [one for one in found.peaks if one.id == found.answer or _is_worth_saying(one)][:_PEAKS_SHOWN]
        several = len(shown) > 1
        lines = [with_elevation(peak, speaker)]
        for one in shown:
            for of_one in self._desk.peaks([one.id]):
                name = f"{with_elevation(of_one, speaker)}, " if several else ""
                lines.append(self._evidence(one, name, speaker))
        return [*lines, note]

    @staticmethod
    def _evidence(one: PeakPrediction, name: str, speaker: Translator) -> str:
        return speaker.say("chat.evidence", name=name, percent=_percent(one), why=speaker.tell(evidence_text(one)))

    def _where(self, found: Identification, speaker: Translator) -> str:
        """Where and when it was taken and where the camera looked, as far as the file says."""
        facts = found.facts
        if facts is None or facts.position is None:
            return ""
        parts = [speaker.place(facts.position)]
        if found.heading_true_deg is not None:
            parts.append(speaker.say("chat.towards", direction=speaker.direction(found.heading_true_deg)))
        if facts.taken_at_local:
            parts.append(speaker.moment(facts.taken_at_local))
        return speaker.say("chat.taken", where=", ".join(parts))

    def _hints(
        self, message: Message, identified: list[tuple[SentPicture, Identification]], speaker: Translator
    ) -> tuple[list[str], bool]:
        """What would make the answer better; how originals are sent is said once in a chat."""
        notes = self._desk.memory.notes(message.chat)
        lacking = tuple(picture for picture, found in identified if _lacks_place(found, message.location))
        hints = []
        if any(not picture.is_original for picture in lacking) and not notes.knows_about_originals:
            notes = replace(notes, knows_about_originals=True)
            hints.append(speaker.say("chat.hint_original"))
        elif lacking:
            hints.append(speaker.say("chat.hint_place"))
        self._desk.memory.keep(message.chat, replace(notes, pictures=lacking, pictures_sent_at=time.time()))
        return hints, bool(hints)

    def _buttons(
        self, message: Message, identified: list[tuple[SentPicture, Identification]], speaker: Translator
    ) -> Buttons:
        if not identified:
            return ()
        targets = [
            {"picture": asdict(picture), "answer": found.answer, "peaks": [one.id for one in found.peaks]}
            for picture, found in identified
        ]
        token = self._desk.memory.offer(message.chat, {"targets": targets})
        named = any(found.answer for _, found in identified)
        label = speaker.say("chat.button_other_peak" if named else "chat.button_say_peak")
        rows = [(Button(label, f"fix.{token}"),)]
        if message.may_add and any(picture.is_original for picture, _ in identified):
            rows.append((Button(speaker.say("chat.button_add"), f"add.{token}"),))
        return tuple(rows)


def _is_worth_saying(one: PeakPrediction) -> bool:
    return one.probability >= _LIKELY_MIN or (one.in_view or 0.0) >= _IN_VIEW_MIN


def _percent(one: PeakPrediction) -> int:
    """How sure it is that the peak is in the picture, where geometry says so; else its share of the belief."""
    return round(100 * (one.probability if one.in_view is None else one.in_view))


def _lacks_place(found: Identification, said: Position | None) -> bool:
    return said is None and found.facts is not None and found.facts.position is None and "correction" not in found.used
