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
    unlisted: the (bucket, key prefix) pairs that could not be listed.
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
    return _Scan(ingestor, storage, prefix, confirm_removals, progress or ScanProgress(), stopped).run()


@dataclass
class _Scan:
    ingestor: Ingestor
    storage: PhotoStorage
    prefix: str
    confirm_removals: bool
    progress: ScanProgress
    stopped: Callable[[], bool]
    report: ScanReport = field(default_factory=ScanReport)

    def run(self) -> ScanReport:
        started = time.monotonic()
        report = self.report
        found = diff_album(self.ingestor.index, self.storage, self.prefix, self.stopped)
        report.unchanged, report.failed = found.unchanged, found.failed
        report.unreadable, report.unlisted = found.unreadable, found.unlisted
        if found.stopped:
            report.stopped = True
            return report
        self._reconcile(found.changed)
        report.stopped = self.stopped()
        if not report.stopped:
            self._remove(self._forget_unlisted(found.gone), found.present)
        report.seconds = time.monotonic() - started
        return report

    def _reconcile(self, keys: list[str]) -> None:
        self.progress.expect(len(keys))
        self.ingestor.reconcile_many(self.storage.bucket, keys, self._note, self.stopped)

    def _note(self, outcome: Outcome) -> None:
        self.report.count(outcome)
        self.progress.advance(outcome)

    def _forget_unlisted(self, missing: list[str]) -> list[str]:
        """Drop keys from the index that stat() finds but the album does not list; return the other missing keys.

        Such a key is the old spelling of a renamed photo on a case-insensitive file system, or a file behind a link
        that the walk does not follow.
        """
        storage, index = self.storage, self.ingestor.index
        seen = {key for key in missing if storage.stat(key) is not None}
        if not seen:
            return missing
        try:
            # List again: a photo may have come back since the first listing.
            for stat in storage.list(self.prefix):
                seen.discard(stat.key)
        except ListingIncomplete as error:
            seen = {key for key in seen if not key.startswith((*error.prefixes, *error.away))}
        self.progress.expect(len(seen))
        for key in sorted(seen):
            stored = index.get(photo_id(storage.bucket, key))
            if stored is not None:
                # On a conflict another writer is updating it: leave it to the next scan.
                with suppress(VersionConflict):
                    index.delete(stored.document.id, stored.version)
            self._note(Outcome(storage.bucket, key, OutcomeKind.REMOVED))
        return [key for key in missing if key not in seen]

    def _remove(self, missing: list[str], present: int) -> None:
        moved, lost = split_by_copies(self.ingestor.index, self.storage.bucket, missing)
        self._reconcile(moved)
        if not self.confirm_removals:
            refuse_to_lose(self.storage.bucket, len(lost), present)
        self._reconcile(lost)
