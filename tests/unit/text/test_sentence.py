"""Sentences are English text, and can be translated even after a round trip through JSON or a copy."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n.translator import Translator
from cumbre.photos.document import PeakPrediction
from cumbre.photos.evidence import evidence_text
from cumbre.text.sentence import (
    Figure,
    Names,
    Sentence,
    joined,
    plural_sentence,
    sentence,
    sentence_from_json,
    sentence_to_json,
    str_or_sentence,
)

AWAY = sentence("{distance} away at {bearing}°", distance=sentence("{n} km", n=Figure(4.25, 1)), bearing="041")


def test_a_sentence_is_its_english_text() -> None:
    assert AWAY == "4.2 km away at 041°"
    assert json.dumps(AWAY) == '"4.2 km away at 041\\u00b0"'


def test_a_sentence_is_translated_with_its_numbers() -> None:
    assert Translator("es").translate(AWAY) == "a 4,2 km, rumbo 041°"
    assert (
        Translator("es").translate(joined("; ", [AWAY, "", sentence("unlikely")]))
        == "a 4,2 km, rumbo 041°; poco probable"
    )
    assert Translator("en").translate(AWAY) == AWAY


@pytest.mark.parametrize(
    ("n", "english", "spanish"),
    [
        (0, "a message may have at most 0 photos", "un mensaje puede tener como máximo 0 fotos"),
        (1, "a message may have at most 1 photo", "un mensaje puede tener como máximo 1 foto"),
        (12_000, "a message may have at most 12000 photos", "un mensaje puede tener como máximo 12.000 fotos"),
    ],
)
def test_a_number_chooses_the_form_in_each_language(n: int, english: str, spanish: str) -> None:
    made = plural_sentence("a message may have at most {n} photo", "a message may have at most {n} photos", n=n)
    assert made == english
    assert Translator("es").translate(made) == spanish


def test_earlier_versions_read_a_sentence_with_a_number_as_one_without() -> None:
    record = sentence_to_json(plural_sentence("{n} photo", "{n} photos", n=2))
    assert record == {"text": "{n} photo", "plural": "{n} photos", "values": {"n": {"number": 2, "digits": 0}}}
    del record["plural"]
    assert sentence_from_json(record) == "2 photo"


@pytest.mark.parametrize(
    "n", [{}, {"n": "2"}, {"n": {"number": 1.5, "digits": 1}}, {"n": {"number": 1e999, "digits": 0}}]
)
def test_a_record_without_a_number_is_malformed(n: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError)):
        sentence_from_json({"text": "{n} photo", "plural": "{n} photos", "values": n})


def test_plain_text_is_not_translated() -> None:
    assert Translator("es").translate("whatever a plug-in says") == "whatever a plug-in says"


@pytest.mark.parametrize(
    ("names", "english", "spanish"),
    [
        (["Lhotse"], "Lhotse", "Lhotse"),
        (["Lhotse", "Nuptse"], "Lhotse and Nuptse", "Lhotse y Nuptse"),
        (["Lhotse", "Imja Tse"], "Lhotse and Imja Tse", "Lhotse e Imja Tse"),
        (["Lhotse", "Himlung"], "Lhotse and Himlung", "Lhotse e Himlung"),
        (["Lhotse", "Hiela"], "Lhotse and Hiela", "Lhotse y Hiela"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more", "a, b, c y 2 más"),
    ],
)
def test_names_are_listed_in_the_style_of_each_language(names: list[str], english: str, spanish: str) -> None:
    text = sentence("shows {names}", names=Names(names))
    assert text == f"shows {english}"
    assert Translator("es").translate(text) == f"muestra {spanish}"


values = st.recursive(
    st.text(max_size=8)
    | st.builds(Figure, st.floats(-1e6, 1e6), st.integers(0, 3))
    | st.builds(Names, st.lists(st.text(max_size=5), min_size=1)),
    lambda inner: (
        st.builds(lambda one: sentence("so {x}, yes", x=one), inner)
        | st.builds(
            lambda n, one: plural_sentence("{n} photo of {x}", "{n} photos of {x}", n=n, x=one),
            st.integers(0, 30),
            inner,
        )
        | st.builds(
            lambda many: joined("; ", [str(one) if not isinstance(one, str) else one for one in many]),
            st.lists(inner, min_size=2, max_size=3),
        )
    ),
    max_leaves=6,
)


@given(values)
def test_a_sentence_survives_the_round_trip_and_can_still_be_translated(value: object) -> None:
    original = sentence("it is {x}", x=value)
    back = str_or_sentence(json.loads(json.dumps(sentence_to_json(original))))
    assert back == original
    assert isinstance(back, Sentence)
    assert Translator("es").translate(back) == Translator("es").translate(original)
    assert Translator("es").translate(copy.deepcopy(original)) == Translator("es").translate(original)


def test_a_field_is_a_name_and_not_an_expression() -> None:
    assert sentence("{x.__class__} {x[0]} {y}", x="a") == "{x.__class__} {x[0]} {y}"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (PeakPrediction("a", 1.0), "you said so"),
        (PeakPrediction("a", 0.5, cosine=0.11), "looks like its description (cosine 0.11)"),
        (
            PeakPrediction("a", 0.5, cosine=0.11, familiar=0.9),
            "looks like a known photo of it (cosine 0.90)",
        ),
        (
            PeakPrediction("a", 0.5, None, 850.0, 361.0, None, -2.0),
            "850 m away at 001°, 2.0° below the horizon",
        ),
        (
            PeakPrediction("a", 0.5, 0.9, 27_300.0, 41.0, 36.0, 9.84, None, -1.0),
            "27 km away at 041°, inside the view, 9.8° above the horizon",
        ),
        (
            PeakPrediction("a", 0.5, 0.9, 4_200.0, 41.0, -40.0, 9.84, None, 4.2),
            "4.2 km away at 041°, 5° beyond the left edge, within the compass error, 9.8° above the horizon",
        ),
        (
            PeakPrediction("a", 0.5, 0.9, 4_200.0, 41.0, 60.0, 9.84, None, 24.0),
            "4.2 km away at 041°, 24° beyond the right edge, unlikely, 9.8° above the horizon",
        ),
    ],
)
def test_the_evidence_for_a_peak_is_put_into_words(found: PeakPrediction, why: str) -> None:
    assert evidence_text(found) == why
