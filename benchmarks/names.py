"""Measure how many spellings of peak names are recognised, and how many common words are mistaken for peaks.

    python -m benchmarks.names [--peaks FILE] [--words 5000]

Every alias of the catalogue is tried in many spellings: in each letter case, without accents, hyphens or spaces, in
sentences of two languages, and with every single typo if it has 6 letters or more. Spellings not found are printed.
Then the most common words of English and Spanish are tried, alone and in sentences; those that are not names but find a
peak are printed, too. Needs the development dependencies (pyspellchecker).
"""

import argparse
import string
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Final

from spellchecker import SpellChecker

from cumbre.peaks.catalog import Catalog
from cumbre.peaks.catalog_files import bundled_catalog, read_peaks
from cumbre.search.alias_index import MIN_TYPO_LETTERS
from cumbre.search.peak_names import PeakNames
from cumbre.text.folding import fold

SENTENCES: Final = (
    *("photos of {}", "{} at sunset", "sunrise over {}", "a yak below {} in 2022"),
    *("fotos de {}", "fotos de {} al amanecer", "atardecer sobre el {}", "¿dónde está el {}?"),
)
WORD_SENTENCES: Final = {
    "en": ("{}", "a {} in the snow", "photos of {}", "{} at sunset"),
    "es": ("{}", "una foto de {}", "una {} en la nieve", "{} al amanecer"),
}
_CASES: Final[tuple[Callable[[str], str], ...]] = (str, str.lower, str.upper, str.title, str.swapcase)
_SEPARATORS: Final = (" ", "-", "", "  ", " - ", "‐", "\u00a0", "_", "\n")
_ACCENTED: Final = ("LATIN", "CYRILLIC", "GREEK")
_CYRILLIC: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюя"


def letters(name: str) -> int:
    """Return the number of letters and digits in a folded name."""
    return len(fold(name).replace(" ", ""))


def spellings(name: str) -> Iterator[str]:
    """Yield ways to type a name without a typo; some are repeated."""
    parts = name.replace("-", " ").replace("・", " ").split()
    for case, separator in product(_CASES, _SEPARATORS):
        yield case(separator.join(parts))
    for case in _CASES:
        yield from (unicodedata.normalize(form, case(name)) for form in ("NFC", "NFD", "NFKC", "NFKD"))
        yield _without_accents(case(name))
        yield "".join(char + "\u0301" if _script(char) in _ACCENTED else char for char in case(name))
    for apostrophe in ("'", "’", "ʼ", "`", "" if "'s" not in name else "'"):
        yield name.replace("'", apostrophe)
    yield from (f"  {name}\n", f"“{name}”", f"({name})", f"{name}?!", f"#{name}", f"📷 {name} 🏔️")
    yield from (f"\u200f{name}\u200e", "\u200b".join(name), "\u2060".join(name), f"\ufeff{name}")
    yield "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in name)


def typos(name: str, alphabet: str) -> set[str]:
    """Return every text that differs from the folded name by one inserted, deleted, replaced or transposed letter.

    Digits stay the same: another digit means another peak.
    """
    found: set[str] = set()
    for at in range(len(name) + 1):
        found.update(name[:at] + letter + name[at:] for letter in alphabet)
        if at < len(name) and name[at].isspace() is name[at].isdigit() is False:
            found.add(name[:at] + name[at + 1 :])
            found.update(name[:at] + letter + name[at + 1 :] for letter in alphabet)
        if at + 1 < len(name) and not (name[at].isdigit() or name[at + 1].isdigit()):
            found.add(name[:at] + name[at + 1] + name[at] + name[at + 2 :])
    return found - {name}


def typos_of(catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """Yield (id of the peak, folded alias, mistyped alias) for each alias that is long enough, in a fixed order."""
    alphabets = _alphabets(catalog)
    seen = set()
    for peak in catalog.values():
        for name in map(fold, peak.names):
            if letters(name) >= MIN_TYPO_LETTERS and (peak.id, name) not in seen:
                seen.add((peak.id, name))
                for typed in sorted(typos(name, alphabets[_script(name[0])])):
                    yield peak.id, name, typed


def common_words(language: str, count: int) -> list[str]:
    """Return the most common words of "en" or "es", most frequent first."""
    frequency = SpellChecker(language=language).word_frequency.dictionary
    return sorted(frequency, key=lambda word: (-frequency[word], word))[:count]


def mistaken(names: PeakNames, words: Iterable[str], sentences: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the queries made from these words that find a peak, each with the ids of its peaks."""
    asked = (sentence.format(word) for sentence, word in product(sentences, words))
    return {query: match.peaks for query in asked if (match := names.find(query)).peaks}


def _alphabets(catalog: Catalog) -> dict[str, str]:
    """Return the letters of typos by script: a to z, the Russian alphabet, else all letters of names in a script."""
    found: dict[str, set[str]] = {}
    for peak in catalog.values():
        for char in "".join(map(fold, peak.names)).replace(" ", ""):
            found.setdefault(_script(char), set()).add(char)
    alphabets = {script: "".join(sorted(chars)) for script, chars in found.items()}
    return alphabets | {"LATIN": string.ascii_lowercase, "CYRILLIC": _CYRILLIC}


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _without_accents(text: str) -> str:
    """Remove accents, but keep the vowel signs that other scripts write as combining marks."""
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        kept += unicodedata.normalize("NFD", char)[0] if _script(char) in _ACCENTED else char
    return "".join(kept)


def _report(title: str, asked: list[tuple[str, str]], names: PeakNames, sentence: str = "{}") -> list[tuple[str, str]]:
    """Try pairs of (id, typed name); print the share found, the rate, and the names not found. Return those found."""
    start = time.perf_counter()
    found = [(peak_id, typed) for peak_id, typed in asked if peak_id in names.find(sentence.format(typed)).peaks]
    duration_s = time.perf_counter() - start
    share = 100 * len(found) / len(asked)
    print(f"{title}: {len(asked)} queries, {share:.2f} % found, {len(asked) / duration_s:.0f} queries/s")
    missed = sorted({typed for _, typed in set(asked) - set(found)})
    if missed:
        print(f"    not found: {', '.join(missed[:100])}" + (f", and {len(missed) - 100} more" * (len(missed) > 100)))
    return found


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--peaks", type=Path, help="a catalogue in a format of `cumbre peaks import` (default: the bundled one)"
    )
    parser.add_argument("--words", type=int, default=5000, help="how many common words of each language to try")
    options = parser.parse_args()
    catalog = Catalog(read_peaks(options.peaks).peaks) if options.peaks else bundled_catalog()
    names = PeakNames(catalog)
    aliases = [(peak.id, name) for peak in catalog.values() for name in peak.names]
    print(f"{len(catalog)} peaks, {len(aliases)} aliases")
    correct = [(peak_id, typed) for peak_id, name in aliases for typed in dict.fromkeys(spellings(name))]
    mistyped = [(peak_id, typed) for peak_id, _, typed in typos_of(catalog)]
    for title, asked in (("without a typo", correct), ("one typo", mistyped)):
        found = _report(title, asked, names)
        for sentence in SENTENCES:
            _report(f"those found, within “{sentence}”", found, names, sentence)
    own = {fold(name) for _, name in aliases}
    for language, sentences in WORD_SENTENCES.items():
        words = common_words(language, options.words)
        wrong = mistaken(names, [word for word in words if fold(word) not in own], sentences)
        print(f"{len(words)} common words ({language}) in {len(sentences)} sentences: {len(wrong)} queries find a peak")
        for query, peaks in wrong.items():
            print(f"    {query}: {', '.join(peaks)}")
        print(
            f"    not tried, because they are names: {', '.join(word for word in words if fold(word) in own) or 'none'}"
        )


if __name__ == "__main__":
    main()
