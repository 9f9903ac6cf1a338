"""A place that is sent: the peaks around it, and the photos taken near it."""

from typing import Final

from bot.chat.context import ChatContext, with_elevation
from bot.chat.messages import Reply, TextReply
from bot.chat.search import SearchHandler
from bot.i18n.speaker import Translator
from cumbre.geo.geodesy import Position
from cumbre.index.port import Near
from cumbre.search.query import SearchRequest
from cumbre.viewshed.panorama import Panorama, PanoramaPeak

_NEARBY_M: Final = 5_000.0
_PEAKS_SHOWN: Final = 8


class PlaceHandler:
    """Tells what stands around."""

    def __init__(self, desk: ChatContext, finder: SearchHandler) -> None:
        self._desk = desk
        self._finder = finder

    def answer(self, chat: str, place: Position, speaker: Translator) -> list[Reply]:
        around = self._desk.query.around(place)
        near = Near(place.lat, place.lon, _NEARBY_M)
        return [self._peaks(around, speaker), *self._finder.near(chat, near, speaker)]

    def near_peak(self, chat: str, text: str, speaker: Translator) -> list[Reply]:
        """The photos taken near a peak that is named."""
        named = self._desk.query.search(SearchRequest(text, k=1)).named_peaks
        if not named:
            return [TextReply(speaker.say("chat.near_unknown", name=text), asks_place=True)]
        return self._finder.near(chat, Near(named[0].lat, named[0].lon, _NEARBY_M), speaker)

    def _peaks(self, around: Panorama, speaker: Translator) -> TextReply:
        if not around.peaks:
            return TextReply(speaker.say("chat.no_peaks_around", km=round(around.range_m / 1000)))
        lines = [self._line(one, speaker) for one in around.peaks[:_PEAKS_SHOWN]]
        altitude = speaker.metres(round(around.altitude_m, -1))
        key = "chat.altitude_assumed" if around.altitude_is_assumed else "chat.altitude_of_album"
        notes = [speaker.say("chat.terrain_unknown"), speaker.say(key, altitude=altitude)]
        return TextReply("\n".join([*lines, "", " ".join(notes)]), speaker.say("chat.peaks_around"))

    def _line(self, one: PanoramaPeak, speaker: Translator) -> str:
        return speaker.say(
            "chat.peak_around" if one.elevation_deg >= 0 else "chat.peak_below",
            name=with_elevation(one.peak, speaker),
            direction=speaker.direction(one.bearing_deg),
            distance=speaker.distance(one.distance_m),
            height=speaker.degrees(abs(one.elevation_deg)),
        )
