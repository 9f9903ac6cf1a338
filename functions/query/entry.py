"""Composition root of the query function; Lambda runs functions.query.entry.handler."""

import logging
import os
from collections.abc import Callable, Mapping

from cumbre.bootstrap import open_library
from cumbre.errors import CumbreError
from cumbre.library.library import Library
from cumbre.search.query import SearchRequest
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from functions.environment import read_environment
from functions.query.rpc.calls import Answer, answer
from functions.query.rpc.payloads import Payloads
from functions.query.rpc.staging import open_staging
from functions.warm_cache import install

_log = logging.getLogger(__name__)

Handler = Callable[[object, object], Answer]


def create(environment: Mapping[str, str]) -> Handler:
    """Return a handler of direct calls, with everything loaded that the first query needs. Raises CumbreError."""
    settings = read_environment(environment)
    install(settings.home)
    library = open_library(settings)
    query, album = LocalQueryService(library), LocalAlbumService(library)
    payloads = Payloads(open_staging(settings), settings.max_photo_mb * 1_000_000)
    _warm_up(library, query)

    def handler(event: object, _context: object = None) -> Answer:
        return answer(event, query, album, payloads)

    return handler


def _warm_up(library: Library, query: LocalQueryService) -> None:
    """Load what text and image queries need. Errors are only logged: the query that meets them reports them again."""
    try:
        library.pictures.warm_up()
        library.active().warm_up()
        query.search(SearchRequest("a mountain", k=1))
    except CumbreError as error:
        _log.warning("%s", error)


def __getattr__(name: str) -> Handler:
    """Create the handler when the runtime client asks for it (Lambda's init), not when the module is imported."""
    if name != "handler":
        raise AttributeError(name)
    globals()[name] = handler = create(os.environ)
    return handler
