"""Where a store tells what happened to its objects: POST with a bearer token, as MinIO's webhook target sends it.

200 means that the event is safely recorded. Anything else makes MinIO send it again, so that nothing is lost while
Cumbre is down or has more than enough to do.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from cumbre.errors import CumbreError, InvalidRequest
from cumbre.system.passwords import is_password
from functions.ingest.events import ObjectEvent, parse_events
from functions.query.api.http_errors import HttpError, error_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)

_MAX_BYTES: Final = 1_048_576
_RETRY_AFTER_S: Final = 5


def create_event_webhook(
    token: str, record: Callable[[list[ObjectEvent]], None], buckets: Callable[[], Iterable[str]]
) -> Flask:
    """The application. record returns when the events are safe; buckets are those of the album, others' are left."""
    app = Flask("receiver", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BYTES

    @app.post("/")
    def receive() -> Response:
        if not is_password(request.headers.get("Authorization"), f"Bearer {token}"):
            _log.warning("an event without the token of CUMBRE_EVENTS_TOKEN was turned away")
            return error_response(HttpError(401, "unauthorized", "events need the token"))
        try:
            events = parse_events(request.get_data(cache=False))
        except InvalidRequest as error:
            _log.warning("an event can't be read: %s", error)
            return error_response(HttpError(400, "invalid_request", str(error)))
        except RequestEntityTooLarge:
            return error_response(HttpError(413, "too_large", f"events have at most {_MAX_BYTES} bytes"))
        try:
            known = set(buckets())
            for other in sorted({event.bucket for event in events} - known):
                _log.warning("an event of the bucket %r, which is no part of the album (CUMBRE_STORAGE)", other)
            ours = [event for event in events if event.bucket in known]
            record(ours)
        except CumbreError as error:
            _log.warning("an event could not be recorded: %s", error)
            message = "the event can't be recorded at the moment; send it again"
            return error_response(HttpError(503, "unavailable", message, _RETRY_AFTER_S))
        return jsonify({"recorded": len(ours)})

    app.wsgi_app = _at_root(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def _at_root(application: "WSGIApplication") -> "WSGIApplication":
    """Mounted at /events, that very address is an empty path, which Flask would redirect; no store follows."""

    def with_path(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"
        return application(environ, start_response)

    return with_path
