"""The port of the photo index: PhotoIndex is one generation, IndexGenerations manages the generations.

A generation contains the photos embedded by one model (one vector space), so vectors of two models never mix. Searches
go to the active generation; a reindex fills the next one and then activates it. tests/contract/test_photo_index.py runs
against every adapter.
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
    """The encoder of the vectors and their length. Only vectors of the same space can be compared."""

    model_id: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle on the Earth: its centre in degrees, its radius in metres."""

    lat: float
    lon: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class PhotoFilter:
    """A condition on photos. Empty fields do not restrict the result; several peaks mean any of them.

    since and until limit the time of the shot: since <= taken_at < until.
    """

    peak_ids: tuple[str, ...] = ()
    near: Circle | None = None
    since: datetime | None = None
    until: datetime | None = None


NO_FILTER = PhotoFilter()


class RankBy(Enum):
    """How a vector search ranks photos.

    COSINE compares a photo with a photo. SCORE is the cosine minus the photo's background, for text queries.
    """

    COSINE = "cosine"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A document and its version, which a conditional write or delete of it must name."""

    document: PhotoDocument
    version: int


@dataclass(frozen=True, slots=True)
class PhotoWrite:
    """One conditional write.

    expected_version is the version that was read; None if the document must not exist yet. vector has shape
    [dimensions] and length 1; None keeps the stored vector. A failure has no vector; every other photo must have one.
    """

    document: PhotoDocument
    vector: Vector | None
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class IndexedObject:
    """The key and ETag of an indexed object: enough to decide whether it must be read again."""

    key: str
    etag: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One result of a vector search."""

    photo_id: str
    cosine: float
    score: float


@dataclass(frozen=True, slots=True)
class PeakInPhoto:
    """A photo and one of its predicted peaks; certainty is PhotoDocument.certainty(peak_id)."""

    photo_id: str
    peak_id: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Shot:
    """The time and place of a photo: taken_at in POSIX seconds, lat and lon in degrees; None if unknown."""

    photo_id: str
    taken_at: float | None
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A photo that is known to show a peak, with the hash of its content and its vector [D]."""

    peak_id: str
    content_sha256: str
    vector: Vector


class PhotoIndex(Protocol):
    """One generation of the index.

    A *photo* below is a document without a failure. Methods that take a filter, and searches, return photos only.
    A process sees its own writes at once; other processes see them within about a second. Every method raises
    IndexFault if the index can't be reached or read.
    """

    @property
    def space(self) -> VectorSpace:
        """The vector space of this generation; it never changes."""
        ...

    def get(self, photo_id: str) -> StoredPhoto | None:
        """Return a document, which may be a failure, with its version; None if there is none with this id."""
        ...

    def get_many(self, photo_ids: Sequence[str]) -> dict[str, PhotoDocument]:
        """Return the documents with these ids, by id. Unknown ids are left out."""
        ...

    def vector(self, photo_id: str) -> Vector | None:
        """Return the vector [D] of a photo; None for a failure or an unknown id."""
        ...

    def find_by_content(self, content_sha256: str) -> StoredPhoto | None:
        """Return any photo with this content, or None. Its vector can be reused for a copy or a renamed file."""
        ...

    def with_content(self, content_sha256: str) -> list[StoredPhoto]:
        """Return every document with this content, in no particular order."""
        ...

    def indexed_objects(self, bucket: str, prefix: str = "") -> Iterator[IndexedObject]:
        """Iterate over every document of a bucket with this key prefix, failures included, in no particular order."""
        ...

    def write(self, writes: Sequence[PhotoWrite]) -> list[PhotoWrite]:
        """Carry out the writes and return the conflicts, in the order given.

        A conflict is a write with an expected version that is not the current one; it changes nothing. The caller reads
        the document again and decides what to do.
        Raises IndexFault, and writes nothing, if a photo would have no vector or a vector has another shape. A photo
        with neither version nor vector is always refused, even where one is stored; with an outdated version and no
        vector it is a conflict.
        Raises GenerationReplaced if this generation is neither active nor being built.
        """
        ...

    def delete(self, photo_id: str, expected_version: int) -> None:
        """Delete a document. An unknown id is not an error.

        Raises VersionConflict, and deletes nothing, if the document has another version now.
        Raises GenerationReplaced if this generation is neither active nor being built.
        """
        ...

    def nearest(
        self, vector: Vector, k: int, where: PhotoFilter = NO_FILTER, rank_by: RankBy = RankBy.SCORE
    ) -> list[Neighbour]:
        """Return the k best photos for a vector [D], best first; fewer if fewer pass the filter.

        The search ranks by rank_by itself. Re-ranking the top cosines by score is not enough: photos with a large
        background would displace the best ones.
        Raises IndexFault if the vector has another shape.
        """
        ...

    def select(self, where: PhotoFilter = NO_FILTER, limit: int | None = None, offset: int = 0) -> list[PhotoDocument]:
        """Return the photos that pass the filter, newest shot first; photos without a time come last.

        Skips the first `offset` photos and returns at most `limit`; offset and limit together are at most 10 000.
        A limit of None returns all the rest.
        """
        ...

    def peaks_in_photos(self, peak_ids: Sequence[str], where: PhotoFilter = NO_FILTER) -> list[PeakInPhoto]:
        """Return a PeakInPhoto for each of these peaks in each photo that passes the filter, in no particular order."""
        ...

    def shots(self, where: PhotoFilter = NO_FILTER) -> list[Shot]:
        """Return the time and place of every photo that passes the filter, in no particular order."""
        ...

    def newest(self, photo_ids: Sequence[str], k: int) -> list[str]:
        """Return the ids of the k photos taken last among these, newest first; photos without a time come last.

        Photos of the same time keep their order. Unknown ids are left out.
        """
        ...

    def reference_photos(self, limit: int) -> list[Reference]:
        """Return up to `limit` photos that are examples of a peak's appearance (PhotoDocument.teaches)."""
        ...

    def count(self, where: PhotoFilter = NO_FILTER) -> int:
        """Count the photos that pass the filter."""
        ...

    def peak_counts(self, where: PhotoFilter = NO_FILTER) -> dict[str, int]:
        """Count the photos of each predicted peak. Peaks without photos are left out."""
        ...

    def failures(self) -> list[PhotoDocument]:
        """Return every failure, sorted by key within each bucket."""
        ...

    def scan(self) -> Iterator[tuple[StoredPhoto, Vector]]:
        """Iterate over every photo with its vector [D]. Writes made during the iteration may or may not appear."""
        ...

    def forget_damaged(self) -> int:
        """Delete documents with a wrong checksum, so that the next scan indexes them again; return their number."""
        ...

    def metadata(self, name: str) -> str | None:
        """Return a small fact stored with the generation (such as the version of the backgrounds); None if not set."""
        ...

    def set_metadata(self, name: str, value: str) -> None:
        """Store a small fact with the generation, replacing its old value."""
        ...


class IndexGenerations(Protocol):
    """The generations of an index: the active one, the one being built, and the previous one.

    Every method raises IndexFault if the index can't be reached or read.
    """

    def active(self) -> PhotoIndex | None:
        """Return the generation that answers searches; None if the index is new."""
        ...

    def building(self) -> PhotoIndex | None:
        """Return the generation being built; None if there is none."""
        ...

    def ensure_active(self, space: VectorSpace) -> PhotoIndex:
        """Return the active generation, of whatever space; create an empty one of this space if there is none.

        Safe to call from several threads and processes at once.
        """
        ...

    def create_building(self, space: VectorSpace) -> PhotoIndex:
        """Create an empty generation to build next to the active one.

        Raises IndexFault if one is being built already.
        """
        ...

    def activate(self, built: PhotoIndex) -> None:
        """Make the generation that was built the active one; the old active one replaces previous().

        Raises GenerationReplaced, and changes nothing, if `built` is not the one being built (any more).
        """
        ...

    def drop_building(self) -> None:
        """Delete the generation being built, if there is one."""
        ...

    def previous(self) -> PhotoIndex | None:
        """Return the generation that was active before, unchanged; None if there is none.

        Writing to it raises GenerationReplaced.
        """
        ...

    def rebuild_previous(self, space: VectorSpace) -> PhotoIndex | None:
        """Turn the previous generation into the one being built, if it is what create_building(space) would create.

        Returns None otherwise. Its metadata is deleted, because the facts may be out of date.
        Raises IndexFault if a generation is being built already.
        """
        ...

    def drop_previous(self) -> None:
        """Delete the previous generation, if there is one."""
        ...

    def incomplete(self) -> bool:
        """Return whether photos may be missing, because the index was damaged or its writer was interrupted."""
        ...

    def set_complete(self) -> None:
        """Record that the whole album has been scanned, which ends incomplete()."""
        ...

    def close(self) -> None:
        """Release connections and locks."""
        ...
