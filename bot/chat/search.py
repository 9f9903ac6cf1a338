"""Answer questions with photos of the album: by words, peaks, place or picture, page by page."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.chat.captions import captioned
from bot.chat.context import ChatContext
from bot.chat.memory import Offer, pictures_of
from bot.chat.messages import Button, ButtonsGone, PhotosReply, Reply, SentPicture, TextReply, Toast
from bot.chat.turn import Turn
from bot.i18n.translator import Translator
from cumbre.geo.geodesy import Position
from cumbre.index.port import Circle
from cumbre.search.query import SearchAnswer, SearchHit, SearchRequest, Sort

_SUGGESTED_PEAKS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A search, with the ids of the photos that it has shown so far."""

    text: str = ""
    peak_ids: tuple[str, ...] = ()
    near: Circle | None = None
    picture: SentPicture | None = None
    picture_at: Position | None = None
    sort: Sort = "score"
    shown: tuple[str, ...] = ()

    def request(self, k: int, photo: bytes | None) -> SearchRequest:
        """Return the request for the next k photos; photo is the content of the picture, if there is one."""
        return SearchRequest(
            self.text, photo, self.picture_at, self.peak_ids, self.near, k=len(self.shown) + k, sort=self.sort
        )


class SearchHandler:
    """Answers questions with photos, and the buttons below those answers."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context

    def about_words(self, turn: Turn, text: str) -> list[Reply]:
        """Search by words; without a result, say what to try."""
        translator = turn.translator
        question = Question(text=text)
        found = self.search(question)
        if found.hits:
            return self.photos(turn, question, found, "chat.found")
        # The answer repeats the question already, so a note that repeats it again is left out.
        repeats = not found.note or text in found.note
        advice = self._what_to_try(translator) if repeats else translator.sentence(found.note)
        return [TextReply(translator.text("chat.nothing", query=text, advice=advice))]

    def about_peaks(self, turn: Turn, peak_ids: tuple[str, ...]) -> list[Reply]:
        """Search for photos of any of these peaks."""
        question = Question(peak_ids=peak_ids)
        found = self.search(question)
        if not found.hits:
            names = ", ".join(peak.name for peak in turn.peaks(peak_ids))
            advice = self._what_to_try(turn.translator)
            return [TextReply(turn.translator.text("chat.nothing", query=names, advice=advice))]
        return self.photos(turn, question, found, "chat.found")

    def near(self, turn: Turn, near: Circle) -> list[Reply]:
        """Search for photos taken in a circle, newest first."""
        question = Question(near=near, sort="time")
        found = self.search(question)
        if not found.hits:
            return [TextReply(turn.translator.text("chat.nothing_nearby", km=round(near.radius_m / 1000)))]
        return self.photos(turn, question, found, "chat.nearby")

    def photos(self, turn: Turn, question: Question, found: SearchAnswer, key: str) -> list[Reply]:
        """Return the next page of photos and a text with buttons; key is that of the text."""
        translator, names = turn.translator, turn.notes.writes_names
        page = self._context.photos_per_reply
        new = [hit for hit in found.hits if hit.photo.id not in question.shown]
        shown, more = new[:page], len(new) > page
        asked = replace(question, shown=(*question.shown, *(hit.photo.id for hit in shown)))
        buttons = self._buttons(turn, asked, shown, key, more)
        words = question.text or ", ".join(peak.name for peak in turn.peaks(question.peak_ids))
        return [
            PhotosReply(tuple(captioned(hit, turn.catalog, translator, names) for hit in shown)),
            TextReply(translator.text(key, n=len(shown), query=words), buttons=buttons),
        ]

    def press(self, turn: Turn, offer: Offer, action: str) -> list[Reply]:
        """Answer a button: show more photos, or the same search by date."""
        question, key = _question(offer.meaning["question"]), offer.meaning["key"]
        if action == "date":
            question, key = replace(question, sort="time", shown=()), "chat.by_date"
        found = self.search(question)
        if all(hit.photo.id in question.shown for hit in found.hits):
            return [ButtonsGone(), Toast(turn.translator.text("chat.no_more"))]
        return [ButtonsGone(), *self.photos(turn, question, found, key)]

    def search(self, question: Question, photo: bytes | None = None) -> SearchAnswer:
        """Search for a question; photo is the content of its picture, fetched if None.

        Raises PhotoError if the picture is not available any more.
        """
        if photo is None and question.picture:
            photo = self._context.fetch(question.picture)
        # One more than a page, to know whether there are more.
        return self._context.query.search(question.request(self._context.photos_per_reply + 1, photo))

    def _buttons(
        self, turn: Turn, asked: Question, shown: list[SearchHit], key: str, more: bool
    ) -> tuple[tuple[Button, ...], ...]:
        offer = {
            "question": asdict(asked),
            "key": key,
            "targets": [{"photo": hit.photo.id} for hit in shown],
        }
        token, translator = turn.offer(offer), turn.translator
        first = []
        if more:
            first.append(Button(translator.text("chat.button_more"), f"more.{token}"))
        if asked.sort != "time" and len(asked.shown) > 1:
            first.append(Button(translator.text("chat.button_by_date"), f"date.{token}"))
        correct = Button(translator.text("chat.button_other_peak"), f"fix.{token}")
        return tuple(row for row in (tuple(first), (correct,)) if row)

    def _what_to_try(self, translator: Translator) -> str:
        names = [counted.peak.name for counted in self._context.query.peaks() if counted.photos][:_SUGGESTED_PEAKS]
        return translator.text("chat.try", peaks=", ".join(names)) if names else translator.text("chat.try_plain")


def _question(kept: dict[str, Any]) -> Question:
    """Return the question for a record made by dataclasses.asdict."""
    return Question(
        text=kept["text"],
        peak_ids=tuple(kept["peak_ids"]),
        near=Circle(**kept["near"]) if kept["near"] else None,
        picture=pictures_of([kept["picture"]])[0] if kept["picture"] else None,
        picture_at=Position(**kept["picture_at"]) if kept["picture_at"] else None,
        sort=kept["sort"],
        shown=tuple(kept["shown"]),
    )
