"""Examine one object: determine what its key needs in the index, and decode the photo for the encoder if necessary."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from cumbre.encoding.embedder import PhotoEmbedder
from cumbre.errors import ObjectChanged, ObjectGone, PhotoError, VersionConflict
from cumbre.index.port import PhotoIndex, PhotoWrite, StoredPhoto
from cumbre.photos.document import PhotoDocument, content_hash, photo_id, utc_now
from cumbre.renditions.prerender import Prerenderer
from cumbre.sandbox.port import PictureContent, PictureReader
from cumbre.storage.port import ObjectStat, PhotoStorage


class OutcomeKind(Enum):
    """What happened to a key."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one key.

    reason: set for FAILED.
    replaced_sha256: the content hash that the index had for this key, if it was removed or replaced, else "".
    settled: False if the object kept changing; then nothing was recorded and it must be tried again.
    """

    bucket: str
    key: str
    kind: OutcomeKind
    reason: str = ""
    replaced_sha256: str = ""
    settled: bool = True


@dataclass(frozen=True, slots=True)
class DecodedPhoto:
    """A decoded photo that waits to be embedded. expected_version and replaced_sha256 are those of its write."""

    stat: ObjectStat
    bucket: str
    content_sha256: str
    picture: PictureContent
    expected_version: int | None
    replaced_sha256: str = ""


@dataclass(frozen=True, slots=True)
class ReadyWrite:
    """A write that is ready for the index, and the outcome to report when it succeeds."""

    write: PhotoWrite
    outcome: Outcome


class ObjectReader:
    """Examines objects for one generation of the index. Any thread may use it."""

    def __init__(
        self,
        storage_of: Callable[[str], PhotoStorage],
        index: PhotoIndex,
        embedder: PhotoEmbedder,
        pictures: PictureReader,
        max_bytes: int,
        ahead: Prerenderer | None = None,
    ) -> None:
        self._storage_of = storage_of
        self._index = index
        self._embedder = embedder
        self._pictures = pictures
        self._max_bytes = max_bytes
        self._ahead = ahead

    def examine(self, bucket: str, key: str) -> DecodedPhoto | ReadyWrite | Outcome | None:
        """Do everything for one key up to the encoder; return None if the object changed meanwhile.

        A key that is gone is removed from the index here. Raises StorageError or IndexFault if storage or index can't
        be reached.
        """
        storage = self._storage_of(bucket)
        stored = self._index.get(photo_id(bucket, key))
        stat = storage.stat(key)
        if stat is None:
            return self._remove(bucket, key, stored)
        # The same object may have been indexed as part of another album (a folder inside this one, or enclosing it).
        at_home = stored is not None and (stored.document.bucket, stored.document.key) == (bucket, key)
        if stored is not None and at_home and stored.document.etag == stat.etag:
            failure = stored.document.failure
            if failure is None:
                return Outcome(bucket, key, OutcomeKind.UNCHANGED)
            return Outcome(bucket, key, OutcomeKind.FAILED, failure)
        try:
            data = storage.read(key, stat.etag, self._max_bytes)
            return self._read(bucket, stat, stored, data)
        except (ObjectGone, ObjectChanged):
            return None
        except PhotoError as error:
            return self._failed(bucket, stat, stored, error.message)

    def _read(
        self, bucket: str, stat: ObjectStat, stored: StoredPhoto | None, data: bytes
    ) -> DecodedPhoto | ReadyWrite | None:
        content_sha256 = content_hash(data)
        version = stored.version if stored else None
        twin = self._twin(stored, content_sha256)
        if twin is not None:
            itself = stored is not None and stored.document.id == twin.document.id
            return self._copy(bucket, stat, version, twin, itself, _left(stored, content_sha256))
        sizes_px = self._ahead.missing_px(content_sha256) if self._ahead is not None else ()
        picture = self._decode(data, sizes_px)
        if self._ahead is not None and picture.renditions:
            self._ahead.put(content_sha256, sizes_px, picture.renditions)
            # The photo waits for the encoder: don't keep them in memory.
            picture = replace(picture, renditions=())
        return DecodedPhoto(stat, bucket, content_sha256, picture, version, _left(stored, content_sha256))

    def check(self, data: bytes) -> PictureContent:
        """Decode a file as examine() would. Raises PhotoError if it can't be used."""
        return self._decode(data, self._ahead.missing_px(content_hash(data)) if self._ahead is not None else ())

    def _decode(self, data: bytes, sizes_px: tuple[int, ...]) -> PictureContent:
        try:
            return self._embedder.read(self._pictures, data, sizes_px)
        except PhotoError:
            if not sizes_px:
                raise
            # Renditions need a larger picture, for which there may not be enough memory.
            return self._embedder.read(self._pictures, data)

    def _twin(self, stored: StoredPhoto | None, content_sha256: str) -> StoredPhoto | None:
        """Return an indexed photo with this content: this document (a touched file), a copy, or its old name."""
        if stored and stored.document.failure is None and stored.document.content_sha256 == content_sha256:
            return stored
        return self._index.find_by_content(content_sha256)

    def copy_of_twin(self, photo: DecodedPhoto) -> ReadyWrite | None:
        """Return the write for a photo if one with the same content has been indexed meanwhile, else None."""
        twin = self._index.find_by_content(photo.content_sha256)
        if twin is None:
            return None
        return self._copy(photo.bucket, photo.stat, photo.expected_version, twin, replaced_sha256=photo.replaced_sha256)

    def _copy(
        self,
        bucket: str,
        stat: ObjectStat,
        version: int | None,
        twin: StoredPhoto,
        itself: bool = False,
        replaced_sha256: str = "",
    ) -> ReadyWrite | None:
        """Return a write of the twin's document and vector under this key, so that nothing is embedded again.

        itself: the twin is the document of this key. Returns None if the twin has disappeared.
        """
        document = replace(
            twin.document,
            id=photo_id(bucket, stat.key),
            bucket=bucket,
            key=stat.key,
            etag=stat.etag,
            indexed_at=utc_now(),
        )
        vector = None if itself else self._index.vector(twin.document.id)
        if vector is None and not itself:
            return None
        kind = OutcomeKind.UNCHANGED if itself else OutcomeKind.INDEXED
        write = PhotoWrite(document, vector, version)
        return ReadyWrite(write, Outcome(bucket, stat.key, kind, replaced_sha256=replaced_sha256))

    def _failed(self, bucket: str, stat: ObjectStat, stored: StoredPhoto | None, reason: str) -> ReadyWrite:
        document = PhotoDocument(
            bucket=bucket,
            key=stat.key,
            etag=stat.etag,
            content_sha256="",
            size_bytes=stat.size_bytes,
            indexed_at=utc_now(),
            model_id=self._index.space.model_id,
            failure=reason,
        )
        write = PhotoWrite(document, None, stored.version if stored else None)
        return ReadyWrite(write, Outcome(bucket, stat.key, OutcomeKind.FAILED, reason, _left(stored, "")))

    def _remove(self, bucket: str, key: str, stored: StoredPhoto | None) -> Outcome | None:
        if stored is not None:
            try:
                self._index.delete(stored.document.id, stored.version)
            except VersionConflict:
                return None
        return Outcome(bucket, key, OutcomeKind.REMOVED, replaced_sha256=_left(stored, ""))


def _left(stored: StoredPhoto | None, content_sha256: str) -> str:
    """Return the content hash of the replaced document; "" if it is the same or there was none."""
    before = stored.document.content_sha256 if stored is not None else ""
    return before if before != content_sha256 else ""
