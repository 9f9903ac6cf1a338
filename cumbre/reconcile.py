"""A scan: compare a whole album with the index and reconcile what differs. The bucket is the truth."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cumbre.documents import photo_id
from cumbre.errors import AlbumMissing
from cumbre.ingest import Ingestor
from cumbre.object_reader import Outcome, OutcomeKind
from cumbre.storage.port import ListingIncomplete, PhotoStorage

# Someone may well delete a handful of photos; losing this many and more than half of an album is likelier a drive that
# is not there.
_SUSPICIOUS_REMOVALS = 20
# An empty folder is a mount point without its drive, unless it held next to nothing.
_SUSPICIOUS_IF_EMPTY = 3


@dataclass
class ScanReport:
    """What a scan did. failed holds every photo that can't be used, old failures included; unreadable names folders."""

    indexed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Outcome] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    stopped: bool = False
    seconds: float = 0.0

    def count(self, outcome: Outcome) -> None:
        if outcome.kind is OutcomeKind.FAILED:
            self.failed.append(outcome)
        elif outcome.kind is OutcomeKind.INDEXED:
            self.indexed += 1
        elif outcome.kind is OutcomeKind.UNCHANGED:
            self.unchanged += 1
        else:
            self.removed += 1

    def add(self, other: "ScanReport") -> None:
        self.indexed += other.indexed
        self.unchanged += other.unchanged
        self.removed += other.removed
        self.failed += other.failed
        self.unreadable += other.unreadable
        self.stopped = self.stopped or other.stopped
        self.seconds += other.seconds


class ScanProgress:
    """Where a scan stands; read by other threads. total is None while the album is being listed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self.done = 0
        self.failed = 0
        self.total: int | None = None

    def expect(self, more: int) -> None:
        with self._lock:
            self.total = (self.total or 0) + more
            self._started = time.monotonic() if self.done == 0 else self._started

    def advance(self, outcome: Outcome) -> None:
        with self._lock:
            self.done += 1
            self.failed += outcome.kind is OutcomeKind.FAILED

    @property
    def rate_per_s(self) -> float:
        return self.done / max(time.monotonic() - self._started, 1e-3)


def scan(
    ingestor: Ingestor,
    storage: PhotoStorage,
    prefix: str = "",
    confirm_removals: bool = False,
    progress: ScanProgress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> ScanReport:
    """Reconcile every object of a bucket (or under a prefix) whose ETag differs from the index's, and those gone.

    What is new comes first, so a renamed photo finds its vector under its old name. Raises StorageError if the bucket
    can't be listed, and AlbumMissing if most of it is gone and removing was not confirmed; new photos are indexed all
    the same.
    """
    started = time.monotonic()
    report = ScanReport()
    progress = progress or ScanProgress()
    known = {one.key: one.etag for one in ingestor.index.known(storage.bucket, prefix)}
    failures = {d.key: d.failure or "" for d in ingestor.index.failures() if d.bucket == storage.bucket}
    changed, present = [], 0
    try:
        for stat in storage.list(prefix):
            if stopped():
                report.stopped = True
                return report
            present += 1
            if known.pop(stat.key, None) != stat.etag:
                changed.append(stat.key)
            elif stat.key in failures:
                report.failed.append(Outcome(storage.bucket, stat.key, OutcomeKind.FAILED, failures[stat.key]))
            else:
                report.unchanged += 1
    except ListingIncomplete as error:
        # What lies in a folder that can't be read is not gone; all else goes on.
        known = {key: etag for key, etag in known.items() if not key.startswith(tuple(error.prefixes))}
        report.unreadable.append(str(error))
    progress.expect(len(changed))

    def note(outcome: Outcome) -> None:
        report.count(outcome)
        progress.advance(outcome)

    ingestor.reconcile_many(storage.bucket, changed, note, stopped)
    report.stopped = stopped()
    if not report.stopped:
        _remove(ingestor, storage, list(known), present, confirm_removals, progress, note, stopped)
    report.seconds = time.monotonic() - started
    return report


def _remove(
    ingestor: Ingestor,
    storage: PhotoStorage,
    missing: list[str],
    present: int,
    confirmed: bool,
    progress: ScanProgress,
    note: Callable[[Outcome], None],
    stopped: Callable[[], bool],
) -> None:
    moved = [key for key in missing if _has_copy(ingestor, storage.bucket, key)]
    lost = len(missing) - len(moved)
    most = lost >= _SUSPICIOUS_REMOVALS and lost > present
    all_of_it = present == 0 and lost >= _SUSPICIOUS_IF_EMPTY
    if (most or all_of_it) and not confirmed:
        progress.expect(len(moved))
        ingestor.reconcile_many(storage.bucket, moved, note, stopped)
        raise AlbumMissing(
            f"{lost} of the {lost + present} photos of {storage.bucket} are not there. Nothing was removed from the "
            "index. If a drive is not connected, connect it; if they are really gone, run "
            f"`cumbre ingest --confirm-removals {storage.bucket}`"
        )
    progress.expect(len(missing))
    ingestor.reconcile_many(storage.bucket, missing, note, stopped)


def _has_copy(ingestor: Ingestor, bucket: str, key: str) -> bool:
    """Whether another document has the same content: then the photo was renamed or is there twice, not lost."""
    stored = ingestor.index.get(photo_id(bucket, key))
    if stored is None or stored.document.failure is not None:
        return True
    return len(ingestor.index.with_content(stored.document.content_sha256)) > 1
