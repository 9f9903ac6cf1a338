"""Handle recorded events in batches, and retry for as long as index or storage is unreachable."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from cumbre.errors import CumbreError
from functions.ingest.events import keys_by_bucket
from local.bucket_events.ledger import EventLedger

_log = logging.getLogger(__name__)

_BATCH: Final = 64
_IDLE_S: Final = 0.5
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 10.0


class EventWorker:
    """A thread that handles recorded events between start() and stop().

    reconcile(bucket, keys, stopped) raises CumbreError if it must be retried, and ends early once stopped() is true.
    """

    def __init__(self, ledger: EventLedger, reconcile: Callable[[str, list[str], Callable[[], bool]], None]) -> None:
        self._ledger = ledger
        self._reconcile = reconcile
        self._batch = _BATCH
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorded events")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop soon; events not yet handled stay on the disk for the next start."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                if self._handle_some():
                    pause_s = _FIRST_PAUSE_S
                else:
                    self._ledger.wait(_IDLE_S)
            except CumbreError as error:
                _log.warning("%s; retrying recorded events in %.0f s", error, pause_s)
                self._stop.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            except Exception:
                # The thread must survive, or recorded events would wait forever.
                _log.exception("recorded events could not be handled; retrying")
                self._stop.wait(_LONGEST_PAUSE_S)

    def _handle_some(self) -> bool:
        """Handle the oldest events; return False if there are none.

        After a fault events are handled one by one, then in growing batches, and an event that fails alone moves to
        the end: otherwise a photo that can't be indexed, for whatever reason, would block all others.
        """
        waiting = self._ledger.waiting(self._batch)
        for bucket, keys in keys_by_bucket(waiting.values()).items():
            of_bucket = {name: event for name, event in waiting.items() if event.bucket == bucket}
            try:
                self._reconcile(bucket, keys, self._stop.is_set)
            except Exception:
                if len(keys) == 1:
                    self._ledger.postpone(of_bucket)
                self._batch = 1
                raise
            if self._stop.is_set():
                # It may have ended early: all keys are reconciled again, which costs one check each.
                break
            self._ledger.done(list(of_bucket))
            self._batch = min(2 * self._batch, _BATCH)
        return bool(waiting)
