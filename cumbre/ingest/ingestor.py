"""Reconcile the index with the storage, key by key. Events only trigger it; the storage is the source of truth.

For each key: read the document's version, stat the object, read it if the ETag still matches, write the document
conditionally, and stat the object again; if it changed meanwhile, retry. So a lost, duplicate or late event, a crash or
a second worker costs time, never data. Design: docs/architecture.md.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field

from cumbre.encoding.embedder import PhotoEmbedder
from cumbre.imaging.decode import PhotoLimits
from cumbre.index.port import PhotoIndex, PhotoWrite, Vector
from cumbre.ingest.object_reader import DecodedPhoto, ObjectReader, Outcome, OutcomeKind, ReadyWrite
from cumbre.photos.document import PhotoDocument, utc_now
from cumbre.recognition.annotator import Annotator
from cumbre.renditions.prerender import Prerenderer
from cumbre.sandbox.port import PictureContent, PictureReader
from cumbre.storage.port import PhotoStorage
from cumbre.system.calling_thread import InCallingThread

# Attempts for a key that changes while it is read. After that it is left to the next event or scan.
_MAX_ROUNDS = 4

Examined = DecodedPhoto | ReadyWrite


@dataclass(frozen=True)
class IngestOptions:
    """Limits of an ingest. workers: threads that read and decode. batch_size: photos embedded at once."""

    limits: PhotoLimits = field(default_factory=PhotoLimits)
    workers: int = 2
    batch_size: int = 8

    @property
    def look_ahead(self) -> int:
        """Maximum number of photos being decoded or waiting; it bounds the memory."""
        return 2 * self.batch_size + self.workers


class Ingestor:
    """Reconciles one generation of the index with the storages, key by key.

    decoders: threads that read and decode, shared by all ingestors of a process.
    """

    def __init__(
        self,
        storage_of: Callable[[str], PhotoStorage],
        index: PhotoIndex,
        embedder: PhotoEmbedder,
        pictures: PictureReader,
        annotator: Callable[[], Annotator],
        options: IngestOptions,
        decoders: Executor,
        ahead: Prerenderer | None = None,
    ) -> None:
        self._storage_of = storage_of
        self.index = index
        self._embedder = embedder
        self._annotator = annotator
        self._options = options
        self._decoders = decoders
        self._ahead = ahead
        self._reader = ObjectReader(storage_of, index, embedder, pictures, options.limits.max_bytes, ahead)

    def check(self, data: bytes) -> PictureContent:
        """Decode a photo as if it were ingested. Raises PhotoError with the reason if it can't be used."""
        return self._reader.check(data)

    def reconcile(self, bucket: str, key: str) -> Outcome:
        """Reconcile one object. Raises StorageError or IndexFault if storage or index can't be reached."""
        # Not with the shared threads: a photo that someone adds would wait there behind the photos of a scan.
        return self._reconcile(bucket, [key], InCallingThread())[0]

    def reconcile_many(
        self,
        bucket: str,
        keys: Iterable[str],
        on_outcome: Callable[[Outcome], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> list[Outcome]:
        """Reconcile many objects of one bucket: decode in parallel, embed in batches, with bounded memory.

        A photo that can't be used yields an Outcome with the reason; the others go on. When `stopped` returns true the
        work ends early and what is done is kept. Raises StorageError or IndexFault if either can't be reached.
        """
        return self._reconcile(bucket, keys, self._decoders, on_outcome, stopped)

    def _reconcile(
        self,
        bucket: str,
        keys: Iterable[str],
        decoders: Executor,
        on_outcome: Callable[[Outcome], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> list[Outcome]:
        done: list[Outcome] = []
        again = [(key, 1) for key in self._round(bucket, keys, decoders, done, on_outcome, stopped)]
        while again and not stopped():
            key, rounds = again.pop()
            last = rounds >= _MAX_ROUNDS
            retry = self._round(bucket, [key], decoders, done, on_outcome, stopped, give_up=last)
            again += [(key, rounds + 1) for key in retry]
        return done

    def _round(
        self,
        bucket: str,
        keys: Iterable[str],
        decoders: Executor,
        done: list[Outcome],
        on_outcome: Callable[[Outcome], None] | None,
        stopped: Callable[[], bool],
        give_up: bool = False,
    ) -> list[str]:
        """Make one pass over the keys; return those that changed meanwhile."""
        again: list[str] = []
        batch: list[Examined] = []

        def settle(outcome: Outcome) -> None:
            done.append(outcome)
            if self._ahead is not None and outcome.replaced_sha256:
                self._ahead.delete(outcome.replaced_sha256)
            if on_outcome:
                on_outcome(outcome)

        def take(future: "Future[Examined | Outcome | None]", key: str) -> None:
            examined = future.result()
            if examined is None:
                if give_up:
                    settle(_kept_changing(bucket, key))
                else:
                    again.append(key)
            elif isinstance(examined, Outcome):
                settle(examined)
            else:
                batch.append(examined)
                if len(batch) >= self._options.batch_size:
                    flush()

        def flush() -> None:
            for outcome, changed_key in self._write(bucket, batch):
                if outcome is not None:
                    settle(outcome)
                elif give_up:
                    settle(_kept_changing(bucket, changed_key))
                else:
                    again.append(changed_key)
            batch.clear()

        waiting: deque[tuple[Future[Examined | Outcome | None], str]] = deque()
        try:
            for key in keys:
                if stopped():
                    break
                waiting.append((decoders.submit(self._reader.examine, bucket, key), key))
                if len(waiting) >= self._options.look_ahead:
                    take(*waiting.popleft())
            while waiting and not stopped():
                take(*waiting.popleft())
        finally:
            # Also on an interruption: cancel what has not started, write what is decoded, leave nothing running.
            running = [future for future, _ in waiting if not future.cancel()]
            try:
                flush()
            finally:
                wait(running)
        return again

    def _write(self, bucket: str, batch: list[Examined]) -> list[tuple[Outcome | None, str]]:
        """Embed and write a batch, then stat the objects again. An outcome of None means: changed meanwhile."""
        ready = [one for one in batch if isinstance(one, ReadyWrite)]
        # Copies may have been examined in parallel. Embed each content once.
        by_content: dict[str, list[DecodedPhoto]] = {}
        for photo in (one for one in batch if isinstance(one, DecodedPhoto)):
            copy = self._reader.copy_of_twin(photo)
            if copy is None:
                by_content.setdefault(photo.content_sha256, []).append(photo)
            else:
                ready.append(copy)
        ready += self._embedded(list(by_content.values()))
        conflicts = {write.document.id for write in self.index.write([one.write for one in ready])} if ready else set()
        storage = self._storage_of(bucket)
        settled: list[tuple[Outcome | None, str]] = []
        for one in ready:
            document = one.write.document
            now_there = storage.stat(document.key)
            still_true = now_there is not None and now_there.etag == document.etag and document.id not in conflicts
            settled.append((one.outcome if still_true else None, document.key))
        return settled

    def _embedded(self, contents: list[list[DecodedPhoto]]) -> Iterator[ReadyWrite]:
        """Embed photos, grouped by content, and yield their writes."""
        if not contents:
            return
        vectors, backgrounds = self._embedder.embed([photos[0].picture.pixels for photos in contents])
        annotator = self._annotator()
        for photos, vector, background in zip(contents, vectors, backgrounds, strict=True):
            for photo in photos:
                document = self._document(annotator, photo, vector, float(background))
                write = PhotoWrite(document, vector, photo.expected_version)
                replaced = photo.replaced_sha256
                outcome = Outcome(photo.bucket, photo.stat.key, OutcomeKind.INDEXED, replaced_sha256=replaced)
                yield ReadyWrite(write, outcome)

    def _document(self, annotator: Annotator, one: DecodedPhoto, vector: Vector, background: float) -> PhotoDocument:
        document = PhotoDocument(
            bucket=one.bucket,
            key=one.stat.key,
            etag=one.stat.etag,
            content_sha256=one.content_sha256,
            size_bytes=one.stat.size_bytes,
            indexed_at=utc_now(),
            model_id=self.index.space.model_id,
            facts=one.picture.facts,
            sky_fraction=one.picture.sky_fraction,
            skylines=one.picture.skylines,
            background=background,
        )
        return annotator.annotate(document, vector)


def _kept_changing(bucket: str, key: str) -> Outcome:
    return Outcome(bucket, key, OutcomeKind.FAILED, "it kept changing while it was read", settled=False)
