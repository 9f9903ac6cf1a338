"""Encode values as JSON and decode them by their type hints, for direct calls of the query function.

Supported are the types in the hints of the two services: dataclasses, strings (a Sentence keeps its template), numbers,
datetimes with their offset, bytes, Literal, X | None, tuple[X, ...] and list[X]. Both sides may run different versions
for a while: unknown fields are ignored, and missing fields take their defaults.
"""

import dataclasses
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from numbers import Integral, Real
from typing import Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints

from cumbre.errors import CumbreError
from cumbre.text.sentence import sentence_from_json, sentence_to_json

Json = Any
# Floats that JSON can't represent; they travel as strings.
_NOT_FINITE = ("nan", "inf", "-inf")


class WireError(CumbreError):
    """A value doesn't match its type hint. The message says where, but never contains the value."""


class BytesAsJson(Protocol):
    """Carries bytes in JSON."""

    def pack(self, data: bytes) -> Json:
        """Return bytes as JSON types."""
        ...

    def unpack(self, data: Json) -> bytes:
        """Return the bytes that were packed. Raises WireError if pack can't have returned data."""
        ...


def encode(value: Any, hint: Any, files: BytesAsJson) -> Json:
    """Return a value of the hinted type as JSON types. Raises WireError if the value is of another type."""
    return _codec(hint).encode(value, files)


def decode(data: Json, hint: Any, files: BytesAsJson) -> Any:
    """Return the value that was encoded with the same hint.

    Raises WireError, or what the type's own checks raise (InvalidRequest).
    """
    return _codec(hint).decode(data, files)


class _Codec(Protocol):
    def encode(self, value: Any, files: BytesAsJson) -> Json: ...

    def decode(self, data: Json, files: BytesAsJson) -> Any: ...


@cache
def _codec(hint: Any) -> _Codec:
    simple = _SIMPLE.get(hint)
    if simple is not None:
        return simple
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _OneOf(arguments)
    if origin in (Union, types.UnionType) and len(arguments) == 2 and arguments[1] is types.NoneType:
        return _Optional(_codec(arguments[0]))
    if origin is list or (origin is tuple and arguments[1:] == (...,)):
        return _Items(origin, _codec(arguments[0]))
    if dataclasses.is_dataclass(hint):
        return _Record.of(hint)
    raise TypeError(f"{hint} is not supported")


@dataclass(frozen=True, slots=True)
class _Simple:
    """A type with a function for each direction, which raises TypeError, ValueError or LookupError for another type."""

    name: str
    to_json: Callable[[Any], Json]
    of_json: Callable[[Json], Any]

    def encode(self, value: Any, _files: BytesAsJson) -> Json:
        return self._converted(self.to_json, value)

    def decode(self, data: Json, _files: BytesAsJson) -> Any:
        return self._converted(self.of_json, data)

    def _converted(self, convert: Callable[[Any], Any], value: Any) -> Any:
        try:
            return convert(value)
        except (TypeError, ValueError, LookupError, AttributeError):
            # Without the value: it may be a secret, or show where somebody lives.
            raise WireError(f"this must be {self.name}") from None


def _is(kind: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        # bool is a subclass of int.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise TypeError
        return value

    return check


def _number_to_json(value: Any) -> Json:
    number = float(_is(Real)(value))
    return number if number - number == 0.0 else str(number)


def _number_of_json(data: Json) -> float:
    return float(data if data in _NOT_FINITE else _is(Real)(data))


_SIMPLE: dict[Any, _Codec] = {
    str: _Simple(
        "a string", lambda value: sentence_to_json(_is(str)(value)), lambda data: _is(str)(sentence_from_json(data))
    ),
    bool: _Simple("true or false", _is(bool), _is(bool)),
    int: _Simple("a whole number", lambda value: int(_is(Integral)(value)), _is(int)),
    float: _Simple("a number", _number_to_json, _number_of_json),
    datetime: _Simple("a time", lambda value: _is(datetime)(value).isoformat(), datetime.fromisoformat),
    types.NoneType: _Simple("nothing", _is(types.NoneType), _is(types.NoneType)),
}


class _Bytes:
    def encode(self, value: Any, files: BytesAsJson) -> Json:
        if not isinstance(value, bytes):
            raise WireError("this must be bytes")
        return files.pack(value)

    def decode(self, data: Json, files: BytesAsJson) -> Any:
        return files.unpack(data)


_SIMPLE[bytes] = _Bytes()


@dataclass(frozen=True, slots=True)
class _OneOf:
    choices: tuple[Any, ...]

    def encode(self, value: Any, _files: BytesAsJson) -> Json:
        if value not in self.choices:
            raise WireError(f"this must be one of {', '.join(map(repr, self.choices))}")
        return value

    decode = encode


@dataclass(frozen=True, slots=True)
class _Optional:
    inner: _Codec

    def encode(self, value: Any, files: BytesAsJson) -> Json:
        return None if value is None else self.inner.encode(value, files)

    def decode(self, data: Json, files: BytesAsJson) -> Any:
        return None if data is None else self.inner.decode(data, files)


@dataclass(frozen=True, slots=True)
class _Items:
    kind: type[tuple[Any, ...]] | type[list[Any]]
    inner: _Codec

    def encode(self, value: Any, files: BytesAsJson) -> Json:
        if not isinstance(value, self.kind):
            raise WireError(f"this must be a {self.kind.__name__}")
        return [_at(f"[{place}]", self.inner.encode, one, files) for place, one in enumerate(value)]

    def decode(self, data: Json, files: BytesAsJson) -> Any:
        if not isinstance(data, list):
            raise WireError("this must be a list")
        return self.kind(_at(f"[{place}]", self.inner.decode, one, files) for place, one in enumerate(data))


@dataclass(frozen=True, slots=True)
class _Record:
    kind: type
    fields: dict[str, _Codec]
    required: frozenset[str]

    @classmethod
    def of(cls, kind: Any) -> "_Record":
        hints, fields = get_type_hints(kind), dataclasses.fields(kind)
        missing = dataclasses.MISSING
        required = frozenset(f.name for f in fields if f.default is missing and f.default_factory is missing)
        return cls(kind, {f.name: _codec(hints[f.name]) for f in fields}, required)

    def encode(self, value: Any, files: BytesAsJson) -> Json:
        if not isinstance(value, self.kind):
            raise WireError(f"this must be a {self.kind.__name__}")
        return {name: _at(f".{name}", one.encode, getattr(value, name), files) for name, one in self.fields.items()}

    def decode(self, data: Json, files: BytesAsJson) -> Any:
        if not isinstance(data, dict):
            raise WireError(f"this must be a {self.kind.__name__}")
        if missing := sorted(self.required - data.keys()):
            raise WireError(f"this lacks {', '.join(missing)}")
        known = {name: one for name, one in self.fields.items() if name in data}
        return self.kind(**{name: _at(f".{name}", one.decode, data[name], files) for name, one in known.items()})


def _at(place: str, convert: Callable[[Any, BytesAsJson], Any], value: Any, files: BytesAsJson) -> Any:
    """Convert a part of a value, and add its place to the message of an error."""
    try:
        return convert(value, files)
    except WireError as error:
        inner = str(error)
        raise WireError(f"{place}{inner if inner[0] in '.[' else f': {inner}'}") from None
