"""QueryService: the questions that a front end may ask, and the answers' types.

Front ends (page, chat, command line) know these types and nothing behind them.
"""

from dataclasses import dataclass
from typing import Protocol

from cumbre.geo.geodesy import Position
from cumbre.index.port import EVERYTHING, PhotoFilter, Shot
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import Identification, Orientation, PhotoDocument
from cumbre.search.query import SearchAnswer, SearchRequest
from cumbre.viewshed.panorama import Panorama


@dataclass(frozen=True, slots=True)
class PeakCount:
    peak: Peak
    photos: int


@dataclass(frozen=True, slots=True)
class FailedPhoto:
    id: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexingProgress:
    """The scan that is running: done of total looked at."""

    done: int
    total: int
    rate_per_s: float


@dataclass(frozen=True, slots=True)
class Status:
    """What Cumbre has, what answers, and what stands in the way.

    notices are sentences for people (a model that would do better, a reindex that is due, an album that is missing).
    """

    photos: int
    failures: tuple[FailedPhoto, ...]
    peaks: int
    model_id: str
    wanted_model_id: str
    albums: tuple[str, ...]
    notices: tuple[str, ...]
    indexing: IndexingProgress | None = None


class QueryService(Protocol):
    """What a front end may ask."""

    def search(self, request: SearchRequest) -> SearchAnswer: ...

    def identify(
        self, photo: bytes, at: Position | None = None, heading_deg: float | None = None
    ) -> Identification: ...

    def photo(self, photo_id: str) -> PhotoDocument:
        """Raises NotFound."""
        ...

    def rendition(self, photo_id: str, size_px: int, names: bool = False) -> bytes:
        """A JPEG without metadata, at most size_px (one of RENDITION_SIZES_PX) on its long side.

        names: with the names of its summits, where their places are sure.
        """
        ...

    def labelled(self, photo: bytes, orientation: Orientation, size_px: int) -> bytes:
        """The same of a picture file that has been identified, with the names of its summits; any size."""
        ...

    def original(self, photo_id: str) -> bytes:
        """The file itself, with all that the camera wrote into it."""
        ...

    def shots(self, where: PhotoFilter) -> list[Shot]:
        """When and where the photos that pass the filter were taken."""
        ...

    def peak(self, peak_id: str) -> Peak: ...

    def peaks(self, where: PhotoFilter = EVERYTHING) -> list[PeakCount]:
        """Every catalogued peak with its number of photos that pass, most photos first, then by elevation."""
        ...

    def around(self, place: Position) -> Panorama:
        """The peaks around a place, the most striking first; without an altitude, that of the album nearby."""
        ...

    def status(self) -> Status: ...
