"""Direct calls of the query function: {"call": NAME, "arguments": {...}} -> {"result": ...} or {"error": {...}}.

A result of more bytes than Lambda carries is {"staged": KEY}, the same JSON in the staging area. What may be called,
with what and for what, is taken once from the two interfaces.
"""

import inspect
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from cumbre import errors
from cumbre.errors import CumbreError, InvalidRequest
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService
from cumbre.text.sentence import sentence_to_json, str_or_sentence
from functions.query.rpc.json_codec import Json, WireError, decode, encode
from functions.query.rpc.payloads import Payloads

_log = logging.getLogger(__name__)

QUERY_CALLS: Final = (
    "search",
    "identify",
    "photo",
    "rendition",
    "labelled",
    "original",
    "shots",
    "peak",
    "peaks",
    "around",
    "status",
)
ALBUM_CALLS: Final = ("add", "remove", "correct", "correct_picture", "orient", "retry")
# Lambda takes 6 MB each way; the rest is for what stands around.
ANSWER_BYTES_MAX: Final = 5_000_000

Answer = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Call:
    """One method of an interface: the types of its arguments, which of them must be there, and its result's."""

    service: type
    signature: inspect.Signature
    hints: Mapping[str, Any]
    result: Any

    @classmethod
    def of(cls, service: type, name: str) -> "Call":
        method = getattr(service, name)
        hints = get_type_hints(method)
        result = hints.pop("return")
        return cls(service, inspect.signature(method), hints, result)

    def encode_arguments(self, given: tuple[Any, ...], named: Mapping[str, Any], parcels: Payloads) -> Json:
        """The arguments by name; those that were not given take their defaults on the other side."""
        bound = self.signature.bind(None, *given, **named).arguments
        return {name: encode(bound[name], hint, parcels) for name, hint in self.hints.items() if name in bound}

    def decode_arguments(self, data: Json, parcels: Payloads) -> dict[str, Any]:
        """Raises WireError for what the method doesn't take."""
        if not isinstance(data, dict):
            raise WireError("arguments must be an object")
        arguments = {}
        for name, one in data.items():
            if name not in self.hints:
                raise WireError(f"there is no argument {name[:40]!r}")
            try:
                arguments[name] = decode(one, self.hints[name], parcels)
            except WireError as error:
                raise WireError(f"{name}: {error}") from None
        try:
            self.signature.bind(None, **arguments)
        except TypeError as error:
            raise WireError(str(error)) from None
        return arguments


CALLS: Final = {
    name: Call.of(service, name)
    for service, names in ((QueryService, QUERY_CALLS), (AlbumService, ALBUM_CALLS))
    for name in names
}


def answer(request: object, query: QueryService, album: AlbumService, parcels: Payloads) -> Answer:
    """The answer to one call; never raises. The library's errors go back as they are, others only into the log."""
    name = ""
    try:
        name, call, arguments = _read(request, parcels)
        service: object = query if call.service is QueryService else album
        method: Callable[..., Any] = getattr(service, name)
        return _fitting(encode(method(**arguments), call.result, parcels), parcels)
    except (errors.InvalidRequest, errors.NotFound, errors.PhotoError) as error:
        return {"error": error_to_json(error)}
    except CumbreError as error:
        _log.error("%s: %s: %s", name, type(error).__name__, error)
        return {"error": error_to_json(error)}
    except Exception:
        _log.exception("%s failed", name or "a call")
        return {"error": {"type": "CumbreError", "message": "the query function failed: its log says why"}}


def error_to_json(error: CumbreError) -> Json:
    """The type and the message of an error; the type is the nearest that cumbre.errors knows."""
    known = next(one for one in type(error).__mro__ if getattr(errors, one.__name__, None) is one)
    return {"type": known.__name__, "message": sentence_to_json(error.message)}


def error_of_json(data: Json) -> CumbreError:
    """The error that was raised on the other side, to be raised on this one."""
    try:
        kind, message = getattr(errors, data["type"], None), str_or_sentence(data["message"])
    except (TypeError, ValueError, LookupError, AttributeError):
        raise WireError("the query function answers with an error that can't be read") from None
    if not (isinstance(kind, type) and issubclass(kind, CumbreError)):
        kind = CumbreError
    return kind(message)


def _read(request: object, parcels: Payloads) -> tuple[str, Call, dict[str, Any]]:
    """The name, the call and the arguments of a request. Raises InvalidRequest."""
    match request:
        case {"call": str(name), "arguments": arguments}:
            call = CALLS.get(name)
            if call is None:
                raise InvalidRequest(f"there is no call {name[:40]!r}; known are {', '.join(CALLS)}")
            try:
                return name, call, call.decode_arguments(arguments, parcels)
            except WireError as error:
                raise InvalidRequest(f"{name}: {error}") from None
    raise InvalidRequest('a call is {"call": NAME, "arguments": {...}}')


def _fitting(result: Json, parcels: Payloads) -> Answer:
    # As the runtime client writes it: text that is no Unicode (half a character) must fail here, where it is caught.
    text = json.dumps(result, ensure_ascii=False).encode()
    return {"result": result} if len(text) <= ANSWER_BYTES_MAX else dict(parcels.stage(text))
