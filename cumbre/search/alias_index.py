"""An index of all peak names that finds exact matches and single typos, fast enough for 100,000 peaks.

A key is a folded name without spaces: "Ama Dablam" and "Amadablam" have the same key. A typo is one letter inserted,
deleted or replaced, or two adjacent letters swapped: an optimal string alignment (OSA) distance of 1.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from cumbre.peaks.catalog import Catalog
from cumbre.text.folding import fold, is_spaceless

MIN_TYPO_LETTERS: Final = 6
_LAST: Final = "\U0010ffff"


class AliasIndex:
    """Maps keys to the ids of peaks. Peaks that share a name are ordered by elevation, highest first.

    max_words and max_letters are the sizes of the longest name, spaceless_lengths the lengths of names in scripts
    without spaces (longest first), and name_words the set of all words that occur in names.
    """

    def __init__(self, catalog: Catalog) -> None:
        peaks: dict[str, list[str]] = {}
        spellings: dict[str, set[str]] = {}
        for peak in catalog.values():
            for name in peak.names:
                spelling = fold(name)
                key = spelling.replace(" ", "")
                if not key:
                    continue
                spellings.setdefault(key, set()).add(spelling)
                ids = peaks.setdefault(key, [])
                if peak.id not in ids:
                    ids.append(peak.id)
        self._peaks = {
            key: tuple(sorted(ids, key=lambda peak_id: -catalog[peak_id].elev_m)) for key, ids in peaks.items()
        }
        # Most keys have one spelling, the key itself, so only the others are stored.
        self._spellings = {key: tuple(sorted(found)) for key, found in spellings.items() if found != {key}}
        self.name_words = frozenset(w for found in spellings.values() for s in found for w in s.split(" "))
        long_enough = [key for key in peaks if len(key) >= MIN_TYPO_LETTERS]
        self._forward = sorted(long_enough)
        self._backward = sorted(key[::-1] for key in long_enough)
        self.max_words = max((s.count(" ") + 1 for found in spellings.values() for s in found), default=0)
        self.max_letters = max(map(len, peaks), default=0)
        self.spaceless_lengths = sorted({len(key) for key in peaks if is_spaceless(key)}, reverse=True)

    def __contains__(self, key: str) -> bool:
        return key in self._peaks

    def keys(self) -> Iterable[str]:
        """Return all keys."""
        return self._peaks.keys()

    def peaks(self, key: str) -> tuple[str, ...]:
        """Return the ids of the peaks with exactly this key; () if there are none."""
        return self._peaks.get(key, ())

    def spellings(self, key: str) -> tuple[str, ...]:
        """Return the folded names, with spaces, that have this key."""
        return self._spellings.get(key, (key,))

    def one_typo_away(self, key: str) -> list[str]:
        """Return the keys of at least MIN_TYPO_LETTERS letters that differ from this one by exactly one typo.

        A typo changes only one half of the text, so candidates are found by the other half, as a prefix in a sorted
        list of the keys or of the reversed keys. Only a swap across the middle changes both halves; that one text is
        looked up directly.
        """
        length = len(key)
        if not MIN_TYPO_LETTERS - 1 <= length <= self.max_letters + 1:
            return []
        half = length // 2
        same_start = _with_prefix(self._forward, key[:half])
        same_end = _with_prefix(self._backward, key[: half - 1 : -1])
        # Most texts resemble no name and need no comparison.
        found = {name for name, _, _ in _one_apart(key, same_start)} if same_start else set()
        if same_end:
            found.update(name[::-1] for name, _, _ in _one_apart(key[::-1], same_end))
        swapped = key[: half - 1] + key[half] + key[half - 1] + key[half + 1 :]
        if swapped in self._peaks and length >= MIN_TYPO_LETTERS:
            found.add(swapped)
        found.discard(key)
        return sorted(found)


def _one_apart(key: str, names: list[str]) -> list[tuple[str, int, int]]:
    return process.extract(key, names, scorer=OSA.distance, score_cutoff=1, limit=None)


def _with_prefix(ordered: list[str], prefix: str) -> list[str]:
    return ordered[bisect_left(ordered, prefix) : bisect_left(ordered, prefix + _LAST)]
