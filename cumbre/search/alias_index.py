"""All names of all peaks, found exactly or with one typo, for catalogues of a hundred thousand peaks.

A key is a folded name without spaces: "Ama Dablam" and "Amadablam" have one key. A typo is one letter put in, left
out or replaced, or two neighbours swapped: optimal string alignment distance 1.
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
    """Keys to peaks. peaks(key) are in order of elevation, highest first, where several share a name.

    max_words and max_letters are those of the longest name, spaceless_lengths the lengths of the names in scripts
    without spaces (longest first), name_words the words of all names.
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
        # Nearly every key has one spelling, often the key itself: only the others are kept.
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
        return self._peaks.keys()

    def peaks(self, key: str) -> tuple[str, ...]:
        """Ids of the peaks with exactly this name; () if there is none."""
        return self._peaks.get(key, ())

    def spellings(self, key: str) -> tuple[str, ...]:
        """The folded names, with spaces, that have this key."""
        return self._spellings.get(key, (key,))

    def one_typo_away(self, key: str) -> list[str]:
        """Keys of at least MIN_TYPO_LETTERS letters that differ from this one by exactly one typo.

        A typo spoils the first half or the second: the other half is the same in both, and is looked up in a sorted
        list (of the keys, of the keys reversed). Only a swap across the middle spoils both; it is looked up by itself.
        """
        length = len(key)
        if not MIN_TYPO_LETTERS - 1 <= length <= self.max_letters + 1:
            return []
        half = length // 2
        same_start = _with_prefix(self._forward, key[:half])
        same_end = _with_prefix(self._backward, key[: half - 1 : -1])
        # Most texts are near no name: nothing is compared for them.
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
