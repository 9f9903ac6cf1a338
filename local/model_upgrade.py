"""Changing over to a better model from the page: fetch it, index again beside the old index, let the new one answer."""

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
    """Where the change stands.

    phase is "none" where nothing better is to be had, or the settings name a model. model is the one that would
    answer; bytes_total is 0 where it need not be fetched. message says what went wrong. notices are those sentences of
    the status that say the same.
    """

    phase: Phase
    model: str = ""
    bytes_done: int = 0
    bytes_total: int = 0
    photos_done: int = 0
    photos_total: int = 0
    message: str = ""
    notices: tuple[str, ...] = ()


class ModelUpgrade:
    """One change at a time, in a thread of its own; stopped, it goes on where it was when it is started again."""

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
        with self._lock:
            running = self._thread is not None and self._thread.is_alive()
        offer = self._offer()
        if running:
            return self._progress(offer)
        if self._failure:
            return replace(offer, phase="failed", message=self._failure)
        if offer.phase == "none" and self._changed_to:
            return ModelState("done", self._changed_to)
        return offer

    def start(self) -> None:
        """Begin, or go on; nothing where it runs already or nothing is offered."""
        with self._lock:
            if (self._thread is not None and self._thread.is_alive()) or self._offer().phase == "none":
                return
            self._cancelled.clear()
            self._failure, self._fetched, self._scanned = "", None, None
            self._thread = threading.Thread(target=self._run, name="model-change")
            self._thread.start()

    def cancel(self) -> None:
        """Stop soon. What has been fetched and indexed stays; the old index answers as before."""
        self._cancelled.set()
        self._failure = ""

    def stop(self) -> None:
        """Cancel, and wait for the end."""
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
                _log.info("%s answers now", offer.model)
        except CumbreError as error:
            if not self._cancelled.is_set():
                _log.warning("%s", error)
                self._failure = error.message
        except Exception:
            _log.exception("changing over to another model failed")
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
        """What could be done now, and the notices that a banner about it makes needless."""
        library = self._library
        index = library.generations.active()
        try:
            choice = library.encoders.choice()
            due = library.reindex_due()
        except ModelError:
            # The model that is wanted is missing or broken: the status says so, and nothing here would help.
            return ModelState("none")
        notices = tuple(notice for notice in (choice.notice, due) if notice)
        if index is not None and due:
            return ModelState("offered", choice.name, notices=notices)
        better = known_models.SIGLIP2
        if library.settings.model != "auto" or choice.name == better.name:
            return ModelState("none")
        done = downloaded_bytes(better, better.directory(library.settings.home))
        return ModelState("offered", better.name, done, better.size_bytes, notices=notices)
