"""Answer sent pictures: the peaks with probability and reason, and related photos of the album."""

import logging
import time
from dataclasses import asdict
from typing import Final

from bot.chat.context import ChatContext, with_elevation
from bot.chat.messages import Button, Message, PictureReply, Reply, SentPicture, TextReply
from bot.chat.search import Question, SearchHandler
from bot.chat.turn import Turn
from bot.i18n.translator import Translator
from cumbre.errors import CumbreError, PhotoError
from cumbre.geo.geodesy import Position
from cumbre.labels.layout import max_labels
from cumbre.photos.document import Identification, PeakPrediction
from cumbre.photos.evidence import evidence_text
from cumbre.recognition.reasons import Reasons

_log = logging.getLogger(__name__)

_PEAKS_SHOWN: Final = 4
_LIKELY_MIN: Final = 0.15
_IN_VIEW_MIN: Final = 0.5
_GUESSES: Final = 3
# Chat apps show photos at this size.
_LABELLED_PX: Final = 1280

Buttons = tuple[tuple[Button, ...], ...]


class IdentifyHandler:
    """Names the peaks in pictures, and remembers pictures without a position in case it is sent later."""

    def __init__(self, context: ChatContext, search_handler: SearchHandler) -> None:
        self._context = context
        self._search_handler = search_handler

    def answer(self, turn: Turn, message: Message) -> list[Reply]:
        """Answer all pictures of a message together; its location, if any, is where they were taken."""
        if len(message.pictures) == 1:
            return self._single(turn, message, message.pictures[0])
        return self._several(turn, message)

    def _single(self, turn: Turn, message: Message, picture: SentPicture) -> list[Reply]:
        words = message.text.strip()
        # A question about the picture ("which one is this?") is not a search.
        question = Question("" if words.endswith("?") else words, picture=picture, picture_at=message.location)
        photo = self._context.fetch(picture)
        found = self._search_handler.search(question, photo)
        identified = found.identification
        assert identified is not None
        lines = [*self._lines(turn, identified), self._where(identified, turn.translator)]
        hints, asks_place = self._hints(turn, message, [(picture, identified)])
        title, *rest = [line for line in [*lines, *hints] if line]
        buttons = self._buttons(turn, message, [(picture, identified)])
        replies: list[Reply] = [TextReply("\n".join(rest), title, buttons, asks_place=asks_place)]
        replies += self._with_names(turn, photo, identified)
        if found.hits:
            replies += self._search_handler.photos(turn, question, found, "chat.alike")
        return replies

    def _with_names(self, turn: Turn, photo: bytes, found: Identification) -> list[Reply]:
        """Return the picture with the names of its summits, if their positions are sure and the chat wants them.

        The list is empty if the picture can't be drawn.
        """
        if found.orientation is None or not turn.notes.writes_names:
            return []
        peaks = turn.peaks([summit.id for summit in found.orientation.drawn])
        if not peaks:
            return []
        try:
            jpeg = self._context.query.labelled(photo, found.orientation, _LABELLED_PX)
        except CumbreError as error:
            _log.warning("the names could not be drawn on a picture: %s", error)
            return []
        return [PictureReply(jpeg, tuple(peak.name for peak in peaks[: max_labels(_LABELLED_PX)]))]

    def _several(self, turn: Turn, message: Message) -> list[Reply]:
        translator = turn.translator
        identified: list[tuple[SentPicture, Identification]] = []
        lines = []
        for number, picture in enumerate(message.pictures, 1):
            try:
                found = self._context.query.identify(self._context.fetch(picture), message.location)
            except PhotoError as error:
                said = translator.refusal(error)
            else:
                identified.append((picture, found))
                said = self._in_brief(turn, found)
            lines.append(f"{number}. {said}")
        hints, asks_place = self._hints(turn, message, identified)
        title = translator.text("chat.pictures", n=len(message.pictures))
        buttons = self._buttons(turn, message, identified)
        replies: list[Reply] = [TextReply("\n".join([*lines, *hints]), title, buttons, asks_place=asks_place)]
        answers = tuple(dict.fromkeys(found.answer for _, found in identified if found.answer))
        if answers:
            question = Question(peak_ids=answers)
            in_album = self._search_handler.search(question)
            if in_album.hits:
                replies += self._search_handler.photos(turn, question, in_album, "chat.found")
        return replies

    def _in_brief(self, turn: Turn, found: Identification) -> str:
        """Return one line: the peak with probability and reason, or that none was recognised."""
        evidence = next((one for one in found.peaks if one.id == found.answer), None)
        peaks = turn.peaks([found.answer] if found.answer else [])
        if evidence is None or not peaks:
            return self._lines(turn, found)[0]
        return self._evidence(evidence, f"{with_elevation(peaks[0], turn.translator)}, ", turn.translator)

    def _lines(self, turn: Turn, found: Identification) -> list[str]:
        """Return the answer, then each peak with probability and reason, then the note."""
        translator = turn.translator
        # Without a position the hints already say what would help, in words for a chat.
        note = "" if found.note == Reasons.NO_POSITION else translator.sentence(found.note)
        if found.answer is None or not turn.peaks([found.answer]):
            likely = [peak.name for peak in turn.peaks([one.id for one in found.peaks])][:_GUESSES]
            first = translator.text("chat.no_answer")
            if likely:
                first = translator.text("chat.maybe", names=", ".join(likely))
            return [first, note]
        [peak] = turn.peaks([found.answer])
        shown = [one for one in found.peaks if one.id == found.answer or _is_worth_saying(one)][:_PEAKS_SHOWN]
        several = len(shown) > 1
        lines = [with_elevation(peak, translator)]
        for one in shown:
            for of_one in turn.peaks([one.id]):
                name = f"{with_elevation(of_one, translator)}, " if several else ""
                lines.append(self._evidence(one, name, translator))
        return [*lines, note]

    @staticmethod
    def _evidence(one: PeakPrediction, name: str, translator: Translator) -> str:
        return translator.text(
            "chat.evidence", name=name, percent=_percent(one), why=translator.translate(evidence_text(one))
        )

    def _where(self, found: Identification, translator: Translator) -> str:
        """Return where and when the picture was taken and where the camera looked; "" without a position."""
        facts = found.facts
        if facts is None or facts.position is None:
            return ""
        parts = [translator.place(facts.position)]
        if found.heading_true_deg is not None:
            parts.append(translator.text("chat.towards", direction=translator.direction(found.heading_true_deg)))
        if facts.taken_at_local:
            parts.append(translator.moment(facts.taken_at_local))
        return translator.text("chat.taken", where=", ".join(parts))

    def _hints(
        self, turn: Turn, message: Message, identified: list[tuple[SentPicture, Identification]]
    ) -> tuple[list[str], bool]:
        """Return what would improve the answer, and whether to ask for a place.

        How to send originals is explained once per chat.
        """
        lacking = tuple(picture for picture, found in identified if _lacks_place(found, message.location))
        hints = []
        if any(not picture.is_original for picture in lacking) and not turn.notes.knows_about_originals:
            turn.remember(knows_about_originals=True)
            hints.append(turn.translator.text("chat.hint_original"))
        elif lacking:
            hints.append(turn.translator.text("chat.hint_place"))
        if lacking or turn.notes.pictures:
            turn.remember(pictures=lacking, pictures_sent_at=time.time())
        return hints, bool(hints)

    def _buttons(self, turn: Turn, message: Message, identified: list[tuple[SentPicture, Identification]]) -> Buttons:
        if not identified:
            return ()
        targets = [
            {"picture": asdict(picture), "answer": found.answer, "peaks": [one.id for one in found.peaks]}
            for picture, found in identified
        ]
        token = turn.offer({"targets": targets})
        named = any(found.answer for _, found in identified)
        label = turn.translator.text("chat.button_other_peak" if named else "chat.button_say_peak")
        rows = [(Button(label, f"fix.{token}"),)]
        if message.may_add and any(picture.is_original for picture, _ in identified):
            rows.append((Button(turn.translator.text("chat.button_add"), f"add.{token}"),))
        return tuple(rows)


def _is_worth_saying(one: PeakPrediction) -> bool:
    return one.probability >= _LIKELY_MIN or (one.in_view or 0.0) >= _IN_VIEW_MIN


def _percent(one: PeakPrediction) -> int:
    """Return the chance that the peak is in view if geometry gives one, else its probability, in percent."""
    return round(100 * (one.probability if one.in_view is None else one.in_view))


def _lacks_place(found: Identification, said: Position | None) -> bool:
    return said is None and found.facts is not None and found.facts.position is None and "correction" not in found.used
