"""The arguments and results of the two services survive a round trip through JSON."""

import dataclasses
import json
import math
import types
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cumbre.errors import InvalidRequest
from cumbre.geo.geodesy import Position
from cumbre.json_codec import CodecError, dumps, loads
from cumbre.photos.document import Identification, PeakPrediction, PhotoDocument
from cumbre.search.query import SearchAnswer, SearchRequest
from cumbre.services.album_service import AddedPhoto
from cumbre.text.sentence import Figure, Names, Sentence, joined, sentence
from functions.query.rpc.calls import CALLS, error_of_json
from functions.query.rpc.payloads import Payloads

INLINE = Payloads(None, 1_000_000)
CODEC = INLINE.codec
WORDS = st.text(st.characters(exclude_categories=["Cs"]))


def round_trip(value: Any, hint: Any) -> Any:
    return CODEC.decode(json.loads(json.dumps(CODEC.encode(value, hint))), hint)


def sentences() -> SearchStrategy[str]:
    """Generate sentences with figures, names, numbers, texts and other sentences, alone and several joined."""
    names = st.lists(WORDS, min_size=1, max_size=6).map(Names)
    figures = st.builds(Figure, st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 3))
    leaves = st.one_of(WORDS, names, figures, st.integers())

    def made(values: SearchStrategy[Any]) -> SearchStrategy[str]:
        one = st.builds(lambda a, b: sentence("{a} stands {b} away", a=a, b=b), values, values)
        return one | st.lists(one, min_size=2, max_size=3).map(lambda parts: joined("; ", parts))

    return made(st.recursive(leaves, made, max_leaves=3))


TEXTS = WORDS | sentences()
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=OFFSETS | st.just(UTC))  # noqa: DTZ001
SIMPLE: dict[Any, SearchStrategy[Any]] = {
    str: TEXTS,
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False),
    bytes: st.binary(max_size=50),
    datetime: TIMES,
    types.NoneType: st.none(),
}


def values(hint: Any) -> SearchStrategy[Any]:
    """Generate values of the type of a hint."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    if hint is SearchRequest:
        return search_requests()
    inner = get_args(hint)
    if get_origin(hint) is Literal:
        return st.sampled_from(inner)
    if get_origin(hint) is tuple:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if get_origin(hint) is list:
        return st.lists(values(inner[0]), max_size=3)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{f.name: values(hints[f.name]) for f in dataclasses.fields(hint)})
    return st.one_of([values(one) for one in inner])


def search_requests() -> SearchStrategy[SearchRequest]:
    """Generate valid search requests: with words and a photo, or with a photo of the album."""
    free = {name: values(hint) for name, hint in get_type_hints(SearchRequest).items()}
    own = {"text", "photo", "like", "since", "until"}
    free = {name: one for name, one in free.items() if name not in own} | {"k": st.integers(0, 99)}
    free["offset"] = st.integers(0, 9900)
    spans = st.tuples(TIMES, st.timedeltas(timedelta(seconds=1), timedelta(days=9000)))
    since = spans.map(lambda span: {"since": span[0], "until": span[0] + span[1]})
    times = since | since.map(lambda span: {"since": span["since"]}) | since.map(lambda span: {"until": span["until"]})
    wanted = st.builds(lambda text, photo: {"text": text, "photo": photo}, TEXTS, st.none() | SIMPLE[bytes])
    like = TEXTS.map(lambda photo_id: {"like": photo_id})
    return st.builds(
        lambda rest, span, asked: SearchRequest(**rest, **span, **asked),
        st.fixed_dictionaries(free),
        st.just({}) | times,
        wanted | like,
    )


def in_full(value: Any) -> Any:
    """Return a value for comparisons that include what equality ignores: the parts of sentences and UTC offsets."""
    if isinstance(value, Sentence):
        parts = [in_full(part) for part in value.parts]
        return [str(value), value.template, {name: in_full(one) for name, one in value.values.items()}, parts]
    if isinstance(value, datetime):
        return [value, value.utcoffset()]
    if dataclasses.is_dataclass(value):
        return [in_full(getattr(value, f.name)) for f in dataclasses.fields(value)]
    if isinstance(value, (tuple, list)):
        return [type(value), *map(in_full, value)]
    return value


RESULTS = {str(call.result): call.result for call in CALLS.values()}
# These contain documents, which have a test of their own: a few examples show that the parts are joined.
JOINED = (AddedPhoto, SearchAnswer)


@pytest.mark.parametrize("kind", RESULTS)
def test_results_survive_the_round_trip(kind: str) -> None:
    result = RESULTS[kind]

    # Examples are large: a document has dozens of fields.
    @settings(
        max_examples=8 if result in JOINED else 25,
        suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
    )
    @given(values(result))
    def check(value: Any) -> None:
        restored = round_trip(value, result)
        assert restored == value
        assert in_full(restored) == in_full(value)

    check()


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.hints])
def test_arguments_survive_the_round_trip(name: str) -> None:
    call = CALLS[name]

    @settings(max_examples=20, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
    @given(st.fixed_dictionaries({argument: values(hint) for argument, hint in call.hints.items()}))
    def check(arguments: dict[str, Any]) -> None:
        packed = json.loads(json.dumps(call.encode_arguments((), arguments, INLINE)))
        restored = call.decode_arguments(packed, INLINE)
        assert restored == arguments
        assert {name: in_full(one) for name, one in restored.items()} == {
            name: in_full(one) for name, one in arguments.items()
        }

    check()


def test_infinity_and_nan_survive_the_round_trip() -> None:
    restored = round_trip(Position(math.inf, -math.inf, math.nan), Position)
    assert (restored.lat, restored.lon) == (math.inf, -math.inf)
    assert math.isnan(restored.altitude_m)


def test_a_field_of_a_newer_version_is_ignored_and_one_that_an_older_version_lacks_takes_its_default() -> None:
    packed = CODEC.encode(PeakPrediction("lhotse", 0.5), PeakPrediction)
    del packed["familiar"]
    assert CODEC.decode(packed | {"new": 1}, PeakPrediction) == PeakPrediction("lhotse", 0.5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"peaks": [{"id": "lhotse", "probability": "much"}]}, r"\.peaks\[0\]\.probability: this must be a number"),
        ({"peaks": [{"id": "lhotse", "probability": True}]}, r"\.peaks\[0\]\.probability: this must be a number"),
        ({"peaks": [{"probability": 0.5}]}, r"\.peaks\[0\]\.id: this is missing"),
        ({"peaks": "lhotse"}, r"\.peaks: this must be a list"),
        ({"answer": 7}, r"\.answer: this must be a string"),
        ({"note": {"text": "{a}", "values": 7}}, r"\.note: this must be a string"),
        ({"note": {"number": 1.0, "digits": 2}}, r"\.note: this must be a string"),
        ({"used": ["geometry", None]}, r"\.used\[1\]: this must be a string"),
        ({"facts": {"width": 1.5, "height": 1, "format": "JPEG"}}, r"\.facts\.width: this must be a whole number"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_its_location(changed: dict[str, Any], message: str) -> None:
    packed: dict[str, Any] = {"answer": None, "peaks": [], "used": [], "note": ""}
    with pytest.raises(CodecError, match=f"^{message}$"):
        CODEC.decode(packed | changed, Identification)


@pytest.mark.parametrize("packed", [None, [], "photo", 7])
def test_a_document_must_be_an_object(packed: Any) -> None:
    with pytest.raises(CodecError, match="PhotoDocument"):
        CODEC.decode(packed, PhotoDocument)


@pytest.mark.parametrize("packed", ["no base64!", "YQ=", 7, {"staged": 7}, {"staged": "a", "more": 1}, ["YQ=="]])
def test_bytes_are_base64_or_staged(packed: Any) -> None:
    with pytest.raises(CodecError):
        CODEC.decode(packed, bytes)


def test_an_invalid_choice_time_or_number_is_refused_without_quoting_it() -> None:
    for changed in ({"sort": "hush"}, {"since": "hush"}, {"k": "hush"}):
        with pytest.raises(CodecError) as refused:
            CODEC.decode(changed, SearchRequest)
        assert "hush" not in str(refused.value)


def test_a_contradictory_search_raises_the_same_error_as_on_the_callers_side() -> None:
    with pytest.raises(InvalidRequest):
        CODEC.decode({"text": "yaks", "like": "0" * 40}, SearchRequest)


def test_a_value_of_the_wrong_type_is_not_sent() -> None:
    with pytest.raises(CodecError, match="this must be a SearchAnswer"):
        CODEC.encode("an answer", SearchAnswer)


def test_numbers_of_numpy_are_sent_as_numbers() -> None:
    probability: Any = np.float32(0.5)  # which mypy doesn't take for a float
    sent = CODEC.encode(PeakPrediction("lhotse", probability, np.float64(0.25)), PeakPrediction)
    assert json.loads(json.dumps(sent))["probability"] == 0.5


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff", b'"' + b"9" * 5000])
def test_text_that_is_not_json_is_refused(text: bytes) -> None:
    with pytest.raises(CodecError, match=r"^this is not JSON$"):
        loads(text, PeakPrediction)


def test_a_deeply_nested_sentence_is_refused() -> None:
    nested: Any = "deep"
    for _ in range(400):
        nested = {"separator": "", "parts": [nested, "x"]}
    with pytest.raises(CodecError, match=r"^this must be a string$"):
        loads(json.dumps(nested), str)
    with pytest.raises(CodecError, match="an error that can't be read"):
        error_of_json({"type": "NotFound", "message": nested})


def test_a_number_with_countless_decimals_is_refused() -> None:
    record = {"text": "{n}", "values": {"n": {"number": 1, "digits": 10**9}}}
    with pytest.raises(CodecError, match=r"^this must be a string$"):
        loads(json.dumps(record), str)


def test_a_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(CodecError, match=r"^\.probability: this must be a number$"):
        loads(json.dumps({"id": "lhotse", "probability": 10**400}), PeakPrediction)


def test_a_text_is_neither_a_list_of_its_letters_nor_an_object_without_fields() -> None:
    with pytest.raises(CodecError, match=r"^this must be a list$"):
        loads('"abc"', tuple[str, ...])
    with pytest.raises(CodecError, match=r"^this must be a SearchRequest$"):
        loads('"abc"', SearchRequest)


def test_text_is_ascii_so_that_any_name_of_a_file_can_be_stored() -> None:
    assert loads(dumps(("\udcff", "आमा"), tuple[str, ...]), tuple[str, ...]) == ("\udcff", "आमा")
