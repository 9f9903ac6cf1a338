"""Common English and Spanish words name no peak, even in a catalogue of names made of such words."""

import pytest

from benchmarks.names import WORD_SENTENCES, common_words, mistaken
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.search.peak_names import PeakNames
from cumbre.text.folding import fold

WORDS = 5000
KHUMBU = PeakNames(bundled_catalog())
NAMES_OF_WORDS = (
    *("Monte Perdido", "Pic du Midi", "Mont Blanc", "Eiger", "Mönch", "Jungfrau", "Aneto", "Teide", "Mulhacén", "K2"),
    *("The Old Man", "Long Peak", "Black Mountain", "Snow Peak"),
)
ELSEWHERE = PeakNames(Catalog(Peak(fold(n).replace(" ", "-"), 45.0, 7.0, 3000.0, (n,)) for n in NAMES_OF_WORDS))
# In the sentences below, these words make the exact name of a peak.
EXACT = {"en": {"long", "black", "snow", "old"}, "es": {"perdido"}}


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_common_word_names_a_peak_of_the_khumbu(language: str) -> None:
    words = common_words(language, WORDS)
    assert len(set(words)) == WORDS
    assert {"island", "everyone", "forest"} <= set(words) or {"isla", "bosque", "manera"} <= set(words)
    assert mistaken(KHUMBU, words, WORD_SENTENCES[language][:2]) == {}


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ("{}", "a {} in the snow", "{} peak", "{} mountain", "the {} man")),
        ("es", ("{}", "monte {}", "pic du {}")),
    ],
)
def test_no_common_word_becomes_a_peak_whose_name_is_made_of_words(language: str, sentences: tuple[str, ...]) -> None:
    words = [word for word in common_words(language, WORDS) if fold(word) not in EXACT[language]]
    assert mistaken(ELSEWHERE, words, sentences) == {}


@pytest.mark.parametrize("name", NAMES_OF_WORDS)
def test_names_made_of_words_are_still_found(name: str) -> None:
    assert ELSEWHERE.find(name).peaks == (fold(name).replace(" ", "-"),)
    assert ELSEWHERE.find(f"photos of {name} in winter").rest == "winter"


@pytest.mark.parametrize(
    ("typed", "peak_id"),
    [
        ("monte perdid", "monte-perdido"),
        ("pic du mdi", "pic-du-midi"),
        ("mont balnc", "mont-blanc"),
        ("yungfrau", "jungfrau"),
        ("mulacen", "mulhacen"),
        ("the odl man", "the-old-man"),
        ("lnog peak", "long-peak"),
        ("blakc mountain", "black-mountain"),
        ("sonw peak", "snow-peak"),
    ],
)
def test_typos_in_names_made_of_words_are_forgiven_unless_they_are_words(typed: str, peak_id: str) -> None:
    assert ELSEWHERE.find(typed).peaks == (peak_id,)
    assert ELSEWHERE.find(f"yaks below {typed}").peaks == (peak_id,)


@pytest.mark.parametrize("query", ["the bold man", "snowy peaks", "a long walk", "el paso perdido", "black yak", "k 3"])
def test_phrases_similar_to_such_names_name_no_peak(query: str) -> None:
    assert ELSEWHERE.find(query).peaks == ()
