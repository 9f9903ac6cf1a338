"""Answer a place: the peaks around it, and the photos taken near it."""

from typing import Final

from bot.chat.context import ChatContext, with_elevation
from bot.chat.messages import Reply, TextReply
from bot.chat.search import SearchHandler
from bot.chat.turn import Turn
from bot.i18n.translator import Translator
from cumbre.geo.geodesy import Position
from cumbre.index.port import Circle
from cumbre.search.query import SearchRequest
from cumbre.viewshed.panorama import Panorama, PanoramaPeak

_NEARBY_M: Final = 5_000.0
_PEAKS_SHOWN: Final = 8


class PlaceHandler:
    """Answers places and named peaks with their surroundings."""

    def __init__(self, context: ChatContext, search_handler: SearchHandler) -> None:
        self._context = context
        self._search_handler = search_handler

    def answer(self, turn: Turn, place: Position) -> list[Reply]:
        """Return the peaks around a place and the photos taken near it."""
        around = self._context.query.around(place)
        near = Circle(place.lat, place.lon, _NEARBY_M)
        return [self._peaks(around, turn.translator), *self._search_handler.near(turn, near)]

    def near_peak(self, turn: Turn, text: str) -> list[Reply]:
        """Return the photos taken near the peak that the text names."""
        named = self._context.query.search(SearchRequest(text, k=1)).named_peaks
        if not named:
            return [TextReply(turn.translator.text("chat.near_unknown", name=text), asks_place=True)]
        return self._search_handler.near(turn, Circle(named[0].lat, named[0].lon, _NEARBY_M))

    def _peaks(self, around: Panorama, translator: Translator) -> TextReply:
        if not around.peaks:
            return TextReply(translator.text("chat.no_peaks_around", km=round(around.range_m / 1000)))
        shown = around.peaks[:_PEAKS_SHOWN]
        lines = [self._line(one, translator) for one in shown]
        altitude = translator.metres(round(around.altitude_m, -1))
        key = "chat.altitude_assumed" if around.altitude_is_assumed else "chat.altitude_of_album"
        notes = [translator.text(key, altitude=altitude)]
        if any(one.visible is None for one in shown):
            notes.insert(0, translator.text("chat.terrain_unknown"))
        return TextReply("\n".join([*lines, "", " ".join(notes)]), translator.text("chat.peaks_around"))

    def _line(self, one: PanoramaPeak, translator: Translator) -> str:
        key = "chat.peak_around" if one.elevation_deg >= 0 else "chat.peak_below"
        return translator.text(
            "chat.peak_hidden" if one.visible is False else key,
            name=with_elevation(one.peak, translator),
            direction=translator.direction(one.bearing_deg),
            distance=translator.distance(one.distance_m),
            height=translator.degrees(abs(one.elevation_deg)),
        )
