"""Rules for the words around a name in a query: whether the name means the summit, and which words remain.

Words are folded. [start, end) is the name's position among them.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Final

from cumbre.search.vocabulary import (
    EVERYDAY_WORDS,
    FILLERS,
    LODGINGS_BEFORE,
    MOUNTAIN_WORDS,
    PLACE_LINKS,
    PLACES_AFTER,
    PLACES_BEFORE,
    PREPOSITIONS,
    SPACELESS_FILLERS,
    SPACELESS_TITLES,
    TITLES,
)
from cumbre.text.folding import Word

ALL_TITLES: Final = TITLES | SPACELESS_TITLES
ALL_FILLERS: Final = FILLERS | SPACELESS_FILLERS
_AMBIGUOUS_LETTERS: Final = 4
_MAX_PLACE_WORDS: Final = max(map(len, PLACES_AFTER | PLACES_BEFORE))
_MAX_LINKS: Final = 2


def is_ambiguous(name: Sequence[str]) -> bool:
    """Return whether a name is also an everyday word, or short enough to be one in some language."""
    if len(name) != 1:
        return False
    word = name[0]
    return word in EVERYDAY_WORDS or (word.isascii() and word.isalpha() and len(word) <= _AMBIGUOUS_LETTERS)


def is_mountain(texts: Sequence[str], start: int, end: int, names: Collection[int]) -> bool:
    """Return whether an ambiguous name must mean the mountain; names are the positions of words that name peaks."""
    before = texts[start - 1] if start > 0 else None
    behind = texts[end] if end < len(texts) else None
    if before in MOUNTAIN_WORDS or behind in MOUNTAIN_WORDS:
        return True
    # In Spanish "el Mera" is the mountain; the adjective would be "la mera".
    article = before == "el" and len(texts[start]) <= _AMBIGUOUS_LETTERS
    opens = before is None or before in PREPOSITIONS or start - 1 in names or article
    closes = behind is None or behind in PREPOSITIONS or end in names
    return opens and closes


def is_place(texts: Sequence[str], start: int, end: int) -> bool:
    """Return whether the name is part of another place's name: a base camp, a trek, a hotel."""
    if any(tuple(texts[end : end + count]) in PLACES_AFTER for count in range(1, _MAX_PLACE_WORDS + 1)):
        return True
    if start > 0 and texts[start - 1] in LODGINGS_BEFORE:
        return True
    for links in range(_MAX_LINKS + 1):
        last = start - links
        if any(text not in PLACE_LINKS for text in texts[max(last, 0) : start]):
            return False
        if any(tuple(texts[max(last - count, 0) : last]) in PLACES_BEFORE for count in range(1, _MAX_PLACE_WORDS + 1)):
            return True
    return False


def remaining_words(source: str, found: Sequence[Word], names: Collection[int]) -> str:
    """Return the text between names, without fillers at the ends; "" if only fillers and titles are left.

    source is the composed (NFKC) text that the offsets of the words refer to. names are the positions of words that
    belong to a name.
    """
    parts = []
    for named, group in groupby(range(len(found)), key=lambda i: i in names):
        kept = [] if named else list(_trimmed([found[i] for i in group]))
        if any(word.text not in ALL_TITLES and word.text not in ALL_FILLERS for word in kept):
            parts.append(" ".join(source[kept[0].start : kept[-1].end].split()))
    return " ".join(parts)


def _trimmed(part: list[Word]) -> Iterator[Word]:
    meaningful = [i for i, word in enumerate(part) if word.text not in ALL_FILLERS]
    if meaningful:
        yield from part[meaningful[0] : meaningful[-1] + 1]
