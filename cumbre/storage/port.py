"""The port of the photo storage: reads and writes the objects of one bucket.

tests/contract/test_photo_storage.py runs against every adapter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from cumbre.errors import StorageError


class ListingIncomplete(StorageError):
    """Parts of a bucket could not be listed, so nothing is known about the photos there.

    Raised after everything else has been listed, so the objects listed before are valid. A photo that was not listed is
    gone only if its key starts with none of `prefixes` (parts that can't be read) and none of `away` (broken links,
    perhaps to a drive that is not connected; they matter only if photos were there before).
    """

    def __init__(self, message: str, prefixes: tuple[str, ...], away: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.prefixes = prefixes
        self.away = away


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """The key, ETag and size of one object.

    Another content of the same key has another ETag. ETags have no order.
    """

    key: str
    etag: str
    size_bytes: int


class PhotoStorage(Protocol):
    """One bucket: a folder or an S3 bucket. Keys are relative paths, with "/" between their parts.

    Every method raises StorageError if the bucket does not exist or can't be reached, and for an invalid key, such as
    one with ".." as a part.
    """

    @property
    def bucket(self) -> str:
        """The name of the bucket; of a folder its absolute path with links resolved."""
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Iterate over the photos with a key prefix, in the same order every time.

        Photos are recognised by their file name extension, in upper or lower case; hidden files and folders are
        skipped. The prefix may end in the middle of a name.
        Raises ListingIncomplete, after the last photo, if a part of the bucket can't be read.
        """
        ...

    def stat(self, key: str) -> ObjectStat | None:
        """Return the object in its current state, with the same ETag as list() gives; None if there is none."""
        ...

    def read(self, key: str, etag: str, max_bytes: int) -> bytes:
        """Return the content of the object, if it still has this ETag.

        Raises ObjectGone if there is no object, ObjectChanged if it has another ETag now, and PhotoError if it is
        larger than max_bytes or unreadable although the bucket is readable.
        """
        ...

    def write(self, key: str, data: bytes) -> ObjectStat:
        """Store a new object and return its stat. The object appears complete or not at all.

        Raises StorageError if the bucket is read-only, the key is taken, or there is no space.
        """
        ...

    def delete(self, key: str, etag: str) -> None:
        """Delete the object, if it still has this ETag. A missing object is not an error.

        Raises StorageError if the bucket is read-only, and ObjectChanged if the object has another ETag now.
        """
        ...
