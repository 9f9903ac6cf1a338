"""A scan: compare a whole album with the index and reconcile the differences. The bucket is the source of truth."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from cumbre.errors import VersionConflict
from cumbre.ingest.diff import diff_album
from cumbre.ingest.ingestor import Ingestor
from cumbre.ingest.object_reader import Outcome, OutcomeKind
from cumbre.ingest.removal_guard import refuse_to_lose, split_by_copies
from cumbre.photos.document import photo_id
from cumbre.storage.port import ListingIncomplete, PhotoStorage


@dataclass
class ScanReport:
    """The result of a scan.

    indexed, unchanged, removed: numbers of photos.
    failed: every photo that can't be used, including failures of earlier scans.
    unreadable: messages about what could not be listed.
    unseen: the (bucket, key prefix) pairs that could not be listed.
    stopped: the scan ended early.
    """

    indexed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Outcome] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    stopped: bool = False
    seconds: float = 0.0

    def count(self, outcome: Outcome) -> None:
        """Add one outcome to the totals."""
        if outcome.kind is OutcomeKind.FAILED:
            self.failed.append(outcome)
        elif outcome.kind is OutcomeKind.INDEXED:
            self.indexed += 1
        elif outcome.kind is OutcomeKind.UNCHANGED:
            self.unchanged += 1
        else:
            self.removed += 1

    def add(self, other: "ScanReport") -> None:
        """Add the totals of another report."""
        self.indexed += other.indexed
        self.unchanged += other.unchanged
        self.removed += other.removed
        self.failed += other.failed
        self.unreadable += other.unreadable
        self.unlisted += other.unlisted
        self.stopped = self.stopped or other.stopped
        self.seconds += other.seconds


class ScanProgress:
    """Progress of a scan, for other threads to read. total is None while the album is being listed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self.done = 0
        self.failed = 0
        self.total: int | None = None

    def expect(self, more: int) -> None:
        """Add to the number of photos to handle; the clock of rate_per_s starts with the first one."""
        with self._lock:
            self.total = (self.total or 0) + more
            self._started = time.monotonic() if self.done == 0 else self._started

    def advance(self, outcome: Outcome) -> None:
        """Count one handled photo."""
        with self._lock:
            self.done += 1
            self.failed += outcome.kind is OutcomeKind.FAILED

    @property
    def rate_per_s(self) -> float:
        """Photos handled per second so far."""
        return self.done / max(time.monotonic() - self._started, 1e-3)


def scan(
    ingestor: Ingestor,
    storage: PhotoStorage,
    prefix: str = "",
    confirm_removals: bool = False,
    progress: ScanProgress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> ScanReport:
    """Reconcile every object of a bucket, or under a prefix, that is new, changed or gone.

    New photos come first, so that a renamed photo finds its vector under its old name. Raises StorageError if the
    bucket can't be listed. Raises AlbumMissing, after indexing new photos, if most of the bucket is gone and
    confirm_removals is false.
    """
    started = time.monotonic()
    report = ScanReport()
    progress = progress or ScanProgress()
    found = diff_album(ingestor.index, storage, prefix, stopped)
    report.unchanged, report.failed = found.unchanged, found.failed
    report.unreadable, report.unlisted = found.unreadable, found.unlisted
    if found.stopped:
        report.stopped = True
        return report
    progress.expect(len(found.changed))

    def note(outcome: Outcome) -> None:
        report.count(outcome)
        progress.advance(outcome)

    ingestor.reconcile_many(storage.bucket, found.changed, note, stopped)
    report.stopped = stopped()
    if not report.stopped:
        missing = _forget_unlisted(ingestor, storage, prefix, found.gone, progress, note)
        _remove(ingestor, storage, missing, found.present, confirm_removals, progress, note, stopped)
    report.seconds = time.monotonic() - started
    return report


def _forget_unlisted(
    ingestor: Ingestor,
    storage: PhotoStorage,
    prefix: str,
    missing: list[str],
    progress: ScanProgress,
    note: Callable[[Outcome], None],
) -> list[str]:
    """Drop keys from the index that stat() finds but the album does not list; return the other missing keys.

    Such a key is the old spelling of a renamed photo on a case-insensitive file system, or a file behind a link that
    the walk does not follow.
    """
    seen = {key for key in missing if storage.stat(key) is not None}
    if not seen:
        return missing
    try:
        # List again: a photo may have come back since the first listing.
        for stat in storage.list(prefix):
            seen.discard(stat.key)
    except ListingIncomplete as error:
        seen = {key for key in seen if not key.startswith((*error.prefixes, *error.away))}
    progress.expect(len(seen))
    for key in sorted(seen):
        stored = ingestor.index.get(photo_id(storage.bucket, key))
        if stored is not None:
            # On a conflict another writer is updating it: leave it to the next scan.
            with suppress(VersionConflict):
                ingestor.index.delete(stored.document.id, stored.version)
        note(Outcome(storage.bucket, key, OutcomeKind.REMOVED))
    return [key for key in missing if key not in seen]


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
    moved, lost = split_by_copies(ingestor.index, storage.bucket, missing)
    progress.expect(len(moved))
    ingestor.reconcile_many(storage.bucket, moved, note, stopped)
    if not confirmed:
        refuse_to_lose(storage.bucket, len(lost), present)
    progress.expect(len(lost))
    ingestor.reconcile_many(storage.bucket, lost, note, stopped)
