"""Names of peaks in what people type: which peaks a query names, and the words that remain.

The longest name wins; between names of the same words, an exact one beats a mistyped one. Decisions:
- "lhotse face" and "nuptse glacier" are parts of the mountain: they name it, "face" remains.
- "everest base camp", "everest trek" or "hotel everest view" are places: they name no peak and remain whole.
- A name that is a word too, or has at most 4 letters ("Mera"), counts where the mountain must be meant: as the whole
  query, between prepositions, or beside a word such as peak, summit or sunrise. In "una mera casualidad" it does not.
- A typo is forgiven in names of 6 letters or more, unless the typed word is an everyday one or belongs to another
  name. A wrong first letter in a name of 6 or 7 letters is forgiven only where the query says nothing else.
- Where several peaks share a name, all of them are found, the highest first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from cumbre.alias_index import AliasIndex
from cumbre.catalog import Catalog
from cumbre.folding import Word, composed, fold, is_spaceless, words
from cumbre.name_context import ALL_FILLERS, ALL_TITLES, is_ambiguous, is_mountain, is_place, remaining_words
from cumbre.query_words import (
    CASE_ENDINGS,
    EVERYDAY_WORDS,
    PLACES_BEHIND,
    SPACELESS_FILLERS,
    SPACELESS_TITLES,
    TITLES,
)

# Longer texts are no queries for a photo: names beyond are not looked for.
_MAX_WORDS: Final = 64
_MAX_NAME_WORDS: Final = 8
# A name typed with spaces inside its words ("ama da blam") has at least so many letters.
_MIN_CUT_LETTERS: Final = 6
# From here on a name is safe from chance: its first letter may be wrong, an everyday word may be a part of it.
_LONG_NAME_LETTERS: Final = 8
_MIN_SUGGEST_FUZZY_LETTERS: Final = 4
_SUGGEST_MIN_LIKENESS: Final = 75.0
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

    @property
    def positions(self) -> range:
        return range(self.start, self.end)


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
        mentions = _meant([word.text for word in head], self._mentions(head))
        if not mentions:
            return NameMatch((), text.strip())
        peaks = dict.fromkeys(peak_id for mention in mentions for peak_id in mention.peaks)
        return NameMatch(tuple(peaks), remaining_words(source, found, _positions(mentions)))

    def suggest(self, text: str, limit: int = 8) -> list[str]:
        """Ids for a picker: names that begin with the text, then with a word that does, that hold it, that are alike.

        Within each kind the highest peak is first.
        """
        typed = fold(text)
        key = typed.replace(" ", "")
        if not key or limit < 1:
            return []
        kinds: dict[str, int] = {}
        for name in self._index.keys():  # noqa: SIM118 - an index of names, not a mapping
            if key in name:
                spellings = self._index.spellings(name)
                begins = any(f" {typed}" in spelling for spelling in spellings)
                kind = 0 if name.startswith(key) else 1 if begins else 2
                for peak_id in self._index.peaks(name):
                    kinds[peak_id] = min(kind, kinds.get(peak_id, kind))
        if len(kinds) < limit and len(key) >= _MIN_SUGGEST_FUZZY_LETTERS:
            alike = process.extract(
                key,
                list(self._index.keys()),
                scorer=fuzz.partial_ratio,
                score_cutoff=_SUGGEST_MIN_LIKENESS,
                limit=limit,
            )
            for name, likeness, _ in alike:
                if len(name) >= _MIN_SUGGEST_FUZZY_LETTERS:
                    for peak_id in self._index.peaks(name):
                        kinds.setdefault(peak_id, 103 - round(likeness))
        return sorted(kinds, key=lambda peak_id: (kinds[peak_id], -self.catalog[peak_id].elev_m, peak_id))[:limit]

    def _parts(self, word: Word) -> Iterator[Word]:
        """A run of a script without spaces, cut at the names in it and at the particles beside them."""
        if not is_spaceless(word.text):
            yield word
            return
        start = plain = 0
        while start < len(word.text):
            end = self._name_end(word.text, start)
            if end > start:
                yield from _peeled(word.part(plain, start), behind_name=plain > 0, before_name=True)
                yield word.part(start, end)
                plain = end
            start = max(end, start + 1)
        yield from _peeled(word.part(plain, len(word.text)), behind_name=plain > 0, before_name=False)

    def _name_end(self, run: str, start: int) -> int:
        """Where the longest name that begins at `start` ends; `start` if none does."""
        for length in self._index.spaceless_lengths:
            if start + length <= len(run) and run[start : start + length] in self._index:
                return start + length
        return start

    def _mentions(self, found: list[Word]) -> list[_Mention]:
        """Names that don't overlap, in order: those of more letters first, exact ones before typos."""
        longest = min(self._index.max_words + 1, _MAX_NAME_WORDS)
        candidates = []
        for start in range(len(found)):
            for end in range(start + 1, min(start + longest, len(found)) + 1):
                window = [word.text for word in found[start:end]]
                key = "".join(window)
                if len(key) > self._index.max_letters + max(map(len, CASE_ENDINGS)):
                    break
                peaks = self._exact(key, window)
                if peaks:
                    candidates.append(_Mention(start, end, len(key), peaks))
                elif nearest := self._nearest(key, window):
                    odd = all(name[0] != key[0] and len(name) < _LONG_NAME_LETTERS for name in nearest)
                    candidates.append(_Mention(start, end, len(key), self._peaks(nearest), False, odd))
        chosen: list[_Mention] = []
        taken: set[int] = set()
        for mention in sorted(candidates, key=lambda m: (-m.letters, not m.exact, m.start)):
            # Where words have no ends, a typo must not draw in a neighbour of the exact name: "雪アマ・ダブラム".
            run_on = not mention.exact and is_spaceless(found[mention.start].text)
            doubled = run_on and any(
                m.exact and m.peaks == mention.peaks and mention.start <= m.start and m.end <= mention.end
                for m in candidates
            )
            if not doubled and taken.isdisjoint(mention.positions):
                chosen.append(mention)
                taken.update(mention.positions)
        return sorted(chosen, key=lambda m: m.start)

    def _exact(self, key: str, window: list[str]) -> tuple[str, ...]:
        name = next((n for n in _without_endings(key) if n in self._index), None)
        if name is None:
            return ()
        words_at_most = max(spelling.count(" ") + 1 for spelling in self._index.spellings(name))
        if len(window) > words_at_most and not is_spaceless(name):
            # The typed spaces cut the name apart: "ama da blam" is meant so, "king kong de noche" is not.
            everyday = [word in EVERYDAY_WORDS for word in window]
            if len(key) < _MIN_CUT_LETTERS or all(everyday) or (any(everyday) and len(key) < _LONG_NAME_LETTERS):
                return ()
        return self._index.peaks(name)

    def _nearest(self, key: str, window: list[str]) -> list[str]:
        """The keys one typo away that these words may stand for; of them those whose spacing fits best."""
        distances: dict[str, int] = {}
        for name in self._index.one_typo_away(key):
            if _digits(name) != _digits(key):  # Nuptse 3 is not Nuptse 2
                continue
            for spelling in self._index.spellings(name):
                if self._may_be_typo(window, spelling.split(" ")):
                    distance = OSA.distance(" ".join(window), spelling)
                    distances[name] = min(distance, distances.get(name, distance))
        best = min(distances.values(), default=0)
        return [name for name, distance in distances.items() if distance == best]

    def _may_be_typo(self, window: list[str], name: list[str]) -> bool:
        if len(window) > len(name):
            # Without spaces the words are only our cuts: at a name inside the mistyped one.
            return is_spaceless(name[0])
        # A word of another name is no typo either: the village of Lobuche is not Tobuche.
        strange = set(window).difference(name, TITLES)
        return strange.isdisjoint(EVERYDAY_WORDS) and strange.isdisjoint(self._index.name_words)

    def _peaks(self, names: Iterable[str]) -> tuple[str, ...]:
        ids = {peak_id for name in names for peak_id in self._index.peaks(name)}
        return tuple(sorted(ids, key=lambda peak_id: (-self.catalog[peak_id].elev_m, peak_id)))


def _meant(texts: list[str], mentions: list[_Mention]) -> list[_Mention]:
    """The mentions that mean summits, each with the title beside it ("Mount", "peak")."""
    taken = _positions(mentions)
    alone = all(i in taken or text in ALL_FILLERS or text in ALL_TITLES for i, text in enumerate(texts))
    meant = []
    for mention in mentions:
        start, end = mention.start, mention.end
        if is_ambiguous(texts[start:end]) and not is_mountain(texts, start, end, taken):
            continue
        if mention.wrong_first_letter and not alone:
            continue
        if end < len(texts) and texts[end] in ALL_TITLES and end not in taken:
            end += 1
        if start > 0 and texts[start - 1] in ALL_TITLES and start - 1 not in taken:
            start -= 1
        if not is_place(texts, start, end):
            meant.append(replace(mention, start=start, end=end))
    return meant


def _positions(mentions: Iterable[_Mention]) -> set[int]:
    return {position for mention in mentions for position in mention.positions}


def _peeled(run: Word, behind_name: bool, before_name: bool) -> Iterator[Word]:
    """A run without the particles that cling to a name on either side; nothing for an empty run."""
    start, end = 0, len(run.text)
    heads: list[Word] = []
    tails: list[Word] = []
    while particle := next((p for p in _CLINGING if run.text.startswith(p, start, end)), ""):
        heads.append(run.part(start, start + len(particle)))
        start += len(particle)
    if not behind_name and start < end:
        start, heads = 0, []
    while before_name and (particle := next((p for p in _CLINGING if run.text.endswith(p, start, end)), "")):
        tails.insert(0, run.part(end - len(particle), end))
        end -= len(particle)
    yield from heads
    if start < end:
        yield run.part(start, end)
    yield from tails


def _without_endings(key: str) -> Iterator[str]:
    yield key
    if not key.isascii():
        yield from (key.removesuffix(ending) for ending in CASE_ENDINGS if key.endswith(ending))


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
