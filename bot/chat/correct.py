"""The dialogue that corrects a peak: choose the picture, choose the peak, and undo."""

from typing import Any, Final

from bot.chat.context import ChatContext, with_elevation
from bot.chat.memory import Offer, pictures_of
from bot.chat.messages import Button, Reply, TextReply, Toast
from bot.chat.turn import Turn
from cumbre.peaks.catalog import Peak
from cumbre.search.query import SearchRequest

_CHOICES: Final = 6
_NUMBERS_IN_A_ROW: Final = 5

Target = dict[str, Any]


class CorrectionHandler:
    """Handles the steps of a correction.

    The targets of an offer are photos of the album ("photo") or sent pictures ("picture").
    """

    def __init__(self, context: ChatContext) -> None:
        self._context = context

    def begin(self, turn: Turn, offer: Offer) -> list[Reply]:
        """Ask which peak it is; if there are several pictures, ask first which one is meant."""
        targets, token = offer.meaning["targets"], offer.token
        if len(targets) == 1:
            return [self._which_peak(turn, offer, 0, replaces=False)]
        numbers = [Button(str(n + 1), f"pick.{token}.{n}") for n in range(len(targets))]
        rows = [tuple(numbers[i : i + _NUMBERS_IN_A_ROW]) for i in range(0, len(numbers), _NUMBERS_IN_A_ROW)]
        cancel = (Button(turn.translator.text("chat.button_cancel"), f"cancel.{token}"),)
        return [TextReply(turn.translator.text("chat.which_picture"), buttons=(*rows, cancel))]

    def pick(self, turn: Turn, offer: Offer, number: int) -> list[Reply]:
        """Ask which peak the picture with this number shows."""
        return [self._which_peak(turn, offer, number, replaces=True)]

    def ask_for_name(self, turn: Turn, offer: Offer, number: int) -> list[Reply]:
        """Ask for the peak's name and take the next text in this chat as the answer."""
        turn.change_offer(offer, number=number)
        turn.remember(naming=offer.token)
        return [TextReply(turn.translator.text("chat.write_name"), asks_text=True)]

    def name(self, turn: Turn, text: str) -> list[Reply] | None:
        """Take the text as the name that was asked for; return None if no name was asked for."""
        token = turn.take_naming()
        offer = turn.recall(token) if token else None
        if offer is None:
            return None
        number = offer.meaning["number"]
        named = self._context.query.search(SearchRequest(text, k=1)).named_peaks
        if not named:
            again = Button(turn.translator.text("chat.button_another"), f"name.{offer.token}.{number}")
            return [TextReply(turn.translator.text("chat.unknown_name", name=text), buttons=((again,),))]
        return self._apply(turn, offer, number, (named[0].id,), replaces=False)

    def choose(self, turn: Turn, offer: Offer, number: int, choice: str) -> list[Reply]:
        """Apply a choice: the number of one of the offered peaks, or "none"."""
        choices = offer.meaning.get("choices", [])
        if choice != "none" and not (choice.isdecimal() and int(choice) < len(choices)):
            return [Toast(turn.translator.text("chat.old_button"))]
        peak_ids = () if choice == "none" else (choices[int(choice)],)
        return self._apply(turn, offer, number, peak_ids, replaces=True)

    def undo(self, turn: Turn, offer: Offer) -> list[Reply]:
        """Restore the earlier correction, or Cumbre's own answer if there was none."""
        meaning = offer.meaning
        if "number" not in meaning or "before" not in meaning:
            return [Toast(turn.translator.text("chat.old_button"))]
        before = None if meaning["before"] is None else tuple(meaning["before"])
        self._say(meaning["targets"][meaning["number"]], before)
        return [TextReply(turn.translator.text("chat.undone"), replaces=True)]

    def _which_peak(self, turn: Turn, offer: Offer, number: int, *, replaces: bool) -> TextReply:
        token, translator = offer.token, turn.translator
        peaks = self._choices(turn, offer.meaning["targets"][number])
        turn.change_offer(offer, choices=[peak.id for peak in peaks])
        rows: list[tuple[Button, ...]] = [
            (Button(with_elevation(peak, translator), f"peak.{token}.{number}.{i}"),) for i, peak in enumerate(peaks)
        ]
        rows.append(
            (
                Button(translator.text("chat.button_another"), f"name.{token}.{number}"),
                Button(translator.text("chat.button_none"), f"peak.{token}.{number}.none"),
            )
        )
        rows.append((Button(translator.text("chat.button_cancel"), f"cancel.{token}"),))
        return TextReply(translator.text("chat.which_peak"), buttons=tuple(rows), replaces=replaces)

    def _choices(self, turn: Turn, target: Target) -> list[Peak]:
        """Return the likeliest peaks except the current answer, then the most frequent peaks of the album."""
        if "photo" in target:
            photo = self._context.query.photo(target["photo"])
            said, likely = photo.predicted_peaks[:1], [one.id for one in photo.peaks]
        else:
            said, likely = (target["answer"],), target["peaks"]
        frequent = [counted.peak.id for counted in self._context.query.peaks()]
        ids = [one for one in dict.fromkeys([*likely, *frequent]) if one not in said]
        return turn.peaks(ids)[:_CHOICES]

    def _apply(
        self, turn: Turn, offer: Offer, number: int, peak_ids: tuple[str, ...], *, replaces: bool
    ) -> list[Reply]:
        translator = turn.translator
        before = self._say(offer.meaning["targets"][number], peak_ids)
        turn.change_offer(offer, number=number, before=before)
        peaks = turn.peaks(peak_ids)
        thanks = translator.text("chat.thanks_none")
        if peaks:
            thanks = translator.text("chat.thanks", name=with_elevation(peaks[0], translator))
        undo = Button(translator.text("chat.button_undo"), f"undo.{offer.token}")
        return [TextReply(thanks, buttons=((undo,),), replaces=replaces)]

    def _say(self, target: Target, peak_ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Record the peaks of a target and return the earlier correction, None if there was none."""
        if "photo" not in target:
            [picture] = pictures_of([target["picture"]])
            return self._context.album.correct_picture(self._context.fetch(picture), peak_ids)
        photo = self._context.query.photo(target["photo"])
        self._context.album.correct(photo.id, peak_ids)
        return photo.predicted_peaks if photo.corrected else None
