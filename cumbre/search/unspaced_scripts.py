"""Cut text in scripts without spaces into names and the words around them, such as "アマ・ダブラムの写真"."""

from collections.abc import Iterator
from typing import Final

from cumbre.search.alias_index import AliasIndex
from cumbre.search.vocabulary import PLACES_AFTER, SPACELESS_FILLERS, SPACELESS_TITLES
from cumbre.text.folding import Word, is_spaceless

_PARTICLES: Final = sorted(
    SPACELESS_FILLERS | SPACELESS_TITLES | {p[0] for p in PLACES_AFTER if is_spaceless(p[0])}, key=len, reverse=True
)


def cut_at_names(word: Word, index: AliasIndex) -> Iterator[Word]:
    """Yield the word itself or, in a script without spaces, its parts: names, adjacent particles and the rest."""
    if not is_spaceless(word.text):
        yield word
        return
    start = plain = 0
    while start < len(word.text):
        end = _name_end(word.text, start, index)
        if end > start:
            yield from _split_particles(word.part(plain, start), behind_name=plain > 0, before_name=True)
            yield word.part(start, end)
            plain = end
        start = max(end, start + 1)
    yield from _split_particles(word.part(plain, len(word.text)), behind_name=plain > 0, before_name=False)


def _name_end(run: str, start: int, index: AliasIndex) -> int:
    """The end of the longest name that starts at `start`; `start` if there is none."""
    for length in index.spaceless_lengths:
        if start + length <= len(run) and run[start : start + length] in index:
            return start + length
    return start


def _split_particles(run: Word, behind_name: bool, before_name: bool) -> Iterator[Word]:
    """Split a run between names into the particles attached to a name and the rest; nothing for an empty run."""
    start, end = 0, len(run.text)
    heads: list[Word] = []
    tails: list[Word] = []
    while particle := next((p for p in _PARTICLES if run.text.startswith(p, start, end)), ""):
        heads.append(run.part(start, start + len(particle)))
        start += len(particle)
    if not behind_name and start < end:
        start, heads = 0, []
    while before_name and (particle := next((p for p in _PARTICLES if run.text.endswith(p, start, end)), "")):
        tails.insert(0, run.part(end - len(particle), end))
        end -= len(particle)
    yield from heads
    if start < end:
        yield run.part(start, end)
    yield from tails
