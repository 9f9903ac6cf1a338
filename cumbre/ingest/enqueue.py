"""A scan that delegates the work: it puts the differences between an album and the index into the ingest queue.

It compares and guards against removals as cumbre/ingest/scan.py does. One message updates a photo in every generation
of the index.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cumbre.errors import AlbumMissing
from cumbre.index.port import PhotoIndex
from cumbre.ingest.diff import AlbumDiff, diff_album
from cumbre.ingest.queue import IngestQueue
from cumbre.ingest.removal_guard import refuse_to_lose, split_by_copies
from cumbre.storage.port import PhotoStorage


@dataclass
class Enqueued:
    """The result of enqueue_changes() for one bucket.

    compared: one comparison per generation. queued, removals: numbers of messages sent. missing: the error that kept
    missing photos from being removed, or None. stopped: it ended early.
    """

    compared: list[AlbumDiff] = field(default_factory=list)
    queued: int = 0
    removals: int = 0
    missing: AlbumMissing | None = None
    stopped: bool = False

    def lacks_nothing(self, generation: int) -> bool:
        """Return whether the generation at this position in `compared` has exactly the photos of the bucket."""
        found = self.compared[generation]
        return not (self.stopped or found.changed or found.gone)


def enqueue_changes(
    generations: Sequence[PhotoIndex],
    storage: PhotoStorage,
    queue: IngestQueue,
    stopped: Callable[[], bool] = lambda: False,
) -> Enqueued:
    """Enqueue every key that differs in any of the generations, new and changed keys first, then removals.

    It ends early when `stopped` returns true; the next call enqueues what differs then. Raises StorageError if the
    bucket can't be listed, and CumbreError if the queue can't be used.
    """
    report = Enqueued()
    for index in generations:
        found = diff_album(index, storage, stopped=stopped)
        report.compared.append(found)
        report.stopped = report.stopped or found.stopped
    changed = dict.fromkeys(key for found in report.compared for key in found.changed)
    report.queued = queue.send(storage.bucket, _until(stopped, changed))
    # After an incomplete listing, keys that seem gone may exist.
    if report.stopped or stopped():
        report.stopped = True
        return report
    gone: dict[str, None] = {}
    for index, found in zip(generations, report.compared, strict=True):
        moved, lost = split_by_copies(index, storage.bucket, found.gone)
        gone |= dict.fromkeys(moved)
        try:
            refuse_to_lose(storage.bucket, len(lost), found.present)
        except AlbumMissing as error:
            report.missing = report.missing or error
        else:
            gone |= dict.fromkeys(lost)
    report.removals = queue.send(storage.bucket, _until(stopped, gone), removed=True)
    report.stopped = stopped()
    return report


def _until(stopped: Callable[[], bool], keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        if stopped():
            return
        yield key
