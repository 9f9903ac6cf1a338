"""QueryService: the questions that a front end may ask, and the answers' types.

Front ends (page, chat, command line) know these types and nothing behind them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from cumbre.around import PeaksAround
from cumbre.catalog import Peak
from cumbre.documents import Identification, Orientation, PhotoDocument
from cumbre.errors import InvalidRequest
from cumbre.geometry import Position
from cumbre.index.port import EVERYTHING, Near, PhotoFilter, Shot
from cumbre.sentence import sentence

Sort = Literal["score", "time"]
# How many photos an answer can be turned through, page by page: a window of Elasticsearch less one.
DEEPEST = 9_999
RENDITION_SIZES_PX = (320, 640, 1280, 2560)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Words, a photo or both, and filters. With neither words nor photo: every photo that passes the filters.

    photo holds the bytes of a picture file, photo_at is where it was taken if somebody knows better than the file;
    since <= time of the shot < until. like is the id of a photo of the album: those that look like it are wanted, with
    no words and no other photo. The answer holds up to k hits after the first `offset`.
    Raises InvalidRequest where since is not before until, where like stands beside words or a photo, and where more is
    asked for than an answer holds (DEEPEST).
    """

    text: str = ""
    photo: bytes | None = None
    photo_at: Position | None = None
    peak_ids: tuple[str, ...] = ()
    near: Near | None = None
    since: datetime | None = None
    until: datetime | None = None
    k: int = 24
    sort: Sort = "score"
    offset: int = 0
    like: str = ""

    def __post_init__(self) -> None:
        if self.like and (self.text.strip() or self.photo is not None):
            raise InvalidRequest(sentence("photos like one of the album are asked for alone, without words or a photo"))
        if self.offset + self.k > DEEPEST:
            raise InvalidRequest(sentence("an answer ends after {n} photos: narrow it down", n=DEEPEST))
        if self.since and self.until and self.since >= self.until:
            raise InvalidRequest(sentence("the start of the time span (from) must be before its end (to)"))


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One photo that answers; score is comparable within one answer only."""

    photo: PhotoDocument
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """hits is empty when nothing matches; note then says so, and what to try.

    named_peaks are the peaks that the words named; identification is that of the photo in the question; more says
    whether further photos answer after these.
    """

    query: str
    hits: tuple[SearchHit, ...]
    note: str = ""
    named_peaks: tuple[Peak, ...] = ()
    identification: Identification | None = None
    more: bool = False


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

    def around(self, place: Position) -> PeaksAround:
        """The peaks around a place, the most striking first; without an altitude, that of the album nearby."""
        ...

    def status(self) -> Status: ...
