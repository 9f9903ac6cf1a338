"""The port PhotoStorage: where the photos lie. Every adapter passes tests/contract."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from cumbre.errors import StorageError


class ListingIncomplete(StorageError):
    """Parts of a bucket could not be listed: nothing is known of the photos under these prefixes.

    Raised only when everything else has been listed, so what came before may be used; but a photo that was not listed
    is gone only if its key starts with none of the prefixes, and with none of those in `away`: links that lead nowhere,
    which matter only if photos were there before.
    """

    def __init__(self, message: str, prefixes: tuple[str, ...], away: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.prefixes = prefixes
        self.away = away


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """One object. The ETag tells one content of a key from another; it has no order."""

    key: str
    etag: str
    size_bytes: int


class PhotoStorage(Protocol):
    """One bucket: a folder or an S3 bucket. Keys are relative, with "/" between their parts."""

    @property
    def bucket(self) -> str: ...

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """The photos under a prefix (by file name extension), in an order that stays the same.

        Raises StorageError if the bucket is not there, and ListingIncomplete, after all the others, if a part of it
        can't be read.
        """
        ...

    def stat(self, key: str) -> ObjectStat | None:
        """The object as it is now; None if there is none. Raises StorageError if the bucket is not there."""
        ...

    def read(self, key: str, etag: str, max_bytes: int) -> bytes:
        """The content with this ETag. Raises ObjectGone, ObjectChanged, or PhotoError if it is too large."""
        ...

    def write(self, key: str, data: bytes) -> ObjectStat:
        """Store a new object. Raises StorageError if the bucket is only read, or the key is taken."""
        ...

    def delete(self, key: str, etag: str) -> None:
        """Delete the object with this ETag; one that is gone already is fine.

        Raises StorageError if the bucket is only read, and ObjectChanged if the object is another one now.
        """
        ...
