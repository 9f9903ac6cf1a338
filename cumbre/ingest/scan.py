"""A scan: compare a whole album with the index and reconcile what differs. The bucket is the truth."""

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
    """What a scan did. failed holds every photo that can't be used, old failures included.

    unreadable says what could not be seen; unseen holds those (bucket, prefix of keys).
    """

    indexed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Outcome] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unseen: list[tuple[str, str]] = field(default_factory=list)
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
        self.unseen += other.unseen
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
    found = diff_album(ingestor.index, storage, prefix, stopped)
    report.unchanged, report.failed = found.unchanged, found.failed
    report.unreadable, report.unseen = found.unreadable, found.unseen
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
    """Drop the keys that can be looked at though the album does not list them; returns the others.

    On a file system that ignores letter case the old spelling of a renamed photo is such a key, elsewhere one behind a
    link that the walk does not follow.
    """
    seen = {key for key in missing if storage.stat(key) is not None}
    if not seen:
        return missing
    try:
        # Once more: it may have come back since it was listed.
        for stat in storage.list(prefix):
            seen.discard(stat.key)
    except ListingIncomplete as error:
        seen = {key for key in seen if not key.startswith((*error.prefixes, *error.away))}
    progress.expect(len(seen))
    for key in sorted(seen):
        stored = ingestor.index.get(photo_id(storage.bucket, key))
        if stored is not None:
            # Someone else is at it: the next scan sees what has become of it.
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
