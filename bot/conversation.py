"""A message in, replies out. What carries them (a chat, a terminal) knows nothing of search, and this nothing of it."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.speaker import Speaker
from cumbre.catalog import Catalog
from cumbre.documents import Identification, PhotoDocument
from cumbre.errors import InvalidRequest, PhotoError
from cumbre.geometry import Position
from cumbre.index.port import Near
from cumbre.query import QueryService, SearchAnswer, SearchHit, SearchRequest

PHOTOS_PER_REPLY = 6
NEARBY_KM = 5
SUGGESTED_PEAKS = 3
MAX_TEXT_CHARS = 500
COMMANDS_FOR_HELP = frozenset({"/start", "/help"})


@dataclass(frozen=True, slots=True)
class Message:
    """What a person sent. picture holds the bytes of a picture file; a place with it is where it was taken."""

    text: str = ""
    picture: bytes | None = None
    location: Position | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class TextReply:
    text: str


@dataclass(frozen=True, slots=True)
class CaptionedPhoto:
    hit: SearchHit
    caption: str


@dataclass(frozen=True, slots=True)
class PhotosReply:
    photos: tuple[CaptionedPhoto, ...]


Reply = TextReply | PhotosReply


class Conversation:
    """Answers messages. Faults of the service are not caught here: the carrier logs them and says so."""

    def __init__(
        self, query: QueryService, catalog: Callable[[], Catalog], *, photos_per_reply: int = PHOTOS_PER_REPLY
    ) -> None:
        self._query = query
        self._catalog = catalog
        self._photos_per_reply = photos_per_reply

    def answer(self, message: Message) -> list[Reply]:
        speaker = Speaker(message.language)
        try:
            if message.picture is not None:
                return self._about_picture(message.picture, message, speaker)
            if message.location is not None:
                return self._nearby(message.location, speaker)
            text = message.text.strip()
            if not text or text.lower() in COMMANDS_FOR_HELP:
                return [TextReply(speaker.say("chat.help"))]
            return self._about_words(text[:MAX_TEXT_CHARS], speaker)
        except (PhotoError, InvalidRequest) as unusable:
            return [TextReply(speaker.say("chat.unusable", reason=str(unusable).rstrip(".")))]

    def _about_words(self, text: str, speaker: Speaker) -> list[Reply]:
        found = self._query.search(SearchRequest(text=text, k=self._photos_per_reply))
        if not found.hits:
            # A note that repeats the question would say the same twice.
            advice = self._what_to_try(speaker) if not found.note or text in found.note else found.note
            return [TextReply(speaker.say("chat.nothing", query=text, advice=advice))]
        return self._with_photos(speaker.say("chat.found", n=len(found.hits), query=text), found, speaker)

    def _about_picture(self, picture: bytes, message: Message, speaker: Speaker) -> list[Reply]:
        asked = SearchRequest(text=message.text.strip()[:MAX_TEXT_CHARS], photo=picture, k=self._photos_per_reply)
        found = self._query.search(asked)
        identified = found.identification
        if message.location is not None or identified is None:
            identified = self._query.identify(picture, at=message.location)
        replies: list[Reply] = [TextReply(self._which_mountain(identified, speaker))]
        if found.hits:
            replies += self._with_photos(speaker.say("chat.alike", n=len(found.hits)), found, speaker)
        return replies

    def _nearby(self, place: Position, speaker: Speaker) -> list[Reply]:
        near = Near(place.lat, place.lon, NEARBY_KM * 1000)
        found = self._query.search(SearchRequest(near=near, k=self._photos_per_reply, sort="time"))
        if not found.hits:
            return [TextReply(speaker.say("chat.nothing_nearby", km=NEARBY_KM))]
        return self._with_photos(speaker.say("chat.nearby", n=len(found.hits)), found, speaker)

    def _with_photos(self, first: str, found: SearchAnswer, speaker: Speaker) -> list[Reply]:
        text = f"{first} {found.note}".strip()
        captioned = tuple(CaptionedPhoto(hit, self._caption(hit, speaker)) for hit in found.hits)
        return [TextReply(text), PhotosReply(captioned)]

    def _which_mountain(self, found: Identification, speaker: Speaker) -> str:
        catalog = self._catalog()
        peak = catalog.get(found.answer) if found.answer else None
        if peak is not None:
            evidence = next((p for p in found.peaks if p.id == peak.id), None)
            return speaker.say(
                "chat.this_is",
                name=peak.name,
                elev=speaker.metres(peak.elev_m),
                percent=round(100 * evidence.probability) if evidence else 100,
                why=evidence.why.rstrip(".") if evidence else "",
            )
        likely = [catalog[p.id].name for p in found.peaks[:SUGGESTED_PEAKS] if p.id in catalog]
        first = speaker.say("chat.maybe", names=", ".join(likely)) if likely else speaker.say("chat.no_answer")
        return f"{first} {found.note}".strip()

    def _caption(self, hit: SearchHit, speaker: Speaker) -> str:
        """The peaks with their elevations, the date on the camera's clock, and why the photo is an answer."""
        taken = hit.photo.facts.taken_at_local if hit.photo.facts else None
        lines = [", ".join(self._named(hit.photo, speaker)), speaker.moment(taken) if taken else "", hit.why]
        return "\n".join(line for line in lines if line)

    def _named(self, photo: PhotoDocument, speaker: Speaker) -> list[str]:
        catalog = self._catalog()
        key = "chat.caption_corrected" if photo.corrected else "chat.caption_peak"
        peaks = [catalog[peak_id] for peak_id in photo.predicted_peaks if peak_id in catalog]
        return [speaker.say(key, name=peak.name, elev=speaker.metres(peak.elev_m)) for peak in peaks]

    def _what_to_try(self, speaker: Speaker) -> str:
        names = [counted.peak.name for counted in self._query.peaks() if counted.photos][:SUGGESTED_PEAKS]
        return speaker.say("chat.try", peaks=", ".join(names)) if names else speaker.say("chat.try_plain")
