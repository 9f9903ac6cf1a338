"""Debounce file changes: report a file only once it has settled, because a copy in progress is not a photo yet."""

import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from functions.ingest.events import ObjectEvent, ObjectEventKind

_Place = tuple[str, str]
_Signature = tuple[int, int] | None

# A rescan waits until its bucket is quiet, but at most this many times settle_s.
_RESCAN_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Rescan:
    """Single events are not enough: the whole bucket must be compared."""

    bucket: str


@dataclass(eq=False, slots=True)
class _Waiting:
    """One key. path is set if the file should exist. after is a key that must be delivered first.

    looked: signature is that of the last look.
    """

    since: float
    path: Path | None = None
    after: str | None = None
    looked: bool = False
    signature: _Signature = None


@dataclass(slots=True)
class _WaitingRescan:
    first: float
    last: float


def size_and_mtime(path: Path) -> _Signature:
    """Return (size in bytes, mtime in ns), which change while a file is written; None if it is not a regular file."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return (seen.st_size, seen.st_mtime_ns) if stat.S_ISREG(seen.st_mode) else None


class Debouncer:
    """Collects changes from any thread; due() returns those whose files have not changed for settle_s seconds.

    If more than max_waiting keys are waiting, one rescan replaces the single events of a bucket.
    """

    def __init__(
        self,
        settle_s: float,
        max_waiting: int,
        look: Callable[[Path], _Signature] = size_and_mtime,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settle_s = settle_s
        self._max_waiting = max_waiting
        self._look = look
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[_Place, _Waiting] = {}
        self._rescans: dict[str, _WaitingRescan] = {}

    def written(self, bucket: str, key: str, path: Path) -> None:
        """Record that a file was created or written to."""
        self._wait(bucket, key, _Waiting(self._clock(), path))

    def gone(self, bucket: str, key: str, moved_to: str | None = None) -> None:
        """Record that a file was deleted, or renamed to another key of its bucket, whose event is then due first."""
        self._wait(bucket, key, _Waiting(self._clock(), after=moved_to))

    def rescan(self, bucket: str) -> None:
        """Replace all waiting events of a bucket by a rescan."""
        now = self._clock()
        with self._lock:
            self._request_rescan(bucket, now)

    def due(self) -> list[ObjectEvent | Rescan]:
        """Return and forget the changes that have settled: new files before deleted ones, rescans last."""
        now = self._clock()
        with self._lock:
            waiting = dict(self._waiting)
        # Outside the lock: a slow drive must not block threads that report changes.
        settled = {place: one for place, one in waiting.items() if self._has_settled(one, now)}
        due: list[ObjectEvent | Rescan] = []
        with self._lock:
            # A change reported again meanwhile has a new entry, which has not settled.
            settled = {place: one for place, one in settled.items() if self._waiting.get(place) is one}
            while ready := [place for place, one in settled.items() if self._is_free(place[0], one)]:
                for place in sorted(ready, key=lambda place: settled[place].path is None):
                    one = settled.pop(place)
                    del self._waiting[place]
                    exists = one.path is not None and one.signature is not None
                    due.append(ObjectEvent(*place, ObjectEventKind.CREATED if exists else ObjectEventKind.REMOVED))
            for bucket, rescan in list(self._rescans.items()):
                patience_s = self._settle_s * _RESCAN_PATIENCE
                if now - rescan.last >= self._settle_s or now - rescan.first >= patience_s:
                    del self._rescans[bucket]
                    due.append(Rescan(bucket))
        return due

    def _wait(self, bucket: str, key: str, one: _Waiting) -> None:
        with self._lock:
            if bucket in self._rescans:
                self._rescans[bucket].last = one.since
                return
            self._waiting[bucket, key] = one
            if len(self._waiting) > self._max_waiting:
                self._request_rescan(bucket, one.since)

    def _request_rescan(self, bucket: str, now: float) -> None:
        self._rescans.setdefault(bucket, _WaitingRescan(now, now)).last = now
        self._waiting = {place: one for place, one in self._waiting.items() if place[0] != bucket}

    def _has_settled(self, one: _Waiting, now: float) -> bool:
        if one.path is not None:
            signature = self._look(one.path)
            if not one.looked or signature != one.signature:
                one.looked, one.signature, one.since = True, signature, now
        return now - one.since >= self._settle_s

    def _is_free(self, bucket: str, one: _Waiting) -> bool:
        return one.after is None or (bucket, one.after) not in self._waiting
