"""Every alias of the bundled catalogue in many spellings and with every typo; benchmarks/names.py tests more."""

import pytest

from benchmarks.names import SENTENCES, spellings, typos, typos_of
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.search.peak_names import PeakNames
from cumbre.text.folding import fold

KHUMBU = PeakNames(bundled_catalog())
ALIASES = [(peak.id, name) for peak in bundled_catalog().values() for name in peak.names]
# All typos find the peak, except for these, which are taken literally. They are:
NOT_FORGIVEN = {
    # a word, a village, or another mountain's name
    "everest": "everett, severest",
    "mount everest": "mount everett, mount severest",
    "monte everest": "monte everett, monte severest",
    "tobuche": "touche, lobuche",
    # exactly another name, alone or with an everyday word
    "nuptse i": "nuptse ii, nuptsei i",
    "nuptse ii": "nuptse i, nuptse di, nuptse im, nuptse in, nuptse is, nuptse it, nuptse mi, nuptse ri, nubtse ii",
    "nuptse 2": "nubtse 2",
    "нупцзе ii": "нупцзе i",
    "lhotse shar": "lhotse shard, lhotse share, lhotse shark, lhotse sharp, lhotse star",
    "lobuche east": "tobuche east",
    "lobuche peak": "tobuche peak",
    # only everyday words: any range has a snowy saddle
    "the snow saddle": "te snow saddle, the know saddle, the now saddle, the show saddle, the slow saddle, "
    "the snow saddles, the snowy saddle, then snow saddle, tse snow saddle",
    "mera peak": "mera leak, mera pear, mera peat, mera speak, mera weak, mere peak, merma peak, meta peak",
    "island peak": "island leak, island pear, island peat, island speak, island weak, islands peak",
}
# If the text has another subject ("a yak below cama dablam"), these words keep their meaning, too.
ALSO_WORDS = {
    "ama": "am cama",
    "cho": "who",
    "oyu": "you",
    "la": "a al da l las le lha lo na",
    "lha": "la",
    "tse": "te the",
    "ri": "di i ii mi rio",
    "east": "beast cast eat fast feast last least past",
    "peak": "leak pear peat speak weak",
    "चे": "के चो से",
}
CARRYING = "a yak below {} in 2022"


def peaks(text: str) -> tuple[str, ...]:
    return KHUMBU.find(text).peaks


def forgiven(alias: str, typed: str) -> bool:
    return typed not in NOT_FORGIVEN.get(alias, "").split(", ")


def becomes_a_word(alias: str, typed: str) -> bool:
    """Return whether the typo turned a word of the alias into one of ALSO_WORDS."""
    changed = [(was, now) for was, now in zip(alias.split(), typed.split(), strict=False) if was != now]
    return len(changed) == 1 and changed[0][1] in ALSO_WORDS.get(changed[0][0], "").split()


@pytest.mark.parametrize(("peak_id", "name"), ALIASES)
def test_an_alias_in_any_case_accents_and_spacing_names_its_peak_and_nothing_else(peak_id: str, name: str) -> None:
    assert {typed for typed in spellings(name) if peaks(typed) != (peak_id,)} == set()


@pytest.mark.parametrize("sentence", SENTENCES)
def test_an_alias_names_its_peak_in_sentences_of_both_languages(sentence: str) -> None:
    typed = [(peak_id, sentence.format(variant)) for peak_id, name in ALIASES for variant in {name, name.lower()}]
    assert [text for peak_id, text in typed if peaks(text) != (peak_id,)] == []


@pytest.mark.slow
def test_every_single_typo_finds_the_peak() -> None:
    missed = {(alias, typed) for peak_id, alias, typed in typos_of(bundled_catalog()) if peak_id not in peaks(typed)}
    assert missed == {(alias, typed) for alias, listed in NOT_FORGIVEN.items() for typed in listed.split(", ")}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_typos_are_forgiven_in_sentences(sentence: str) -> None:
    """Each sentence tests every 40th typo, from another start; the benchmark tests all."""
    every_40th = list(typos_of(bundled_catalog()))[SENTENCES.index(sentence) :: 40]
    missed = [
        (alias, typed)
        for peak_id, alias, typed in every_40th
        if forgiven(alias, typed) and peak_id not in peaks(sentence.format(typed))
    ]
    assert [typed for alias, typed in missed if sentence != CARRYING or not becomes_a_word(alias, typed)] == []


def test_a_typo_that_is_a_word_is_forgiven_only_if_nothing_but_a_mountain_is_asked_for() -> None:
    listed = {
        (peak_id, typed)
        for peak_id, alias, typed in typos_of(bundled_catalog())
        if becomes_a_word(alias, typed) and forgiven(alias, typed) and not peaks(alias.partition(" ")[0])
    }
    assert len(listed) > 70
    for peak_id, typed in listed:
        assert peaks(f"fotos de {typed} al atardecer") == (peak_id,), typed
        assert peaks(CARRYING.format(typed)) == (), typed


def test_typos_are_the_results_of_one_wrong_keystroke() -> None:
    assert typos("ab", "ax") == {"aab", "xab", "axb", "aba", "abx", "b", "xb", "a", "aa", "ax", "ba"}
    assert "nuptse 3" not in typos("nuptse 2", "3")


@pytest.mark.parametrize("name", ["Dent d'Hérens", "Tête de l'Âne", "Lion's Head", "Galdhøpiggen", "Straße-Spitze"])
def test_names_with_apostrophes_and_odd_letters_are_found_however_they_are_typed(name: str) -> None:
    names = PeakNames(Catalog([Peak("it", 46.0, 7.0, 4000.0, (name,))]))
    assert {typed for typed in spellings(name) if names.find(typed).peaks != ("it",)} == set()


def test_a_text_one_typo_from_several_peaks_names_them_all_and_an_exact_name_only_its_own() -> None:
    names = PeakNames(
        Catalog([Peak("one", 46.0, 7.0, 3000.0, ("Marbor",)), Peak("two", 46.0, 7.0, 3200.0, ("Carbor",))])
    )
    assert names.find("barbor").peaks == ("two", "one")
    assert names.find("marbor").peaks == ("one",)


def test_short_names_need_every_letter() -> None:
    short = [(peak_id, name) for peak_id, name in ALIASES if fold(name).isascii() and len(fold(name)) < 6]
    assert short == [("mera-peak", "Mera")]
    assert [typed for typed in typos("mera", "abcdefghijklmnopqrstuvwxyz") if peaks(typed)] == []
