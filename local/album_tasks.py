"""What runs beside the page: albums are watched and scanned, changed files reconciled."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from cumbre.errors import CumbreError
from cumbre.ingest.scan import ScanProgress, scan
from cumbre.library.library import Library
from cumbre.services.query_service import IndexingProgress
from cumbre.storage.keys import decode_path
from functions.ingest.events import ObjectEvent, keys_by_bucket
from local.folder_watch.watcher import FolderWatcher

_log = logging.getLogger(__name__)

_IDLE_S = 0.5
_EVENT_BATCH = 64
# An album that could not be followed (a drive is away, removals wait to be confirmed) is looked at again so often.
_PROBLEM_S = 60.0


class AlbumTasks:
    """Two threads: one scans whole albums, one reconciles single files, so that a new photo never waits for a scan.

    Both may meet at one photo; conditional writes make the later one right.
    """

    def __init__(self, library: Library, reconcile_minutes: float) -> None:
        self._library = library
        self._followed: set[str] = set()
        self._watcher: FolderWatcher | None = None
        self._interval_s = reconcile_minutes * 60.0
        self._events: queue.SimpleQueue[ObjectEvent] = queue.SimpleQueue()
        self._due: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._progress: ScanProgress | None = None
        self._away: set[str] = set()
        self._said = ""
        self._threads = [
            threading.Thread(target=self._scan_albums, name="scan"),
            threading.Thread(target=self._handle_events, name="events"),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End soon: what is in hand is finished, the rest waits for the next start's scan."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        if self._watcher is not None:
            self._watcher.stop()

    def handle_event(self, event: ObjectEvent) -> None:
        self._events.put(event)

    def request_scan(self, bucket: str) -> None:
        self._due.put(bucket)

    def progress(self) -> IndexingProgress | None:
        """Where the running scan stands; None while there is nothing to index."""
        progress = self._progress
        if progress is None or not progress.total:
            return None
        return IndexingProgress(progress.done, progress.total, progress.rate_per_s)

    def reconcile(self, bucket: str, keys: list[str], stopped: Callable[[], bool]) -> None:
        """Look at these objects now; with `stopped` it ends early. Raises CumbreError if index or storage is away."""
        for ingestor in self._library.ingestors():
            ingestor.reconcile_many(bucket, keys, stopped=stopped)

    def _scan_albums(self) -> None:
        last_full = last_problems = time.monotonic()
        while not self._stop.is_set():
            now = time.monotonic()
            due = set(self._waiting(self._due))
            full = self._new_albums()
            if self._interval_s and now - last_full >= self._interval_s:
                full = self._followed
                last_full = now
            if now - last_problems >= _PROBLEM_S:
                due |= self._away
                last_problems = now
            for number, bucket in enumerate(sorted((due | full) & self._followed)):
                # The index is one: looking for damage once is enough for all of its buckets.
                self._scan(bucket, look_for_damage=number == 0)
            if full and not self._stop.is_set():
                if not self._away:
                    self._library.generations.set_complete()
                self._trim_renditions()
            self._stop.wait(_IDLE_S)

    def _new_albums(self) -> set[str]:
        """All buckets if there are others than before: at start, or because another process has named one.

        Those that stay, too: what happened to them while the watcher began anew was not told.
        """
        try:
            buckets = set(self._library.storages())
            gone = self._followed - buckets
            if buckets == self._followed:
                return set()
            self._watch(buckets)
            self._followed = buckets
            self._away -= gone
            for bucket in gone:
                self._library.problems.pop(bucket, None)
        except (CumbreError, OSError) as error:
            # Once more in a moment. The thread must live on, else no album would be followed any more.
            if str(error) != self._said:
                _log.warning("%s", error)
            self._said = str(error)
            return set()
        self._said = ""
        return buckets

    def _watch(self, buckets: set[str]) -> None:
        if self._watcher is not None:
            self._watcher.stop()
        # Buckets of S3 are followed by what their server tells, and by scans.
        folders = [bucket for bucket in buckets if Path(bucket).is_absolute()]
        roots = {bucket: decode_path(Path(bucket)) for bucket in folders}
        self._watcher = FolderWatcher(roots, self.handle_event, self.request_scan)
        self._watcher.start()

    def _scan(self, bucket: str, look_for_damage: bool) -> None:
        self._progress = ScanProgress()
        try:
            storage = self._library.storages()[bucket]
            generation = self._library.active()
            if look_for_damage:
                generation.index.forget_damaged()
            generation.refresh(self._stop.is_set)
            before = generation.index.count()
            for ingestor in self._library.ingestors():
                report = scan(ingestor, storage, progress=self._progress, stopped=self._stop.is_set)
                if report.indexed or report.removed:
                    _log.info("%s: %d indexed, %d removed", bucket, report.indexed, report.removed)
                if report.unreadable:
                    self._library.problems[bucket] = " ".join(report.unreadable)
                else:
                    self._library.problems.pop(bucket, None)
            self._away.discard(bucket)
            if generation.index.count() > before:
                generation.learn_appearance(self._stop.is_set)
        except CumbreError as error:
            self._away.add(bucket)
            if self._library.problems.get(bucket) != str(error):
                _log.warning("%s", error)
            self._library.problems[bucket] = str(error)
        except Exception:
            # A thread that dies in silence would leave an album that is never followed again.
            _log.exception("the scan of %s failed; the next one tries again", bucket)
        finally:
            self._progress = None

    def _trim_renditions(self) -> None:
        try:
            self._library.trim_renditions()
        except CumbreError as error:
            _log.warning("%s", error)
        except Exception:
            _log.exception("the cache of pictures could not be trimmed")

    def _handle_events(self) -> None:
        while not self._stop.is_set():
            try:
                first = self._events.get(timeout=_IDLE_S)
            except queue.Empty:
                continue
            batch = [first]
            while len(batch) < _EVENT_BATCH and not self._events.empty():
                batch.append(self._events.get())
            for bucket, keys in keys_by_bucket(batch).items():
                self._reconcile(bucket, keys)

    def _reconcile(self, bucket: str, keys: list[str]) -> None:
        try:
            self.reconcile(bucket, keys, self._stop.is_set)
        except CumbreError as error:
            _log.warning("%s; a scan will take up what was missed", error)
            self.request_scan(bucket)
        except Exception:
            _log.exception("an event of %s failed; a scan will take up what was missed", bucket)
            self.request_scan(bucket)

    @staticmethod
    def _waiting(source: "queue.SimpleQueue[str]") -> Iterable[str]:
        while not source.empty():
            yield source.get()
