"""QueryService: the queries that a front end may make, and the types of their results.

Front ends (page, chat, command line) depend on these types and on nothing behind them.
"""

from dataclasses import dataclass
from typing import Protocol

from cumbre.geo.geodesy import Position
from cumbre.index.port import NO_FILTER, PhotoFilter, Shot
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import Identification, Orientation, PhotoDocument
from cumbre.search.query import SearchAnswer, SearchRequest
from cumbre.viewshed.panorama import Panorama


@dataclass(frozen=True, slots=True)
class PeakCount:
    """A peak and the number of photos that show it."""

    peak: Peak
    photos: int


@dataclass(frozen=True, slots=True)
class FailedPhoto:
    """A photo that could not be indexed; path is "bucket/key"."""

    id: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexingProgress:
    """A running scan: done photos of total so far."""

    done: int
    total: int
    rate_per_s: float


@dataclass(frozen=True, slots=True)
class Status:
    """The size of the album, the model in use, and any problems.

    model_id is the model that built the active index, wanted_model_id the one that the settings ask for. notices are
    sentences for people, for example that a better model is available, a reindex is due or an album is missing.
    indexing is None unless a scan runs in this process.
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
    """The port for queries. Implementations are shared between threads."""

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Find photos by words, a photo, or both.

        Raises NotFound if a peak of the request is not in the catalogue, and PhotoError if its photo can't be read.
        """
        ...

    def identify(self, photo: bytes, at: Position | None = None, heading_deg: float | None = None) -> Identification:
        """Name the peaks in a picture file, which need not be in the album.

        at and heading_deg (from true north) override what the file says. Raises PhotoError if the file can't be read.
        """
        ...

    def photo(self, photo_id: str) -> PhotoDocument:
        """Return a photo of the album. Raises NotFound."""
        ...

    def rendition(self, photo_id: str, size_px: int, names: bool = False) -> bytes:
        """Return a JPEG without metadata, at most size_px (one of RENDITION_SIZES_PX) on its long side.

        names: label the summits, if their positions are certain enough. Raises NotFound if there is no such photo or
        it could not be read.
        """
        ...

    def labelled(self, photo: bytes, orientation: Orientation, size_px: int) -> bytes:
        """Return a JPEG of an identified picture file with its summits labelled; size_px may be any size."""
        ...

    def original(self, photo_id: str) -> bytes:
        """Return the photo's file, unchanged and with all its metadata. Raises NotFound."""
        ...

    def shots(self, where: PhotoFilter) -> list[Shot]:
        """Return when and where each photo that passes the filter was taken."""
        ...

    def peak(self, peak_id: str) -> Peak:
        """Return a catalogued peak. Raises NotFound."""
        ...

    def peaks(self, where: PhotoFilter = NO_FILTER) -> list[PeakCount]:
        """Return every catalogued peak with its number of matching photos: most photos first, then highest first."""
        ...

    def around(self, place: Position) -> Panorama:
        """Return the peaks around a place, most striking first.

        If the place has no altitude, that of album photos taken nearby is used, else a plausible one is assumed.
        """
        ...

    def status(self) -> Status:
        """Return counts, models, albums, failures and notices."""
        ...
