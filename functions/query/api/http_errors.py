"""Map errors to HTTP: a status, a code for programs and a sentence for people, never a stack trace or a path."""

import logging
from dataclasses import dataclass
from typing import Final

from flask import Response, jsonify
from werkzeug.exceptions import HTTPException, InternalServerError

from cumbre import errors

_log = logging.getLogger(__name__)

RETRY_SOON_S = 5
RETRY_LATER_S = 30

# Every status of an error, with its code. openapi.yaml and docs/api.md describe them.
ERROR_CODES: Final = {
    400: "invalid_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "photo_unusable",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}


@dataclass(frozen=True, slots=True)
class HttpError:
    """The response to a failed request. retry_after_s is the value of Retry-After in seconds; None for no header."""

    status: int
    message: str
    retry_after_s: int | None = None

    @property
    def code(self) -> str:
        """The code for programs. A status that only Flask answers has the code of its class, 400 or 500."""
        return ERROR_CODES.get(self.status, ERROR_CODES[400 if self.status < 500 else 500])


def http_error_for(error: Exception) -> HttpError:
    """Return the response to an error.

    Errors that people can act on keep their message. Other messages may contain paths: they are only logged.
    """
    match error:
        case errors.InvalidRequest():
            return HttpError(400, error.message)
        case errors.NotFound():
            return HttpError(404, error.message)
        case errors.PhotoError():
            return HttpError(422, error.message)
        case errors.ObjectGone():
            return HttpError(404, "this photo is no longer in the album")
        case errors.VersionConflict() | errors.ObjectChanged():
            return HttpError(409, "the photo was changed meanwhile; try again", RETRY_SOON_S)
        case errors.StorageError():
            return _unavailable(error, "the album can't be reached at the moment")
        case errors.IndexFault():
            return _unavailable(error, "the index can't answer at the moment")
        case errors.ModelError():
            return _unavailable(error, "the model can't answer at the moment")
        case errors.CumbreError():
            return _unavailable(error, "this can't be answered at the moment")
        case InternalServerError(original_exception=Exception() as cause):
            return http_error_for(cause)
        case HTTPException():
            return HttpError(error.code or 500, error.description or "")
        case _:
            _log.error("request failed", exc_info=error)
            return HttpError(500, "something went wrong; the server's log says what")


def _unavailable(error: Exception, message: str) -> HttpError:
    _log.error("%s: %s", type(error).__name__, error)
    return HttpError(503, f"{message}; `cumbre status` says what to do", RETRY_LATER_S)


def error_response(problem: HttpError) -> Response:
    """Return an HttpError as a JSON response."""
    response = jsonify({"error": {"code": problem.code, "message": problem.message}})
    response.status_code = problem.status
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    return response
