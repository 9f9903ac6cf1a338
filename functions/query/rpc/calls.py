"""Direct calls of the query function: {"call": NAME, "arguments": {...}} -> {"result": ...} or {"error": {...}}.

A result too large for Lambda is returned as {"staged": KEY}: the same JSON, in the staging area. The types of arguments
and results are read once from the two service interfaces.
"""

import inspect
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from cumbre import errors
from cumbre.errors import CumbreError, InvalidRequest
from cumbre.json_codec import CodecError, Json
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService
from cumbre.text.sentence import sentence_to_json, str_or_sentence
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
# Lambda allows 6 MB each way; the rest is left for the envelope.
ANSWER_BYTES_MAX: Final = 5_000_000

Answer = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Call:
    """One method of a service interface: its signature and the type hints of its arguments and its result."""

    service: type
    signature: inspect.Signature
    hints: Mapping[str, Any]
    result: Any

    @classmethod
    def of(cls, service: type, name: str) -> "Call":
        """Return the call of a method of a service interface."""
        method = getattr(service, name)
        hints = get_type_hints(method)
        result = hints.pop("return")
        return cls(service, inspect.signature(method), hints, result)

    def encode_arguments(self, given: tuple[Any, ...], named: Mapping[str, Any], payloads: Payloads) -> Json:
        """Return the arguments by name, as JSON. Arguments not given take their defaults on the other side."""
        bound = self.signature.bind(None, *given, **named).arguments
        return {name: payloads.codec.encode(bound[name], hint) for name, hint in self.hints.items() if name in bound}

    def decode_arguments(self, data: Json, payloads: Payloads) -> dict[str, Any]:
        """Return the arguments of a call by name. Raises CodecError if the method doesn't take them."""
        if not isinstance(data, dict):
            raise CodecError("arguments must be an object")
        arguments = {}
        for name, one in data.items():
            if name not in self.hints:
                raise CodecError(f"there is no argument {name[:40]!r}")
            try:
                arguments[name] = payloads.codec.decode(one, self.hints[name])
            except CodecError as error:
                raise CodecError(f"{name}: {error}") from None
        try:
            self.signature.bind(None, **arguments)
        except TypeError as error:
            raise CodecError(str(error)) from None
        return arguments


CALLS: Final = {
    name: Call.of(service, name)
    for service, names in ((QueryService, QUERY_CALLS), (AlbumService, ALBUM_CALLS))
    for name in names
}


def answer(request: object, query: QueryService, album: AlbumService, payloads: Payloads) -> Answer:
    """Return the answer to one call; never raises. CumbreErrors go to the caller, other errors only to the log."""
    name = ""
    try:
        name, call, arguments = _read(request, payloads)
        service: object = query if call.service is QueryService else album
        method: Callable[..., Any] = getattr(service, name)
        return _inline_or_staged(payloads.codec.encode(method(**arguments), call.result), payloads)
    except (errors.InvalidRequest, errors.NotFound, errors.PhotoError) as error:
        return {"error": error_to_json(error)}
    except CumbreError as error:
        _log.error("%s: %s: %s", name, type(error).__name__, error)
        return {"error": error_to_json(error)}
    except Exception:
        _log.exception("%s failed", name or "a call")
        return {"error": {"type": "CumbreError", "message": "the query function failed: see its log"}}


def error_to_json(error: CumbreError) -> Json:
    """Return the type and message of an error as JSON; the type is the nearest base class in cumbre.errors."""
    known = next(one for one in type(error).__mro__ if getattr(errors, one.__name__, None) is one)
    return {"type": known.__name__, "message": sentence_to_json(error.message)}


def error_of_json(data: Json) -> CumbreError:
    """Return the error that the other side raised, to be raised here. Raises CodecError if it can't be read."""
    try:
        kind, message = getattr(errors, data["type"], None), str_or_sentence(data["message"])
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        raise CodecError("the query function returned an error that can't be read") from None
    if not (isinstance(kind, type) and issubclass(kind, CumbreError)):
        kind = CumbreError
    return kind(message)


def _read(request: object, payloads: Payloads) -> tuple[str, Call, dict[str, Any]]:
    """Return the name, the call and the arguments of a request. Raises InvalidRequest."""
    match request:
        case {"call": str(name), "arguments": arguments}:
            call = CALLS.get(name)
            if call is None:
                raise InvalidRequest(f"there is no call {name[:40]!r}; known are {', '.join(CALLS)}")
            try:
                return name, call, call.decode_arguments(arguments, payloads)
            except CodecError as error:
                raise InvalidRequest(f"{name}: {error}") from None
    raise InvalidRequest('a call is {"call": NAME, "arguments": {...}}')


def _inline_or_staged(result: Json, payloads: Payloads) -> Answer:
    # Encoded as the runtime client does it: invalid Unicode (a lone surrogate) must fail here, where it is caught.
    text = json.dumps(result, ensure_ascii=False).encode()
    return {"result": result} if len(text) <= ANSWER_BYTES_MAX else dict(payloads.stage(text))
