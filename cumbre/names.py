"""Names of peaks in what people type: which peaks a query names, and the words that remain.

The longest name wins; between names of the same words, an exact one beats a mistyped one. Decisions:
- "lhotse face" and "nuptse glacier" are parts of the mountain: they name it, "face" remains.
- "everest base camp", "everest trek" or "hotel everest view" are places: they name no peak and remain whole.
- A name that is a word too, or has at most 4 letters ("Mera"), counts where the mountain must be meant: as the whole
  query, between prepositions, or beside a word such as peak, summit or sunrise. In "una mera casualidad" it does not.
- A typo is forgiven in names of 6 letters or more, unless the typed word is an everyday one. A wrong first letter in
  a name of 6 or 7 letters is forgiven only where the query says nothing else.
- Where several peaks share a name, all of them are found, the highest first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

from cumbre.alias_index import AliasIndex
from cumbre.catalog import Catalog
from cumbre.folding import Word, composed, is_spaceless, words
from cumbre.query_words import (
    CASE_ENDINGS,
    EVERYDAY_WORDS,
    FILLERS,
    HOUSES_BEFORE,
    MOUNTAIN_WORDS,
    PLACE_LINKS,
    PLACES_BEFORE,
    PLACES_BEHIND,
    PREPOSITIONS,
    SPACELESS_FILLERS,
    SPACELESS_TITLES,
    TITLES,
)

# Longer texts are no queries for a photo; what lies beyond is left as it is.
_MAX_WORDS: Final = 64
_MAX_NAME_WORDS: Final = 8
_AMBIGUOUS_LETTERS: Final = 4
# From here on a name is long enough for a typo in its first letter, or for spaces inside its words.
_LONG_NAME_LETTERS: Final = 8
_ALL_TITLES: Final = TITLES | SPACELESS_TITLES
_ALL_FILLERS: Final = FILLERS | SPACELESS_FILLERS
_CLINGING: Final = sorted(
    SPACELESS_FILLERS | SPACELESS_TITLES | {p[0] for p in PLACES_BEHIND if is_spaceless(p[0])}, key=len, reverse=True
)


@dataclass(frozen=True, slots=True)
class NameMatch:
    """peaks are ids in order of mention, without repetition; rest is "" where nothing else was asked for."""

    peaks: tuple[str, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class _Mention:
    """words[start:end] name these peaks."""

    start: int
    end: int
    letters: int
    peaks: tuple[str, ...]
    exact: bool = True
    wrong_first_letter: bool = False


class PeakNames:
    """Recognises the names of a catalogue's peaks."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._index = AliasIndex(catalog)

    def find(self, text: str) -> NameMatch:
        """The peaks that a query names, and its other words without the fillers around names.

        >>> from cumbre.catalog_files import bundled_catalog
        >>> PeakNames(bundled_catalog()).find("photos of ama dablan with prayer flags")
        NameMatch(peaks=('ama-dablam',), rest='prayer flags')
        """
        source = composed(text)
        found = [part for word in words(source) for part in self._parts(word)]
        head = found[:_MAX_WORDS]
        mentions = self._meant(head, self._longest(head))
        peaks = tuple(dict.fromkeys(peak_id for mention in mentions for peak_id in mention.peaks))
        return NameMatch(peaks, _rest(source, found, mentions) if peaks else text.strip())

    def _parts(self, word: Word) -> Iterator[Word]:
        """A run of a script without spaces, cut at the names in it and at the particles beside them."""
        if not is_spaceless(word.text):
            yield word
            return
        start = plain = 0
        while start < len(word.text):
            end = self._name_end(word.text, start)
            if end == start:
                start += 1
                continue
            yield from _peeled(word.part(plain, start))
            yield word.part(start, end)
            start = plain = end
        yield from _peeled(word.part(plain, len(word.text)))

    def _name_end(self, run: str, start: int) -> int:
        """Where the longest name that begins at `start` ends; `start` if none does."""
        for length in self._index.spaceless_lengths:
            if start + length <= len(run) and run[start : start + length] in self._index:
                return start + length
        return start

    def _longest(self, found: list[Word]) -> list[_Mention]:
        """Mentions that don't overlap, in order: those of more letters first, exact ones before typos."""
        most = min(self._index.max_words + 1, _MAX_NAME_WORDS)
        mentions = []
        for start in range(len(found)):
            for end in range(start + 1, min(start + most, len(found)) + 1):
                mention = self._mention(found, start, end)
                if mention:
                    mentions.append(mention)
        chosen: list[_Mention] = []
        taken: set[int] = set()
        for mention in sorted(mentions, key=lambda m: (-m.letters, not m.exact, m.start)):
            if taken.isdisjoint(range(mention.start, mention.end)):
                chosen.append(mention)
                taken.update(range(mention.start, mention.end))
        return sorted(chosen, key=lambda m: m.start)

    def _mention(self, found: list[Word], start: int, end: int) -> _Mention | None:
        window = [word.text for word in found[start:end]]
        key = "".join(window)
        if len(key) > self._index.max_letters + max(map(len, CASE_ENDINGS)):
            return None
        exact = self._exact(key, window)
        if exact:
            return _Mention(start, end, len(key), exact)
        nearest = self._nearest(key, window)
        if not nearest:
            return None
        peaks = {peak_id for name in nearest for peak_id in self._index.peaks(name)}
        by_height = tuple(sorted(peaks, key=lambda peak_id: (-self.catalog[peak_id].elev_m, peak_id)))
        odd = all(name[0] != key[0] and len(name) < _LONG_NAME_LETTERS for name in nearest)
        return _Mention(start, end, len(key), by_height, exact=False, wrong_first_letter=odd)

    def _exact(self, key: str, window: list[str]) -> tuple[str, ...]:
        name = next((n for n in _without_endings(key) if n in self._index), None)
        if name is None:
            return ()
        if all(len(window) > spelling.count(" ") + 1 for spelling in self._index.spellings(name)):
            # The typed words cut the name apart: "ama da blam" is meant so, but "king kong de noche" is not.
            everyday = [word in EVERYDAY_WORDS for word in window]
            if len(key) < MIN_CUT_LETTERS or all(everyday) or (any(everyday) and len(key) < _LONG_NAME_LETTERS):
                return ()
        return self._index.peaks(name)

    def _nearest(self, key: str, window: list[str]) -> list[str]:
        """The names one typo away that these words may stand for; those whose spacing fits best."""
        if any(char.isdigit() for char in key):
            return []
        distances: dict[str, int] = {}
        for name in self._index.one_typo_away(key):
            for spelling in self._index.spellings(name):
                parts = spelling.split(" ")
                strange = [word for word in window if word not in parts]
                if len(window) <= len(parts) and EVERYDAY_WORDS.isdisjoint(strange):
                    distance = OSA.distance(" ".join(window), spelling)
                    distances[name] = min(distance, distances.get(name, distance))
        best = min(distances.values(), default=0)
        return [name for name, distance in distances.items() if distance == best]

    def _meant(self, found: list[Word], mentions: list[_Mention]) -> list[_Mention]:
        """Without places called after a peak and without words that only look like a name; titles belong to it."""
        texts = [word.text for word in found]
        taken = {i for mention in mentions for i in range(mention.start, mention.end)}
        alone = all(i in taken or text in _ALL_FILLERS or text in _ALL_TITLES for i, text in enumerate(texts))
        meant = []
        for mention in mentions:
            start, end = mention.start, mention.end
            if _is_ambiguous(texts[start:end]) and not _is_mountain(texts, start, end, taken):
                continue
            if mention.wrong_first_letter and not alone:
                continue
            if end < len(texts) and texts[end] in _ALL_TITLES and end not in taken:
                end += 1
            if start > 0 and texts[start - 1] in _ALL_TITLES and start - 1 not in taken:
                start -= 1
            if not _is_place(texts, start, end):
                meant.append(_Mention(start, end, mention.letters, mention.peaks))
        return meant
