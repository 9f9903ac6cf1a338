"""Texts are cut to Telegram's limits between characters, as people see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.text import cut, utf16_units

FAMILY = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
NEPAL = "\N{REGIONAL INDICATOR SYMBOL LETTER N}\N{REGIONAL INDICATOR SYMBOL LETTER P}"


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("Ama Dablam", 10, "Ama Dablam"),
        ("Ama Dablam", 9, "Ama Dabl…"),
        ("Ama  Dablam", 5, "Ama…"),
        ("a🏔b", 3, "a…"),
        ("e\N{COMBINING ACUTE ACCENT}e\N{COMBINING ACUTE ACCENT}", 3, "e\N{COMBINING ACUTE ACCENT}…"),
        (f"a{FAMILY}", 6, "a…"),
        (f"{NEPAL}{NEPAL}", 7, f"{NEPAL}…"),
        ("\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}!", 4, "…"),
        ("अमा दब्लम", 7, "अमा द…"),
    ],
)
def test_a_text_is_cut_at_the_end_of_a_character(text: str, most: int, kept: str) -> None:
    assert cut(text, most) == kept


@given(st.text(max_size=40), st.integers(min_value=1, max_value=40))
def test_a_cut_text_fits_and_is_the_beginning_of_the_text(text: str, most: int) -> None:
    shown = cut(text, most)
    assert utf16_units(shown) <= most
    assert shown == text or text.startswith(shown.removesuffix("…"))
    shown.encode("utf-16-le", "surrogatepass" if any("\ud800" <= c <= "\udfff" for c in text) else "strict")
