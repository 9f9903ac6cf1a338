"""Holds what happened to files until it has settled: a file that is still being copied is no photo yet."""

import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from functions.ingest.events import ObjectEvent, ObjectEventKind

_Place = tuple[str, str]
_Signature = tuple[int, int] | None

# A rescan waits for a bucket to be quiet, but not longer than this many times settle_s.
_RESCAN_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Rescan:
    """Single events don't tell enough: compare the whole bucket."""

    bucket: str


@dataclass(eq=False, slots=True)
class _Waiting:
    """One key. path is set for a file that should be there; looked: its signature has been taken."""

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
    """What changes while a file is written, or None if there is no regular file."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return (seen.st_size, seen.st_mtime_ns) if stat.S_ISREG(seen.st_mode) else None


class Debouncer:
    """Collects changes from any thread; due() gives those that have stood still for settle_s.

    With more than max_waiting keys waiting, single events give way to one rescan.
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
        """A file was created or written to."""
        self._wait(bucket, key, _Waiting(self._clock(), path))

    def gone(self, bucket: str, key: str, moved_to: str | None = None) -> None:
        """A file was deleted, or renamed to another key of its bucket; that key's event then comes first."""
        self._wait(bucket, key, _Waiting(self._clock(), after=moved_to))

    def rescan(self, bucket: str) -> None:
        """Compare the whole bucket instead of delivering what waits for it."""
        now = self._clock()
        with self._lock:
            self._request_rescan(bucket, now)

    def due(self) -> list[ObjectEvent | Rescan]:
        """What has settled, and is forgotten by this: new files before files that are gone, rescans last."""
        now = self._clock()
        with self._lock:
            waiting = dict(self._waiting)
        # Outside the lock: a slow drive must not hold up those who report changes.
        settled = {place: one for place, one in waiting.items() if self._has_settled(one, now)}
        due: list[ObjectEvent | Rescan] = []
        with self._lock:
            # What was reported again meanwhile has a new entry, and waits.
            settled = {place: one for place, one in settled.items() if self._waiting.get(place) is one}
            while ready := [place for place, one in settled.items() if self._is_free(place[0], one)]:
                for place in sorted(ready, key=lambda place: settled[place].path is None):
                    one = settled.pop(place)
                    del self._waiting[place]
                    there = one.path is not None and one.signature is not None
                    due.append(ObjectEvent(*place, ObjectEventKind.CREATED if there else ObjectEventKind.REMOVED))
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
