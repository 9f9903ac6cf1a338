"""Reconcile objects: storage -> index. Whatever event told of an object, the storage says what is true.

For one key: read the document's version, look at the object, read it (if its ETag still holds), write the document
conditionally, look at the object again; if it changed meanwhile, once more. So a lost, doubled or late event, a crash
or a second worker costs time, never data. Design: docs/architecture.md.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from cumbre.annotate import Annotator
from cumbre.documents import PhotoDocument, PhotoFacts, now, photo_id
from cumbre.embed import PhotoEmbedder
from cumbre.errors import ObjectChanged, ObjectGone, PhotoError, VersionConflict
from cumbre.index.port import PhotoIndex, PhotoWrite, StoredPhoto, Vector
from cumbre.photo import PhotoLimits, read_photo
from cumbre.skyline import sky_fraction
from cumbre.storage.port import ObjectStat, PhotoStorage

# How often one key is looked at again because it changed under our hands, before the next event or scan must.
_MAX_ROUNDS = 4


class OutcomeKind(Enum):
    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one key; reason is set for FAILED."""

    bucket: str
    key: str
    kind: OutcomeKind
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A photo that waits for its vector."""

    stat: ObjectStat
    bucket: str
    content_sha256: str
    facts: PhotoFacts
    sky_fraction: float
    pixels: NDArray[np.float32]
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A write that needs no encoder, and what to call it."""

    write: PhotoWrite
    outcome: Outcome


@dataclass(frozen=True)
class IngestOptions:
    """workers: threads that read and decode; batch_size: photos embedded at once."""

    limits: PhotoLimits = field(default_factory=PhotoLimits)
    workers: int = 2
    batch_size: int = 8

    @property
    def look_ahead(self) -> int:
        """How many photos may be decoded or waiting: bounds the memory."""
        return 2 * self.batch_size + self.workers


class Ingestor:
    """Brings the index of one generation up to the storages' state, key by key."""

    def __init__(
        self,
        storage_of: Callable[[str], PhotoStorage],
        index: PhotoIndex,
        embedder: PhotoEmbedder,
        annotator: Callable[[], Annotator],
        options: IngestOptions,
    ) -> None:
        self._storage_of = storage_of
        self.index = index
        self._embedder = embedder
        self._annotator = annotator
        self._options = options

    def reconcile(self, bucket: str, key: str) -> Outcome:
        """Reconcile one object. Raises StorageError or IndexFault if either can't be reached."""
        return self.reconcile_many(bucket, [key])[0]

    def reconcile_many(
        self,
        bucket: str,
        keys: Iterable[str],
        on_outcome: Callable[[Outcome], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> list[Outcome]:
        """Reconcile many objects of one bucket: decoded side by side, embedded in batches, memory bounded.

        A photo that can't be used is an Outcome with its reason and stops nothing. With `stopped` the work ends early;
        what is done is kept.
        """
        done: list[Outcome] = []
        again = [(key, 1) for key in self._round(bucket, keys, done, on_outcome, stopped)]
        while again and not stopped():
            key, rounds = again.pop()
            last = rounds >= _MAX_ROUNDS
            retry = self._round(bucket, [key], done, on_outcome, stopped, give_up=last)
            again += [(key, rounds + 1) for key in retry]
        return done

    def _round(
        self,
        bucket: str,
        keys: Iterable[str],
        done: list[Outcome],
        on_outcome: Callable[[Outcome], None] | None,
        stopped: Callable[[], bool],
        give_up: bool = False,
    ) -> list[str]:
        """One pass over the keys; returns those that changed meanwhile."""
        again: list[str] = []
        batch: list[_Decoded | _Ready] = []

        def settle(outcome: Outcome) -> None:
            done.append(outcome)
            if on_outcome:
                on_outcome(outcome)

        def take(future: "Future[_Decoded | _Ready | Outcome | None]", key: str) -> None:
            looked = future.result()
            if looked is None:
                if give_up:
                    settle(Outcome(bucket, key, OutcomeKind.FAILED, "it kept changing while it was read"))
                else:
                    again.append(key)
            elif isinstance(looked, Outcome):
                settle(looked)
            else:
                batch.append(looked)
                if len(batch) >= self._options.batch_size:
                    flush()

        def flush() -> None:
            for outcome, changed_key in self._write(bucket, batch):
                if outcome is not None:
                    settle(outcome)
                elif give_up:
                    settle(Outcome(bucket, changed_key, OutcomeKind.FAILED, "it kept changing while it was read"))
                else:
                    again.append(changed_key)
            batch.clear()

        with ThreadPoolExecutor(self._options.workers, "decode") as pool:
            waiting: deque[tuple[Future[_Decoded | _Ready | Outcome | None], str]] = deque()
            for key in keys:
                if stopped():
                    break
                waiting.append((pool.submit(self._look, bucket, key), key))
                if len(waiting) >= self._options.look_ahead:
                    take(*waiting.popleft())
            while waiting:
                take(*waiting.popleft())
        flush()
        return again

    def _look(self, bucket: str, key: str) -> _Decoded | _Ready | Outcome | None:
        """Everything up to the encoder for one key; None if the object changed under our hands."""
        storage = self._storage_of(bucket)
        stored = self.index.get(photo_id(bucket, key))
        stat = storage.stat(key)
        if stat is None:
            return self._remove(bucket, key, stored)
        if stored is not None and stored.document.etag == stat.etag:
            failure = stored.document.failure
            if failure is None:
                return Outcome(bucket, key, OutcomeKind.UNCHANGED)
            return Outcome(bucket, key, OutcomeKind.FAILED, failure)
        try:
            data = storage.read(key, stat.etag, self._options.limits.max_bytes)
            return self._read(bucket, stat, stored, data)
        except (ObjectGone, ObjectChanged):
            return None
        except PhotoError as error:
            return self._failed(bucket, stat, stored, str(error))

    def _read(self, bucket: str, stat: ObjectStat, stored: StoredPhoto | None, data: bytes) -> _Decoded | _Ready:
        content_sha256 = hashlib.sha256(data).hexdigest()
        version = stored.version if stored else None
        twin = self._twin(stored, content_sha256)
        if twin is not None:
            return self._copy(bucket, stat, stored, twin)
        photo = read_photo(data, self._options.limits, self._embedder.wanted_px)
        return _Decoded(
            stat=stat,
            bucket=bucket,
            content_sha256=content_sha256,
            facts=photo.facts,
            sky_fraction=sky_fraction(photo.image),
            pixels=self._embedder.pixels(photo.image),
            expected_version=version,
        )

    def _twin(self, stored: StoredPhoto | None, content_sha256: str) -> StoredPhoto | None:
        """An indexed photo with the same content: this very one (it was only touched), a copy, or its old name."""
        if stored and stored.document.failure is None and stored.document.content_sha256 == content_sha256:
            return stored
        return self.index.find_by_content(content_sha256)

    def _copy(self, bucket: str, stat: ObjectStat, stored: StoredPhoto | None, twin: StoredPhoto) -> _Ready:
        """The twin's document under this key; the vector is the twin's, so nothing is embedded again."""
        document = replace(
            twin.document, id=photo_id(bucket, stat.key), bucket=bucket, key=stat.key, etag=stat.etag, indexed_at=now()
        )
        itself = stored is not None and stored.document.id == twin.document.id
        vector = None if itself else self.index.vector(twin.document.id)
        kind = OutcomeKind.UNCHANGED if itself else OutcomeKind.INDEXED
        write = PhotoWrite(document, vector, stored.version if stored else None)
        return _Ready(write, Outcome(bucket, stat.key, kind))

    def _failed(self, bucket: str, stat: ObjectStat, stored: StoredPhoto | None, reason: str) -> _Ready:
        document = PhotoDocument(
            bucket=bucket,
            key=stat.key,
            etag=stat.etag,
            content_sha256="",
            size_bytes=stat.size_bytes,
            indexed_at=now(),
            model_id=self.index.space.model_id,
            failure=reason,
        )
        write = PhotoWrite(document, None, stored.version if stored else None)
        return _Ready(write, Outcome(bucket, stat.key, OutcomeKind.FAILED, reason))

    def _remove(self, bucket: str, key: str, stored: StoredPhoto | None) -> Outcome | None:
        if stored is not None:
            try:
                self.index.delete(stored.document.id, stored.version)
            except VersionConflict:
                return None
        return Outcome(bucket, key, OutcomeKind.REMOVED)

    def _write(self, bucket: str, batch: list[_Decoded | _Ready]) -> list[tuple[Outcome | None, str]]:
        """Embed and write a batch, then look at the objects again; an outcome of None: changed meanwhile."""
        ready = [one for one in batch if isinstance(one, _Ready)]
        decoded = [one for one in batch if isinstance(one, _Decoded)]
        if decoded:
            vectors, backgrounds = self._embedder.embed([one.pixels for one in decoded])
            annotator = self._annotator()
            for one, vector, background in zip(decoded, vectors, backgrounds, strict=True):
                document = self._document(annotator, one, vector, float(background))
                ready.append(
                    _Ready(
                        PhotoWrite(document, vector, one.expected_version),
                        Outcome(bucket, one.stat.key, OutcomeKind.INDEXED),
                    )
                )
        conflicts = {write.document.id for write in self.index.write([one.write for one in ready])} if ready else set()
        storage = self._storage_of(bucket)
        settled: list[tuple[Outcome | None, str]] = []
        for one in ready:
            document = one.write.document
            now_there = storage.stat(document.key)
            still_true = now_there is not None and now_there.etag == document.etag and document.id not in conflicts
            settled.append((one.outcome if still_true else None, document.key))
        return settled

    def _document(self, annotator: Annotator, one: _Decoded, vector: Vector, background: float) -> PhotoDocument:
        document = PhotoDocument(
            bucket=one.bucket,
            key=one.stat.key,
            etag=one.stat.etag,
            content_sha256=one.content_sha256,
            size_bytes=one.stat.size_bytes,
            indexed_at=now(),
            model_id=self.index.space.model_id,
            facts=one.facts,
            sky_fraction=one.sky_fraction,
            background=background,
        )
        return annotator.annotate(document, vector)
