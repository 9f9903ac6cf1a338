"""Whatever the two services are asked and answer comes out of JSON as it went in."""

import dataclasses
import json
import math
import types
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cumbre.errors import InvalidRequest
from cumbre.geo.geodesy import Position
from cumbre.photos.document import Identification, PeakPrediction, PhotoDocument
from cumbre.search.query import SearchAnswer, SearchRequest
from cumbre.text.sentence import Figure, Names, Sentence, joined, sentence
from functions.query.rpc.calls import CALLS
from functions.query.rpc.json_codec import WireError, decode, encode
from functions.query.rpc.payloads import Payloads

INLINE = Payloads(None, 1_000_000)
WORDS = st.text(st.characters(exclude_categories=["Cs"]))


def carried(value: Any, hint: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value, hint, INLINE))), hint, INLINE)


def sentences() -> SearchStrategy[str]:
    """Sentences of figures, names, numbers, texts and other sentences, alone and several joined."""
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
    """Values of the type that a hint names."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    if hint is SearchRequest:
        return questions()
    inner = get_args(hint)
    if get_origin(hint) is Literal:
        return st.sampled_from(inner)
    if get_origin(hint) is tuple:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if get_origin(hint) is list:
        return st.lists(values(inner[0]), max_size=3)
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{f.name: values(hints[f.name]) for f in dataclasses.fields(hint)})
    return st.one_of(map(values, inner))


def questions() -> SearchStrategy[SearchRequest]:
    """Questions that don't contradict themselves: words and a photo, or a photo of the album."""
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


def told(value: Any) -> Any:
    """A value with everything that equality passes over: what sentences are made of, and offsets of times."""
    if isinstance(value, Sentence):
        parts = [told(part) for part in value.parts]
        return [str(value), value.template, {name: told(one) for name, one in value.values.items()}, parts]
    if isinstance(value, datetime):
        return [value, value.utcoffset()]
    if dataclasses.is_dataclass(value):
        return [told(getattr(value, f.name)) for f in dataclasses.fields(value)]
    if isinstance(value, (tuple, list)):
        return [type(value), *map(told, value)]
    return value


RESULTS = {str(call.result): call.result for call in CALLS.values()}


@pytest.mark.parametrize("kind", RESULTS)
def test_results_come_out_as_they_went_in(kind: str) -> None:
    result = RESULTS[kind]

    # An answer holds documents with all their fields.
    @settings(max_examples=40, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
    @given(values(result))
    def check(value: Any) -> None:
        there = carried(value, result)
        assert there == value
        assert told(there) == told(value)

    check()


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.hints])
def test_arguments_come_out_as_they_went_in(name: str) -> None:
    call = CALLS[name]

    @settings(max_examples=20, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
    @given(st.fixed_dictionaries({argument: values(hint) for argument, hint in call.hints.items()}))
    def check(arguments: dict[str, Any]) -> None:
        packed = json.loads(json.dumps(call.encode_arguments((), arguments, INLINE)))
        there = call.decode_arguments(packed, INLINE)
        assert there == arguments
        assert {name: told(one) for name, one in there.items()} == {name: told(one) for name, one in arguments.items()}

    check()


def test_what_json_has_no_number_for_comes_through() -> None:
    there = carried(Position(math.inf, -math.inf, math.nan), Position)
    assert (there.lat, there.lon) == (math.inf, -math.inf)
    assert math.isnan(there.altitude_m)


def test_a_field_of_a_newer_version_is_left_out_and_one_of_an_older_takes_its_default() -> None:
    packed = encode(PeakPrediction("lhotse", 0.5), PeakPrediction, INLINE)
    del packed["familiar"]
    assert decode(packed | {"new": 1}, PeakPrediction, INLINE) == PeakPrediction("lhotse", 0.5)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"peaks": [{"id": "lhotse", "probability": "much"}]}, r"\.peaks\[0\]\.probability: this must be a number"),
        ({"peaks": [{"id": "lhotse", "probability": True}]}, r"\.peaks\[0\]\.probability: this must be a number"),
        ({"peaks": [{"probability": 0.5}]}, r"\.peaks\[0\]: this lacks id"),
        ({"peaks": "lhotse"}, r"\.peaks: this must be a list"),
        ({"answer": 7}, r"\.answer: this must be a text"),
        ({"note": {"text": "{a}", "values": 7}}, r"\.note: this must be a text"),
        ({"note": {"number": 1.0, "digits": 2}}, r"\.note: this must be a text"),
        ({"used": ["geometry", None]}, r"\.used\[1\]: this must be a text"),
        ({"facts": {"width": 1.5, "height": 1, "format": "JPEG"}}, r"\.facts\.width: this must be a whole number"),
    ],
)
def test_what_is_of_another_type_is_refused_with_its_place(changed: dict[str, Any], says: str) -> None:
    packed = {"answer": None, "peaks": [], "used": [], "note": ""}
    with pytest.raises(WireError, match=f"^{says}$"):
        decode(packed | changed, Identification, INLINE)


@pytest.mark.parametrize("packed", [None, [], "photo", 7])
def test_what_is_no_object_is_no_document(packed: Any) -> None:
    with pytest.raises(WireError, match="PhotoDocument"):
        decode(packed, PhotoDocument, INLINE)


@pytest.mark.parametrize("packed", ["no base64!", "YQ=", 7, {"staged": 7}, {"staged": "a", "more": 1}, ["YQ=="]])
def test_bytes_are_base64_or_staged(packed: Any) -> None:
    with pytest.raises(WireError):
        decode(packed, bytes, INLINE)


def test_a_wrong_word_and_a_wrong_time_are_refused_without_repeating_them() -> None:
    for changed in ({"sort": "hush"}, {"since": "hush"}, {"k": "hush"}):
        with pytest.raises(WireError) as refused:
            decode(changed, SearchRequest, INLINE)
        assert "hush" not in str(refused.value)


def test_a_question_that_contradicts_itself_is_refused_as_where_it_was_asked() -> None:
    with pytest.raises(InvalidRequest):
        decode({"text": "yaks", "like": "0" * 40}, SearchRequest, INLINE)


def test_a_value_of_another_type_is_not_sent() -> None:
    with pytest.raises(WireError, match="this must be a SearchAnswer"):
        encode("an answer", SearchAnswer, INLINE)


def test_a_type_that_nobody_can_carry_is_found_out_at_once() -> None:
    with pytest.raises(TypeError, match="can't be carried"):
        encode({}, dict[str, int], INLINE)
