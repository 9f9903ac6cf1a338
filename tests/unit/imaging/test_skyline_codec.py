"""Skylines encoded as text."""

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.imaging.skyline import Skyline
from cumbre.imaging.skyline_codec import decode_skylines, encode_skylines

COLUMNS = np.arange(512)
RIDGE = Skyline(
    (0.4 + 0.2 * np.abs(np.sin(COLUMNS / 60))).astype(np.float32), (COLUMNS % 100 / 99).astype(np.float32)
)  # fmt: skip
LOWER = Skyline(RIDGE.y + np.float32(0.1), RIDGE.sureness)


def test_skylines_survive_the_round_trip_in_a_short_text() -> None:
    text = encode_skylines([RIDGE, LOWER])
    again = decode_skylines(text)
    assert len(again) == 2
    for one, before in zip(again, (RIDGE, LOWER), strict=True):
        assert np.abs(one.y - before.y).max() < 1 / 4000
        assert np.abs(one.sureness - before.sureness).max() < 0.04
    assert len(encode_skylines([RIDGE])) < 900
    assert encode_skylines(again) == text


@pytest.mark.parametrize("text", [None, "", "0", "hello", "é", "a" * 500, "c-oy|", " "])
def test_texts_that_are_not_skylines_give_no_skyline(text: str | None) -> None:
    assert decode_skylines(text) == ()


def test_nonsense_next_to_a_skyline_is_ignored_and_at_most_two_are_decoded() -> None:
    assert len(decode_skylines(f"nonsense {encode_skylines([RIDGE])}")) == 1
    assert len(decode_skylines(" ".join([encode_skylines([RIDGE])] * 5))) == 2


@given(st.text(max_size=80))
def test_no_text_makes_the_decoder_fail(text: str) -> None:
    decode_skylines(text)


def test_a_decompression_bomb_is_not_decoded() -> None:
    assert decode_skylines(base64.b85encode(zlib.compress(bytes(10_000_000))).decode()) == ()
