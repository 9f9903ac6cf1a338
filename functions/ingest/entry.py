"""Composition root of the ingest function; Lambda runs functions.ingest.entry.handler.

Lambda imports this module and reads `handler` in its init phase. Secrets are read, the library is opened and the
encoder is loaded then, not at the first event.
"""

import logging
import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cumbre.bootstrap import open_library
from cumbre.errors import CumbreError, SettingsError
from cumbre.ingest.queue import IngestQueue, open_sqs_client
from cumbre.library.library import Library
from cumbre.settings import Settings
from cumbre.system.cache_file import PARTIAL_SUFFIX
from functions.environment import read_environment
from functions.ingest.handler import create_handler
from functions.ingest.jobs import Jobs, job_of
from functions.ingest.settle import PhotoSettler
from functions.warm_cache import install

_log = logging.getLogger(__name__)

LambdaHandler = Callable[[object, object], dict[str, Any]]


def create(environment: Mapping[str, str]) -> LambdaHandler:
    """Return the handler for events and jobs.

    Raises SettingsError, or CumbreError if state or index can't be opened.
    """
    settings = read_environment(environment)
    install(settings.home)
    _sweep(settings)
    library = open_library(settings)
    _warm_up(library)
    return create_for(library)


def create_for(library: Library) -> LambdaHandler:
    """Return the handler for events and jobs of an open library."""
    settings = library.settings
    photos = create_handler(PhotoSettler(library).settle, settings.margin_seconds)

    @cache
    def jobs() -> Jobs:
        if not settings.queue:
            raise SettingsError("a job needs a queue to write to: set CUMBRE_QUEUE")
        return Jobs(library, IngestQueue(open_sqs_client(settings.queue), settings.queue), settings.margin_seconds)

    def handle(event: object, context: object = None) -> dict[str, Any]:
        job = job_of(event)
        return photos(event, context) if job is None else jobs().run(job, context)

    return handle


def _sweep(settings: Settings) -> None:
    """Delete partial files of an instance that was killed; its successor may get the same temporary folder."""
    for partial in settings.home.rglob(f"*{PARTIAL_SUFFIX}"):
        partial.unlink(missing_ok=True)


def _warm_up(library: Library) -> None:
    """Run one inference and start one picture process, so that the first photo does not wait for them.

    Errors are only logged: what is unreachable now may be reachable later.
    """
    try:
        library.active().warm_up()
        library.pictures.warm_up()
    except CumbreError as error:
        _log.warning("not warmed up: %s", error)


def __getattr__(name: str) -> LambdaHandler:
    # Lazy: importing this module for its documentation or types must not open a library.
    if name != "handler":
        raise AttributeError(name)
    globals()[name] = create(os.environ)
    handler: LambdaHandler = globals()[name]
    return handler
