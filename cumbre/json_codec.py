"""Encode dataclasses as JSON and decode them by their type hints: records of the index and the state, and direct calls.

cattrs does the work. Added here: a Sentence keeps its template, floats that JSON can't represent travel as strings, and
an error says where it is but never contains the value, which may be a secret or show where somebody lives.

Versions may differ: unknown fields are ignored, and missing fields take their defaults.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from numbers import Integral, Real
from typing import Any, Literal, Protocol, TypeVar, get_args, get_origin

from cattrs import Converter, transform_error
from cattrs.cols import homogenous_tuple_structure_factory, list_structure_factory
from cattrs.errors import CattrsError
from cattrs.gen import make_dict_structure_fn

from cumbre.errors import CumbreError
from cumbre.text.sentence import sentence_from_json, sentence_to_json

Json = Any
_T = TypeVar("_T")
_Hook = Callable[[Any, Any], Any]

_NOT_FINITE = ("nan", "inf", "-inf")
# What the hooks below, cattrs and constructors raise for a value of another type.
_MISMATCHES = (TypeError, ValueError, LookupError, AttributeError, CattrsError)


class CodecError(CumbreError):
    """A value doesn't match its type hint. The message says where, but never contains the value."""


class BytesAsJson(Protocol):
    """Carries bytes in JSON."""

    def pack(self, data: bytes) -> Json:
        """Return bytes as JSON types."""
        ...

    def unpack(self, data: Json) -> bytes:
        """Return the bytes that were packed. Raises CodecError if pack can't have returned data."""
        ...


class JsonCodec:
    """Supports dataclasses, str, numbers, datetime, Enum, Literal, X | None, tuple[X, ...], list[X] and unions of them.

    bytes are supported if `files` carries them.
    """

    def __init__(self, files: BytesAsJson | None = None) -> None:
        self._converter = _converter(files)
        # Finds the place of an error, but is slower.
        self._locating = _converter(files, locating=True)

    def encode(self, value: Any, hint: Any) -> Json:
        """Return a value of the hinted type as JSON types. Raises CodecError if the value is of another type."""
        if isinstance(hint, type) and is_dataclass(hint) and not isinstance(value, hint):
            raise CodecError(f"this must be a {hint.__name__}")
        try:
            return self._converter.unstructure(value, hint)
        except _MISMATCHES:
            raise CodecError(f"this is not a valid {getattr(hint, '__name__', 'value')}") from None

    def decode(self, data: Json, hint: Any) -> Any:
        """Return the value that was encoded with the same hint.

        Raises CodecError, or what the type's own checks raise (InvalidRequest).
        """
        try:
            return self._converter.structure(data, hint)
        except (CodecError, *_MISMATCHES):
            raise CodecError(self._what_and_where(data, hint)) from None

    def _what_and_where(self, data: Json, hint: Any) -> str:
        try:
            self._locating.structure(data, hint)
        except (CodecError, *_MISMATCHES) as error:
            what, _, where = transform_error(error, "", _what)[0].rpartition(" @ ")
            return f"{where}: {what}" if where else what
        raise AssertionError("both converters refuse the same values")


@cache
def plain_codec() -> JsonCodec:
    """Return the codec of values without bytes."""
    return JsonCodec()


def dumps(value: Any, hint: Any) -> bytes:
    """Return a value of the hinted type as JSON text in ASCII. Raises CodecError if the value is of another type."""
    return json.dumps(plain_codec().encode(value, hint)).encode()


def loads(text: bytes | str, hint: type[_T]) -> _T:
    """Return the value of JSON text. Raises CodecError if it isn't JSON, or doesn't match the hint."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise CodecError("this is not JSON") from None
    value: _T = plain_codec().decode(data, hint)
    return value


def _converter(files: BytesAsJson | None, locating: bool = False) -> Converter:
    converter = Converter(detailed_validation=locating)
    for kind, (to_json, of_json) in _SIMPLE.items():
        converter.register_unstructure_hook(kind, to_json)
        converter.register_structure_hook(kind, of_json)
    if files is not None:
        converter.register_structure_hook(bytes, lambda data, _: files.unpack(data))
        converter.register_unstructure_hook(bytes, files.pack)
    # Without these checks cattrs would take a text for a list of its letters, and for an object without fields.
    converter.register_structure_hook_factory(
        is_dataclass,
        lambda kind: _only(dict, f"a {kind.__name__}", make_dict_structure_fn(kind, converter)),
    )
    converter.register_structure_hook_factory(
        lambda hint: _origin(hint) is list,
        lambda hint: _only(list, "a list", list_structure_factory(hint, converter)),
    )
    converter.register_structure_hook_factory(
        lambda hint: _origin(hint) is tuple and get_args(hint)[1:] == (...,),
        lambda hint: _only(list, "a list", homogenous_tuple_structure_factory(hint, converter)),
    )
    return converter


def _origin(hint: Any) -> Any:
    return get_origin(hint)


def _only(kind: type, name: str, convert: _Hook) -> _Hook:
    def checked(data: Json, hint: Any) -> Any:
        if type(data) is not kind:
            raise CodecError(f"this must be {name}")
        return convert(data, hint)

    return checked


def _str_to_json(value: Any) -> Json:
    if not isinstance(value, str):
        raise TypeError
    return sentence_to_json(value)


def _str_of_json(data: Json, _: Any) -> str:
    if type(data) is str:
        return data
    try:
        text = sentence_from_json(data)
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise CodecError("this must be a string")
    return text


def _bool_of_json(data: Json, _: Any = bool) -> bool:
    if not isinstance(data, bool):
        raise CodecError("this must be true or false")
    return data


def _int_to_json(value: Any) -> int:
    # bool is a subclass of int.
    if type(value) is not int and (isinstance(value, bool) or not isinstance(value, Integral)):
        raise TypeError
    return int(value)


def _int_of_json(data: Json, _: Any) -> int:
    if type(data) is not int:
        raise CodecError("this must be a whole number")
    return data


def _float_to_json(value: Any) -> Json:
    # Most values are floats, and the check of an abstract class is slow.
    if type(value) is not float and (isinstance(value, bool) or not isinstance(value, Real)):
        raise TypeError
    number = float(value)
    return number if number - number == 0.0 else str(number)


def _float_of_json(data: Json, _: Any) -> float:
    if type(data) is float:
        return data
    if type(data) is int or data in _NOT_FINITE:
        with suppress(OverflowError):
            return float(data)
    raise CodecError("this must be a number")


def _datetime_of_json(data: Json, _: Any) -> datetime:
    try:
        return datetime.fromisoformat(data)
    except (TypeError, ValueError):
        raise CodecError("this must be a time") from None


def _none_of_json(data: Json, _: Any = None) -> None:
    if data is not None:
        raise CodecError("this must be nothing")


_SIMPLE: dict[type, tuple[Callable[[Any], Json], _Hook]] = {
    str: (_str_to_json, _str_of_json),
    bool: (_bool_of_json, _bool_of_json),
    int: (_int_to_json, _int_of_json),
    float: (_float_to_json, _float_of_json),
    datetime: (datetime.isoformat, _datetime_of_json),
    type(None): (_none_of_json, _none_of_json),
}


def _what(error: BaseException, hint: Any) -> str:
    match error:
        case CodecError():
            return str(error)
        case KeyError():
            return "this is missing"
    if get_origin(hint) is Literal:
        return f"this must be one of {', '.join(map(repr, get_args(hint)))}"
    return "this has another type"
