"""A search request and its answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cumbre.errors import InvalidRequest
from cumbre.geo.geodesy import Position
from cumbre.index.port import Circle
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import Identification, PhotoDocument
from cumbre.text.sentence import plural_sentence, sentence

Sort = Literal["score", "time"]
# How deep paging can go: Elasticsearch's result window (10,000), minus one because a search reads one hit ahead.
MAX_RESULT_WINDOW = 9_999


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Words, a photo or both, plus filters. Without words and photo, every photo that passes the filters matches.

    photo is the content of a picture file; photo_at overrides where the file says it was taken. The time of the shot is
    filtered by since <= time < until. like is the id of an album photo to find similar ones; it excludes words and
    photo. The answer skips the first `offset` hits and has at most k.
    Raises InvalidRequest if since is not before until, if like is combined with words or a photo, or if offset + k
    exceeds MAX_RESULT_WINDOW.
    """

    text: str = ""
    photo: bytes | None = None
    photo_at: Position | None = None
    peak_ids: tuple[str, ...] = ()
    near: Circle | None = None
    since: datetime | None = None
    until: datetime | None = None
    k: int = 24
    sort: Sort = "score"
    offset: int = 0
    like: str = ""

    def __post_init__(self) -> None:
        if self.like and (self.text.strip() or self.photo is not None):
            raise InvalidRequest(sentence("a search for similar photos takes neither words nor another photo"))
        if self.offset + self.k > MAX_RESULT_WINDOW:
            raise InvalidRequest(
                plural_sentence(
                    "a search returns at most {n} photo: narrow it down",
                    "a search returns at most {n} photos: narrow it down",
                    n=MAX_RESULT_WINDOW,
                )
            )
        if self.since and self.until and self.since >= self.until:
            raise InvalidRequest(sentence("the start of the time span (from) must be before its end (to)"))


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One matching photo. why gives the reason; scores are comparable only within one answer."""

    photo: PhotoDocument
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """One page of hits, best or newest first.

    If nothing matches, note says so and what to try. query is the text of the request, named_peaks the peaks that it
    names, and identification the peaks of the request's photo (None without one). more: there are further hits.
    """

    query: str
    hits: tuple[SearchHit, ...]
    note: str = ""
    named_peaks: tuple[Peak, ...] = ()
    identification: Identification | None = None
    more: bool = False
