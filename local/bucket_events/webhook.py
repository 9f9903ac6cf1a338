"""Webhook for bucket events: POST with a bearer token, as MinIO's webhook target sends it.

Status 200 means that the events are stored durably. After any other status MinIO sends them again, so that none are
lost while Cumbre is down or overloaded.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from cumbre.errors import CumbreError, InvalidRequest
from cumbre.system.passwords import password_matches
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
    """Return the webhook as an application.

    record must return only once the events are stored durably. buckets returns the album's buckets; events of other
    buckets are ignored.
    """
    app = Flask("receiver", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BYTES

    @app.post("/")
    def receive() -> Response:
        if not password_matches(request.headers.get("Authorization"), f"Bearer {token}"):
            _log.warning("rejected an event without the token of CUMBRE_EVENTS_TOKEN")
            return error_response(HttpError(401, "the token of CUMBRE_EVENTS_TOKEN is missing or wrong"))
        try:
            events = parse_events(request.get_data(cache=False))
        except InvalidRequest as error:
            _log.warning("an event can't be read: %s", error)
            return error_response(HttpError(400, str(error)))
        except RequestEntityTooLarge:
            return error_response(HttpError(413, f"events may have at most {_MAX_BYTES} bytes"))
        try:
            known = set(buckets())
            for other in sorted({event.bucket for event in events} - known):
                _log.warning(
                    "ignored an event of the bucket %r, which is not part of the album (CUMBRE_STORAGE)", other
                )
            ours = [event for event in events if event.bucket in known]
            record(ours)
        except CumbreError as error:
            _log.warning("an event could not be recorded: %s", error)
            message = "the event can't be recorded at the moment; send it again"
            return error_response(HttpError(503, message, _RETRY_AFTER_S))
        return jsonify({"recorded": len(ours)})

    app.wsgi_app = _at_root(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def _at_root(application: "WSGIApplication") -> "WSGIApplication":
    """Serve the empty path as "/".

    The mount point itself, /events, has an empty path. Flask would redirect it, but stores do not follow redirects.
    """

    def with_path(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"
        return application(environ, start_response)

    return with_path
