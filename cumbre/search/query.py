"""A search as front ends ask it, and its answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cumbre.errors import InvalidRequest
from cumbre.geo.geodesy import Position
from cumbre.index.port import Near
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import Identification, PhotoDocument
from cumbre.text.sentence import sentence

Sort = Literal["score", "time"]
# How many photos an answer can be turned through, page by page: a window of Elasticsearch less one.
DEEPEST = 9_999


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
