"""Upgrade to a better model from the page: download it, build a new index beside the old one, and activate it."""

import logging
import threading
from dataclasses import dataclass, replace
from typing import Literal

from cumbre.encoding import known_models
from cumbre.encoding.model_download import DownloadProgress, download_model, downloaded_bytes
from cumbre.errors import CumbreError, ModelError
from cumbre.ingest.scan import ScanProgress
from cumbre.library.library import Library
from cumbre.library.reindex import reindex

_log = logging.getLogger(__name__)

Phase = Literal["none", "offered", "fetching", "indexing", "done", "failed"]


@dataclass(frozen=True, slots=True)
class ModelState:
    """State of the upgrade.

    phase is "none" if there is no better model, or if the settings name a model. model is the model to upgrade to.
    stopping: a running upgrade was cancelled and ends soon. bytes_total is 0 if it is already downloaded. message says
    what went wrong. notices are the notices of the status that say the same, so that a banner can replace them.
    """

    phase: Phase
    model: str = ""
    bytes_done: int = 0
    bytes_total: int = 0
    photos_done: int = 0
    photos_total: int = 0
    message: str = ""
    notices: tuple[str, ...] = ()
    stopping: bool = False


class ModelUpgrade:
    """Runs one upgrade at a time in a thread. After a stop, the next start continues where it was."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()
        self._fetched: DownloadProgress | None = None
        self._scanned: ScanProgress | None = None
        self._failure = ""
        self._changed_to = ""

    def state(self) -> ModelState:
        """Return the state of the upgrade."""
        with self._lock:
            running = self._thread is not None and self._thread.is_alive()
        offer = self._offer()
        if running:
            return replace(self._progress(offer), stopping=self._cancelled.is_set())
        if self._failure:
            return replace(offer, phase="failed", message=self._failure)
        if offer.phase == "none" and self._changed_to:
            return ModelState("done", self._changed_to)
        return offer

    def start(self) -> None:
        """Start or continue the upgrade. Does nothing if it is running or none is offered."""
        with self._lock:
            if (self._thread is not None and self._thread.is_alive()) or self._offer().phase == "none":
                return
            self._cancelled.clear()
            self._failure, self._fetched, self._scanned = "", None, None
            self._thread = threading.Thread(target=self._run, name="model-change")
            self._thread.start()

    def cancel(self) -> None:
        """Stop soon. Downloaded files and indexed photos stay; the old index stays active."""
        self._cancelled.set()
        self._failure = ""

    def stop(self) -> None:
        """Cancel, and wait until the thread has ended."""
        self.cancel()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            offer = self._offer()
            if offer.bytes_total:
                self._fetch()
            self._scanned = ScanProgress()
            report = reindex(self._library, self._scanned, self._cancelled.is_set)
            if not report.stopped:
                self._changed_to = offer.model
                _log.info("%s is the active model now", offer.model)
        except CumbreError as error:
            if not self._cancelled.is_set():
                _log.warning("%s", error)
                self._failure = error.message
        except Exception:
            _log.exception("the upgrade to another model failed")
            self._failure = "something went wrong; the server's log says what"

    def _fetch(self) -> None:
        settings = self._library.settings
        model = known_models.SIGLIP2

        def follow(progress: DownloadProgress) -> None:
            self._fetched = progress

        download_model(model, model.directory(settings.home), settings.model_endpoint, follow, self._cancelled.is_set)

    def _progress(self, offer: ModelState) -> ModelState:
        scanned, fetched = self._scanned, self._fetched
        if scanned is not None:
            done, total = scanned.done, scanned.total or 0
            return ModelState("indexing", offer.model, photos_done=done, photos_total=total, notices=offer.notices)
        if fetched is None:
            return replace(offer, phase="fetching")
        return replace(offer, phase="fetching", bytes_done=fetched.done_bytes, bytes_total=fetched.total_bytes)

    def _offer(self) -> ModelState:
        """Return the upgrade that is possible now, with the notices that its banner replaces."""
        library = self._library
        index = library.generations.active()
        try:
            choice = library.encoders.choice()
            due = library.reindex_due()
        except ModelError:
            # The wanted model is missing or broken: the status says so, and an upgrade would not help.
            return ModelState("none")
        notices = tuple(notice for notice in (choice.notice, due) if notice)
        if index is not None and due:
            return ModelState("offered", choice.name, notices=notices)
        better = known_models.SIGLIP2
        if library.settings.model != "auto" or choice.name == better.name:
            return ModelState("none")
        done = downloaded_bytes(better, better.directory(library.settings.home))
        return ModelState("offered", better.name, done, better.size_bytes, notices=notices)
