"""Find the peaks that a query names, and the words that remain.

The longest name wins. Between names of equal length, an exact match beats a typo. The rules:
- "lhotse face" and "nuptse glacier" are parts of a mountain: they name it, and "face" remains.
- "everest base camp", "everest trek" and "hotel everest view" are other places: they name no peak and remain whole.
  The camps above base camp ("everest camp 2", "island peak high camp") are parts of the mountain.
- A name that is also a word, or has at most 4 letters ("Mera"), counts only if the mountain must be meant: as the whole
  query, between prepositions, or next to a word like peak, summit or sunrise. In "una mera casualidad" it does not.
- Names of 6 letters or more may have one typo, but not in a digit: Nuptse 3 is not Nuptse 2.
- An exact name means that peak, even if it is one typo away from another: "nuptse i", "tobuche", "nuptse in".
- An everyday word ("touché", "severest") or a word of another name ("lobuche", the village) is not taken for a typo,
  unless the rest of the name is no everyday word and the query asks for nothing but a mountain: "am dablam" and
  "pumo rio at sunset" are typos, "the snowy saddle" and "lobuche last day" are not.
- A text that is equally close to several names means all of them.
- If several peaks share a name, all of them are found, highest first.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from cumbre.peaks.catalog import Catalog
from cumbre.search.alias_index import AliasIndex
from cumbre.search.name_context import ALL_FILLERS, ALL_TITLES, is_ambiguous, is_mountain, is_place, remaining_words
from cumbre.search.unspaced_scripts import cut_at_names
from cumbre.search.vocabulary import CASE_ENDINGS, EVERYDAY_WORDS, MOUNTAIN_WORDS, TITLES
from cumbre.text.folding import Word, composed, fold, is_spaceless, words

# Longer texts are not photo queries, so names beyond these limits are ignored. Without a limit, a text of combining
# accents takes minutes, because Unicode normalization sorts them.
_MAX_CHARACTERS: Final = 2000
_MAX_WORDS: Final = 64
_MAX_NAME_WORDS: Final = 8
# The shortest name that is recognised with extra spaces inside its words ("ama da blam").
_MIN_CUT_LETTERS: Final = 6
# Names this long hardly match by chance, so an everyday word may be part of one.
_LONG_NAME_LETTERS: Final = 8
_MIN_SUGGEST_FUZZY_LETTERS: Final = 4
_SUGGEST_MIN_LIKENESS: Final = 75.0
_WITHOUT_SUBJECT: Final = ALL_FILLERS | ALL_TITLES | MOUNTAIN_WORDS
_LONGEST_ENDING: Final = max(map(len, CASE_ENDINGS))


@dataclass(frozen=True, slots=True)
class NameMatch:
    """The ids of the peaks that a query names, in order of mention without duplicates, and its other words or ""."""

    peaks: tuple[str, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class _Mention:
    """words[start:end] name these peaks.

    daring: the typo is itself an everyday word or a word of another name.
    """

    start: int
    end: int
    letters: int
    peaks: tuple[str, ...]
    exact: bool = True
    daring: bool = False

    @property
    def positions(self) -> range:
        return range(self.start, self.end)


class PeakNames:
    """Recognises the names of a catalogue's peaks in text."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._index = AliasIndex(catalog)

    def find(self, text: str) -> NameMatch:
        """Return the peaks that a query names, and its other words without the fillers around the names.

        >>> from cumbre.peaks.catalog_files import bundled_catalog
        >>> PeakNames(bundled_catalog()).find("photos of ama dablan with prayer flags")
        NameMatch(peaks=('ama-dablam',), rest='prayer flags')
        """
        head, tail = _head(text)
        source = composed(head)
        found = [part for word in words(source) for part in cut_at_names(word, self._index)]
        searched = found[:_MAX_WORDS]
        mentions = _summits_only([word.text for word in searched], self._mentions(searched))
        if not mentions:
            return NameMatch((), text.strip())
        peaks = dict.fromkeys(peak_id for mention in mentions for peak_id in mention.peaks)
        rest = remaining_words(source, found, _positions(mentions))
        return NameMatch(tuple(peaks), " ".join([rest, *tail.split()]).strip())

    def suggest(self, text: str, limit: int = 8) -> list[str]:
        """Return peak ids for a picker that completes what people type.

        Names that start with the text come first, then names with a word that starts with it, names that contain it,
        and similar names by similarity. Within each group the highest peak comes first.
        """
        typed = fold(_head(text)[0])
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

    def _mentions(self, found: list[Word]) -> list[_Mention]:
        """The mentions to keep, without overlaps, in text order. More letters win, then exact matches over typos."""
        texts = [word.text for word in found]
        candidates = list(self._candidates(texts))
        chosen: list[_Mention] = []
        taken: set[int] = set()
        for mention in sorted(candidates, key=lambda m: (-m.letters, not m.exact, m.start)):
            inside = [m for m in candidates if m.exact and mention.start <= m.start and m.end <= mention.end]
            # Without word boundaries, a typo must not absorb a character next to an exact name: "雪アマ・ダブラム".
            run_on = not mention.exact and is_spaceless(texts[mention.start])
            doubled = run_on and any(m.peaks == mention.peaks for m in inside)
            if not doubled and not (mention.daring and inside) and taken.isdisjoint(mention.positions):
                chosen.append(mention)
                taken.update(mention.positions)
        return sorted(chosen, key=lambda m: m.start)

    def _candidates(self, texts: list[str]) -> Iterator[_Mention]:
        longest = min(self._index.max_words + 1, _MAX_NAME_WORDS)
        # A daring typo counts only if the query asks for nothing else, except words that go with mountains.
        others = [i for i, text in enumerate(texts) if text not in _WITHOUT_SUBJECT]
        for start in range(len(texts)):
            for end in range(start + 1, min(start + longest, len(texts)) + 1):
                window = texts[start:end]
                key = "".join(window)
                if len(key) > self._index.max_letters + _LONGEST_ENDING:
                    break
                if peaks := self._exact(key, window):
                    yield _Mention(start, end, len(key), peaks)
                    continue
                near = self._index.one_typo_away(key)
                if not near:
                    continue
                if nearest := self._nearest(near, key, window, self._may_be_typo):
                    yield _Mention(start, end, len(key), self._peaks(nearest), exact=False)
                elif all(start <= i < end for i in others) and (
                    nearest := self._nearest(near, key, window, _has_distinctive_word)
                ):
                    yield _Mention(start, end, len(key), self._peaks(nearest), exact=False, daring=True)

    def _exact(self, key: str, window: list[str]) -> tuple[str, ...]:
        name = next((n for n in _without_endings(key) if n in self._index), None)
        if name is None:
            return ()
        words_at_most = max(spelling.count(" ") + 1 for spelling in self._index.spellings(name))
        if len(window) > words_at_most and not is_spaceless(name):
            # Extra spaces split the name: "ama da blam" means the peak, "king kong de noche" does not.
            everyday = [word in EVERYDAY_WORDS for word in window]
            if len(key) < _MIN_CUT_LETTERS or all(everyday) or (any(everyday) and len(key) < _LONG_NAME_LETTERS):
                return ()
        return self._index.peaks(name)

    def _nearest(
        self, near: list[str], key: str, window: list[str], may_be: Callable[[list[str], list[str]], bool]
    ) -> list[str]:
        """The nearby keys that the words can be a typo of, reduced to those with the best-fitting spacing."""
        distances: dict[str, int] = {}
        for name in near:
            if _digits(name) != _digits(key):
                continue
            for spelling in self._index.spellings(name):
                if may_be(window, spelling.split(" ")):
                    distance = OSA.distance(" ".join(window), spelling)
                    distances[name] = min(distance, distances.get(name, distance))
        best = min(distances.values(), default=0)
        return [name for name, distance in distances.items() if distance == best]

    def _may_be_typo(self, window: list[str], name: list[str]) -> bool:
        if len(window) > len(name):
            # In a script without spaces, word boundaries come from cut_at_names(), which may split a mistyped name.
            return is_spaceless(name[0])
        # A word of another name is not a typo either: the village of Lobuche is not Tobuche.
        strange = set(window).difference(name, TITLES)
        return strange.isdisjoint(EVERYDAY_WORDS) and strange.isdisjoint(self._index.name_words)

    def _peaks(self, names: Iterable[str]) -> tuple[str, ...]:
        ids = {peak_id for name in names for peak_id in self._index.peaks(name)}
        return tuple(sorted(ids, key=lambda peak_id: (-self.catalog[peak_id].elev_m, peak_id)))


def _has_distinctive_word(window: list[str], name: list[str]) -> bool:
    """Whether a word of the name that is not an everyday word was typed correctly, so that another may be a typo."""
    return len(window) == len(name) and not EVERYDAY_WORDS.issuperset(set(window).intersection(name))


def _head(text: str) -> tuple[str, str]:
    """Split a text into the part to search for names and the rest, at a space if there is one."""
    if len(text) <= _MAX_CHARACTERS:
        return text, ""
    cut = text.rfind(" ", 0, _MAX_CHARACTERS) + 1 or _MAX_CHARACTERS
    return text[:cut], text[cut:]


def _summits_only(texts: list[str], mentions: list[_Mention]) -> list[_Mention]:
    """The mentions that mean summits, each extended by an adjacent title ("Mount", "peak")."""
    taken = _positions(mentions)
    summits = []
    for mention in mentions:
        start, end = mention.start, mention.end
        if is_ambiguous(texts[start:end]) and not is_mountain(texts, start, end, taken):
            continue
        if end < len(texts) and texts[end] in ALL_TITLES and end not in taken:
            end += 1
        if start > 0 and texts[start - 1] in ALL_TITLES and start - 1 not in taken:
            start -= 1
        if not is_place(texts, start, end):
            summits.append(replace(mention, start=start, end=end))
    return summits


def _positions(mentions: Iterable[_Mention]) -> set[int]:
    return {position for mention in mentions for position in mention.positions}


def _without_endings(key: str) -> Iterator[str]:
    yield key
    if not key.isascii():
        yield from (key.removesuffix(ending) for ending in CASE_ENDINGS if key.endswith(ending))


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
