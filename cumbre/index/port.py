"""The port PhotoIndex: one generation of the index, and the generations themselves.

A generation holds the photos embedded by one model (a vector space), so vectors of two models never mix. Queries go to
the active generation; a reindex fills the next one and then activates it. Every adapter passes tests/contract.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cumbre.photos.document import PhotoDocument

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """Which encoder the vectors come from. Vectors compare only within one space."""

    model_id: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Near:
    """A circle on the Earth."""

    lat: float
    lon: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class PhotoFilter:
    """Which photos may answer. Empty fields do not restrict; several peaks mean any of them.

    since and until bound the time of the shot: since <= taken_at < until.
    """

    peak_ids: tuple[str, ...] = ()
    near: Near | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = PhotoFilter()


class RankBy(Enum):
    """COSINE compares photo with photo; SCORE is the cosine less the photo's background, for texts."""

    COSINE = "cosine"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A document with the version that a conditional write must name."""

    document: PhotoDocument
    version: int


@dataclass(frozen=True, slots=True)
class PhotoWrite:
    """One conditional write. expected_version is None where no document may exist yet.

    vector has shape [dimensions] and length 1; None keeps the vector that is stored. A failure has none; any other
    photo must have one, or the write raises IndexFault.
    """

    document: PhotoDocument
    vector: Vector | None
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class KnownObject:
    """What the index knows of one object: enough to see whether it must be looked at again."""

    key: str
    etag: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One result of a vector search."""

    photo_id: str
    cosine: float
    score: float


@dataclass(frozen=True, slots=True)
class Showing:
    """A photo and one of its predicted peaks; certainty as PhotoDocument.certainty states it."""

    photo_id: str
    peak_id: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Shot:
    """When and where a photo was taken: taken_at is a POSIX time in seconds; None where it is not known."""

    photo_id: str
    taken_at: float | None
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A photo that is known to show a peak; content_sha256 is that of its file, vector has shape [D]."""

    peak_id: str
    content_sha256: str
    vector: Vector


class PhotoIndex(Protocol):
    """One generation of the index."""

    @property
    def space(self) -> VectorSpace: ...

    def get(self, photo_id: str) -> StoredPhoto | None: ...

    def get_many(self, photo_ids: Sequence[str]) -> dict[str, PhotoDocument]:
        """The documents of these ids; ids that are not there are left out."""
        ...

    def vector(self, photo_id: str) -> Vector | None: ...

    def find_by_content(self, content_sha256: str) -> StoredPhoto | None:
        """Any indexed photo (not a failure) with this content: its vector serves for a copy or a renamed file."""
        ...

    def with_content(self, content_sha256: str) -> list[StoredPhoto]:
        """Every document with this content."""
        ...

    def known(self, bucket: str, prefix: str = "") -> Iterator[KnownObject]:
        """Every object of a bucket that has a document, failures included, in no promised order."""
        ...

    def write(self, writes: Sequence[PhotoWrite]) -> list[PhotoWrite]:
        """Carry out the writes; the ones whose expected version no longer holds are returned, unwritten."""
        ...

    def delete(self, photo_id: str, expected_version: int) -> None:
        """Delete a document. Raises VersionConflict if it has changed; one that is gone already is fine."""
        ...

    def nearest(
        self, vector: Vector, k: int, where: PhotoFilter = EVERYTHING, rank_by: RankBy = RankBy.SCORE
    ) -> list[Neighbour]:
        """The k best photos for a vector of shape [dimensions], best first; exact in the order of rank_by."""
        ...

    def select(self, where: PhotoFilter = EVERYTHING, limit: int | None = None, offset: int = 0) -> list[PhotoDocument]:
        """Photos (no failures) that pass the filter, newest shot first; photos without a time come last.

        The first `offset` of them are passed over; offset and limit together are at most 10 000.
        """
        ...

    def showing(self, peak_ids: Sequence[str], where: PhotoFilter = EVERYTHING) -> list[Showing]:
        """Every photo that passes the filter with each of these peaks that it shows."""
        ...

    def shots(self, where: PhotoFilter = EVERYTHING) -> list[Shot]:
        """When and where every photo that passes the filter was taken, in no promised order."""
        ...

    def newest(self, photo_ids: Sequence[str], k: int) -> list[str]:
        """The ids of the k photos among these that were taken last, newest first; those without a time come last."""
        ...

    def reference_photos(self, limit: int) -> list[Reference]:
        """Up to `limit` photos that may teach what their peak looks like (PhotoDocument.teaches)."""
        ...

    def count(self, where: PhotoFilter = EVERYTHING) -> int: ...

    def peak_counts(self, where: PhotoFilter = EVERYTHING) -> dict[str, int]:
        """Photos per predicted peak."""
        ...

    def failures(self) -> list[PhotoDocument]: ...

    def scan(self) -> Iterator[tuple[StoredPhoto, Vector]]:
        """Every photo (no failures) with its vector; what is written meanwhile may or may not be seen."""
        ...

    def forget_damaged(self) -> int:
        """Drop photos whose stored bytes are not those written, so that the next scan indexes them; says how many."""
        ...

    def metadata(self, name: str) -> str | None:
        """A small fact kept with the generation (for example the version of the backgrounds)."""
        ...

    def set_metadata(self, name: str, value: str) -> None: ...


class IndexGenerations(Protocol):
    """The generations of an index: the one that answers, the next one while it is being built, the one before."""

    def active(self) -> PhotoIndex | None: ...

    def building(self) -> PhotoIndex | None: ...

    def ensure_active(self, space: VectorSpace) -> PhotoIndex:
        """The active generation; an empty one of this space if there was none. Safe to call by several at once."""
        ...

    def create_building(self, space: VectorSpace) -> PhotoIndex:
        """A new, empty generation beside the active one. Raises IndexFault if one is being built already."""
        ...

    def activate(self, built: PhotoIndex) -> None:
        """The generation that was built answers from now on; the old one is kept as previous(), in place of an older.

        Raises GenerationReplaced, and changes nothing, if it is not the one being built (any more).
        """
        ...

    def drop_building(self) -> None: ...

    def previous(self) -> PhotoIndex | None:
        """The generation that was replaced last, as it was then; writing to it raises GenerationReplaced."""
        ...

    def rebuild_previous(self, space: VectorSpace) -> PhotoIndex | None:
        """The previous generation is the one being built, if it is what create_building(space) would make; else None.

        Its notes are forgotten: what they tell of may have changed since.
        Raises IndexFault if one is being built already.
        """
        ...

    def drop_previous(self) -> None: ...

    def incomplete(self) -> bool:
        """Whether photos of the album may be missing: the index was damaged, or left in the middle of work."""
        ...

    def set_complete(self) -> None:
        """The whole album has been scanned."""
        ...

    def close(self) -> None: ...
