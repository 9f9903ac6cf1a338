"""Arbitrary text: names are found or not, and nothing fails."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.search.peak_names import PeakNames
from cumbre.text.folding import fold

KHUMBU = PeakNames(bundled_catalog())
CATALOG = bundled_catalog()
NAMES = [name for peak in CATALOG.values() for name in peak.names]
# Any code points, including lone surrogates; and texts that mix names, words and marks.
ANY = st.text(st.characters(), max_size=60)
MIXED = st.lists(
    st.sampled_from([*NAMES, *"photos of the a mera peak with el la de base camp snow 2 ' - . の 写真 की 📷".split()])
    | st.text(st.characters(), max_size=4),
    max_size=9,
).flatmap(lambda parts: st.sampled_from((" ", "", "-", "\u200b")).map(lambda between: between.join(parts)))
TEXTS = ANY | MIXED
LONG = 100_000


def keys(peak_id: str) -> list[str]:
    return [fold(name).replace(" ", "") for name in CATALOG[peak_id].names]


@given(TEXTS)
@example("\u0301'ー・")
@example("s's " * 15)
@example("\ud800 everest \udfff")
def test_a_text_names_peaks_or_remains_whole(text: str) -> None:
    match = KHUMBU.find(text)
    assert set(match.peaks) <= set(CATALOG)
    assert len(set(match.peaks)) == len(match.peaks)
    assert match.peaks or match.rest == text.strip()


@given(TEXTS)
def test_a_peak_that_is_found_has_a_name_in_the_text(text: str) -> None:
    typed = fold(text).replace(" ", "")
    for peak_id in KHUMBU.find(text).peaks:
        # One typo in six letters is the least similar match, 2 * 5 / 12; longer names are more similar.
        assert max(fuzz.partial_ratio(key, typed) for key in keys(peak_id)) > 80


@given(TEXTS)
def test_the_rest_consists_of_words_of_the_text_in_their_order(text: str) -> None:
    match = KHUMBU.find(text)
    remaining = iter(fold(text).replace(" ", ""))
    assert all(letter in remaining for letter in fold(match.rest).replace(" ", ""))
    whole = unicodedata.normalize("NFKC", text)
    assert all(word in whole for word in match.rest.split()) or not match.peaks


@given(MIXED | st.text("abcdefgh éüñ-'", max_size=30))
def test_letter_case_does_not_matter(text: str) -> None:
    found = KHUMBU.find(text).peaks
    for other in (text.lower(), text.upper(), text.title(), text.swapcase()):
        # Some letters have no capital, or that of another letter: ŉ, ß, ſ.
        if fold(other) == fold(text):
            assert KHUMBU.find(other).peaks == found


@given(TEXTS, st.integers(-1, 30))
def test_suggestions_are_peaks_without_repetition_and_at_most_the_limit(text: str, limit: int) -> None:
    found = KHUMBU.suggest(text, limit)
    assert set(found) <= set(CATALOG)
    assert len(set(found)) == len(found) <= max(limit, 0)


@given(TEXTS)
def test_a_suggested_peak_has_a_similar_name(text: str) -> None:
    typed = fold(text).replace(" ", "")
    for peak_id in KHUMBU.suggest(text):
        assert max(fuzz.partial_ratio(key, typed) for key in keys(peak_id)) >= 75


@given(st.sampled_from(NAMES))
def test_a_name_suggests_its_peak(name: str) -> None:
    assert name in CATALOG[KHUMBU.suggest(name)[0]].names


HUGE = {
    "one word": "a" * LONG,
    "words": "yak " * (LONG // 4),
    "short words": "a " * (LONG // 2),
    "names": "lhotse " * (LONG // 7),
    "names without spaces": "ローツェ" * (LONG // 4),
    "particles": "の" * LONG,
    "particles and a name": "の" * (LONG // 2) + "ローツェ" + "の" * (LONG // 2),
    "scripts in turn": "山a" * (LONG // 2),
    "accents": "a" + "\u0300\u0316" * (LONG // 2),
    "direction marks": "\u200f" * LONG,
    "joiners": "lhotse" + "\u200d" * LONG,
    "ligatures of 18 letters": "\ufdfa" * LONG,
    "full width": "Ｌｈｏｔｓｅ\u3000" * (LONG // 7),
    "emoji": "🏔️" * (LONG // 2),
    "punctuation": "-'.!" * (LONG // 4),
    "possessives": "s's " * (LONG // 4),
    "control characters": "\x00\x1b\n" * (LONG // 3),
    "halves of characters": "\ud800\udfff" * (LONG // 2),
    "spaces": " " * LONG,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_only_the_beginning_of_a_huge_text_is_searched(text: str) -> None:
    match = KHUMBU.find("cho oyu " + text)
    assert match.peaks[0] == "cho-oyu"
    letters = "".join(char + unicodedata.normalize("NFKC", char) for char in set(text))
    assert set(match.rest) <= set(letters + " ")
    assert len(KHUMBU.suggest(text)) <= 8


def test_a_name_far_into_a_text_is_not_found_but_its_words_remain() -> None:
    match = KHUMBU.find("lhotse " + "snow " * 10_000 + "makalu")
    assert match.peaks == ("lhotse",)
    assert match.rest.split() == ["snow"] * 10_000 + ["makalu"]


@pytest.mark.parametrize(
    ("text", "peak_id"),
    [
        ("\u202elhotse\u202c", "lhotse"),
        ("l\u200dh\u200co\u2060t\u00ads\ufeffe", "lhotse"),
        ("ＬＨＯＴＳＥ", "lhotse"),
        ("\U0001d40b\U0001d421\U0001d428\U0001d42d\U0001d42c\U0001d41e", "lhotse"),
        ("lhotse\x00", "lhotse"),
        ("🏔️lhotse🏔️", "lhotse"),
        ("lhotse\ud83d", "lhotse"),
        ("...lhotse!!!", "lhotse"),
        ("ｴﾍﾞﾚｽﾄ", "mount-everest"),
    ],
)
def test_invisible_and_decorative_characters_do_not_hide_a_name(text: str, peak_id: str) -> None:
    assert KHUMBU.find(text).peaks == (peak_id,)
