"""What every part of the conversation works with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.chat.memory import Memory
from bot.chat.messages import SentPicture
from bot.i18n.translator import Translator
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService


@dataclass(frozen=True)
class ChatContext:
    """fetch gives the bytes of a picture that was sent; it raises PhotoError where they can't be had."""

    query: QueryService
    album: AlbumService
    catalog: Callable[[], Catalog]
    memory: Memory
    fetch: Callable[[SentPicture], bytes]
    photos_per_reply: int = 6

    def peaks(self, peak_ids: Sequence[str]) -> list[Peak]:
        """Those that are (still) in the catalogue."""
        catalog = self.catalog()
        return [catalog[peak_id] for peak_id in peak_ids if peak_id in catalog]


def with_elevation(peak: Peak, translator: Translator) -> str:
    return translator.text("chat.peak", name=peak.name, elev=translator.metres(peak.elev_m))
