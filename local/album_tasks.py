"""Background tasks of `cumbre serve`: watch and scan albums, and reconcile changed files."""

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
# Interval of retries for albums with a problem (an unplugged drive, removals that wait for confirmation).
_RETRY_S = 60.0


class AlbumTasks:
    """Two threads: one scans whole albums, one reconciles single files, so that a new photo never waits for a scan.

    If both handle the same photo, conditional writes keep the newer version.
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
        self._failing: set[str] = set()
        self._last_warning = ""
        self._threads = [
            threading.Thread(target=self._scan_albums, name="scan"),
            threading.Thread(target=self._handle_events, name="events"),
        ]

    def start(self) -> None:
        """Start both threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the photos in progress and end the threads; the scan of the next start does the rest."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        if self._watcher is not None:
            self._watcher.stop()

    def handle_event(self, event: ObjectEvent) -> None:
        """Queue an event; its photo is reconciled soon."""
        self._events.put(event)

    def request_scan(self, bucket: str) -> None:
        """Queue a scan of a whole bucket."""
        self._due.put(bucket)

    def progress(self) -> IndexingProgress | None:
        """Return the progress of the running scan; None while there is nothing to index."""
        progress = self._progress
        if progress is None or not progress.total:
            return None
        return IndexingProgress(progress.done, progress.total, progress.rate_per_s)

    def reconcile(self, bucket: str, keys: list[str], stopped: Callable[[], bool]) -> None:
        """Reconcile these objects now, in the calling thread; ends early once stopped() returns true.

        Raises CumbreError if index or storage is unreachable.
        """
        for ingestor in self._library.ingestors():
            ingestor.reconcile_many(bucket, keys, stopped=stopped)

    def _scan_albums(self) -> None:
        last_full = last_problems = time.monotonic()
        while not self._stop.is_set():
            now = time.monotonic()
            due = set(self._drain(self._due))
            full = self._new_albums()
            if self._interval_s and now - last_full >= self._interval_s:
                full = self._followed
                last_full = now
            if now - last_problems >= _RETRY_S:
                due |= self._failing
                last_problems = now
            for number, bucket in enumerate(sorted((due | full) & self._followed)):
                # All buckets share one index: checking it for damage once per round is enough.
                self._scan(bucket, check_damage=number == 0)
            if full and not self._stop.is_set():
                if not self._failing:
                    self._library.generations.set_complete()
                self._trim_renditions()
            self._stop.wait(_IDLE_S)

    def _new_albums(self) -> set[str]:
        """Return all buckets if the set has changed (at start, or by another process), else none.

        Unchanged buckets are included: events in them may be lost while the watcher restarts.
        """
        try:
            buckets = set(self._library.storages())
            gone = self._followed - buckets
            if buckets == self._followed:
                return set()
            self._watch(buckets)
            self._followed = buckets
            self._failing -= gone
            for bucket in gone:
                self._library.problems.pop(bucket, None)
        except (CumbreError, OSError) as error:
            # Retried soon. The thread must survive, or no album would be followed any more.
            if str(error) != self._last_warning:
                _log.warning("%s", error)
            self._last_warning = str(error)
            return set()
        self._last_warning = ""
        return buckets

    def _watch(self, buckets: set[str]) -> None:
        if self._watcher is not None:
            self._watcher.stop()
        # S3 buckets are not watched: their server sends events, and scans find the rest.
        folders = [bucket for bucket in buckets if Path(bucket).is_absolute()]
        roots = {bucket: decode_path(Path(bucket)) for bucket in folders}
        self._watcher = FolderWatcher(roots, self.handle_event, self.request_scan)
        self._watcher.start()

    def _scan(self, bucket: str, check_damage: bool) -> None:
        self._progress = ScanProgress()
        try:
            storage = self._library.storages()[bucket]
            generation = self._library.active()
            if check_damage:
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
            self._failing.discard(bucket)
            if generation.index.count() > before:
                generation.learn_appearance(self._stop.is_set)
        except CumbreError as error:
            self._failing.add(bucket)
            if self._library.problems.get(bucket) != str(error):
                _log.warning("%s", error)
            self._library.problems[bucket] = str(error)
        except Exception:
            # The thread must survive, or no album would be followed any more.
            _log.exception("the scan of %s failed; the next scan retries", bucket)
        finally:
            self._progress = None

    def _trim_renditions(self) -> None:
        try:
            self._library.trim_renditions()
        except CumbreError as error:
            _log.warning("%s", error)
        except Exception:
            _log.exception("the cache of renditions could not be trimmed")

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
            _log.warning("%s; a scan will catch up", error)
            self.request_scan(bucket)
        except Exception:
            _log.exception("an event of %s failed; a scan will catch up", bucket)
            self.request_scan(bucket)

    @staticmethod
    def _drain(source: "queue.SimpleQueue[str]") -> Iterable[str]:
        while not source.empty():
            yield source.get()
