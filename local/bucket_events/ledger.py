"""Durable ledger of bucket events that wait to be handled, so that no crash or outage loses one."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final
from uuid import uuid4

from cumbre.errors import CumbreError
from cumbre.json_codec import dumps
from cumbre.state.port import StateStore
from cumbre.state.records import read_record
from functions.ingest.events import ObjectEvent

_KIND: Final = "event"
_MOST_WAITING: Final = 10_000


class TooManyEvents(CumbreError):
    """The ledger is full. The sender must send its events again later."""


class EventLedger:
    """Recorded events, oldest first. Any thread may record events; one thread handles them."""

    def __init__(self, state: StateStore, most: int = _MOST_WAITING) -> None:
        self._state = state
        self._most = most
        self._lock = threading.Lock()
        # None: not known, because a failed write may have stored a part of its events.
        self._count: int | None = self._stored()
        self._recorded = threading.Event()

    def record(self, events: Iterable[ObjectEvent]) -> None:
        """Store events durably, then return. Raises TooManyEvents, and stores none, if too many are waiting.

        Other errors may leave a part of them stored. That is safe: the sender sends all of them again, and handling an
        event twice does no harm.
        """
        new = list(events)
        with self._changing():
            count = self._stored() if self._count is None else self._count
            if count + len(new) > self._most:
                self._count = count
                raise TooManyEvents(f"{count} events are waiting to be handled: try again later")
            self._state.put_many(_KIND, dict(map(_entry, new)))
            self._count = count + len(new)
        self._recorded.set()

    def waiting(self, most: int) -> dict[str, ObjectEvent]:
        """Return the oldest events, at most `most`, by the names of their records."""
        self._recorded.clear()
        return {
            name: read_record(value, ObjectEvent, "a bucket event")
            for name, value in islice(self._state.items(_KIND), most)
        }

    def wait(self, seconds: float) -> None:
        """Wait until an event is recorded, but not longer than this."""
        self._recorded.wait(seconds)

    def postpone(self, waiting: Mapping[str, ObjectEvent]) -> None:
        """Move events to the end, so that one that can't be handled doesn't block the others."""
        with self._changing():
            for name, event in waiting.items():
                self._state.put(_KIND, *_entry(event))
                self._state.delete(_KIND, name)

    def done(self, names: Sequence[str]) -> None:
        """Delete the records of events that have been handled."""
        with self._changing():
            for name in names:
                self._state.delete(_KIND, name)
                if self._count is not None:
                    self._count -= 1

    def _stored(self) -> int:
        return sum(1 for _ in self._state.items(_KIND))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Let one thread at a time change the records. An error of the state leaves their number unknown."""
        with self._lock:
            try:
                yield
            except TooManyEvents:
                raise
            except BaseException:
                self._count = None
                self._recorded.set()
                raise


def _entry(event: ObjectEvent) -> tuple[str, bytes]:
    """Return name and value of an event's record."""
    # One record per event: an event that arrives while another of the same photo is handled is not lost.
    return f"{time.time_ns():020}-{uuid4().hex}", dumps(event, ObjectEvent)
