"""The services that every part of the conversation uses."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.chat.memory import Memory
from bot.chat.messages import SentPicture
from bot.i18n.translator import Translator
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService


@dataclass(frozen=True)
class ChatContext:
    """The services of one chat carrier.

    fetch returns the bytes of a sent picture; it raises PhotoError if they are not available.
    """

    query: QueryService
    album: AlbumService
    catalog: Callable[[], Catalog]
    memory: Memory
    fetch: Callable[[SentPicture], bytes]
    photos_per_reply: int = 6


def with_elevation(peak: Peak, translator: Translator) -> str:
    """Return the name of a peak with its elevation."""
    return translator.text("chat.peak", name=peak.name, elev=translator.metres(peak.elev_m))
