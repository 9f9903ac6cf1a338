"""Handles recorded events one batch after the other, and tries again for as long as index or storage are away."""

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
    """A thread between start() and stop().

    reconcile(bucket, keys, stopped) raises CumbreError where it must be tried again, and ends early with `stopped`.
    """

    def __init__(self, ledger: EventLedger, reconcile: Callable[[str, list[str], Callable[[], bool]], None]) -> None:
        self._ledger = ledger
        self._reconcile = reconcile
        self._batch = _BATCH
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorded events")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End soon; what is not handled is on the disk, for the next start."""
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
                _log.warning("%s; recorded events are tried again in %.0f s", error, pause_s)
                self._stop.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            except Exception:
                # The thread must live on: what it handles would wait for ever.
                _log.exception("recorded events could not be handled; they are tried again")
                self._stop.wait(_LONGEST_PAUSE_S)

    def _handle_some(self) -> bool:
        """The oldest events; False if there are none.

        After a fault they are handled one by one until all goes well again, and one that fails comes last: else a
        photo that can't be indexed, for whatever reason, would keep all others waiting.
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
                # It may have ended early: all of it is done again, which costs a look each.
                break
            self._ledger.done(list(of_bucket))
            self._batch = min(2 * self._batch, _BATCH)
        return bool(waiting)
