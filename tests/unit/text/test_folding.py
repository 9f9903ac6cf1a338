"""Folding text for comparisons, and splitting it into words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.text.folding import composed, fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("AMA-DABLAM", "ama dablam"),
        ("  ámà   dablam ", "ama dablam"),
        ("Khumbu Yül-Lha", "khumbu yul lha"),
        ("Galdhøpiggen", "galdhopiggen"),
        ("Hawai\u02bbi", "hawai i"),
        ("Чо-Ойю", "чо оию"),
        ("チョ・オユー", "チョオユー"),
        ("ｴﾍﾞﾚｽﾄ", "エベレスト"),
        ("에베레스트", "에베레스트"),
        ("everest's summit", "everest summit"),
        ("l\u2019Everest", "l everest"),
        ("soft\u00adhyphen", "softhyphen"),
        ("... !?", ""),
        ("🏔️ ❤️", ""),
        ("葛\U000e0100城", "葛城"),
        ("everest\u2060'\u200bs", "everest"),
        ("Ｌｈｏｔｓｅ\u3000２", "lhotse 2"),
        ("lho\u200dtse\u200f", "lhotse"),
        ("lho\x00tse\ud800", "lho tse"),
    ],
)
def test_case_accents_hyphens_and_apostrophes_do_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("name", ["सगरमाथा", "आमा दब्लम", "काङटेगा"])
def test_vowel_signs_are_letters(name: str) -> None:
    assert fold(name) == name


def test_tibetan_syllables_are_words() -> None:
    assert fold("ཇོ་མོ་གླང་མ") == "ཇོ མོ གླང མ"


@given(st.text(max_size=30))
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=30))
def test_words_have_their_true_offsets_in_the_text(text: str) -> None:
    source = composed(text)
    found = words(source)
    assert [word.start for word in found] == sorted(word.start for word in found)
    for word in found:
        assert len(word.offsets) == len(word.text)
        assert 0 <= word.start < word.end <= len(source)
        assert unicodedata.category(source[word.start])[0] in "LMN"
