"""Text folding for comparison: split text into words without case, accents, hyphens and apostrophes.

Accents are removed from Latin, Greek and Cyrillic letters only: in Devanagari or Tibetan the marks are vowels.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_ACCENTED_SCRIPTS: Final = ("LATIN ", "GREEK ", "CYRILLIC ")
# Letters that Unicode does not decompose, though people type them as plain letters.
_PLAIN: Final = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
# Unicode classes these as letters, but people use them as apostrophes: Hawai'i.
_MODIFIER_APOSTROPHES: Final = frozenset("\u02b9\u02bb\u02bc\u02bd\u02be\u02bf")
_APOSTROPHES: Final = frozenset("'’‘`´") | _MODIFIER_APOSTROPHES
_MIDDLE_DOTS: Final = frozenset("・·･゠")
# Thai, Lao, Myanmar, Khmer, kana, Han: written without spaces between words.
_SPACELESS: Final = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word. offsets[i] is the index in the composed text of the source of text[i]."""

    text: str
    offsets: tuple[int, ...]

    @property
    def start(self) -> int:
        """Index of the word's first character in the composed text."""
        return self.offsets[0]

    @property
    def end(self) -> int:
        """Index after the word's last character in the composed text."""
        return self.offsets[-1] + 1

    def part(self, start: int, end: int) -> "Word":
        """Return the characters [start:end] of the folded word as a Word."""
        return Word(self.text[start:end], self.offsets[start:end])


def composed(text: str) -> str:
    """Return the text in NFKC, the form that Word.offsets refer to; it undoes half-width kana and ligatures."""
    return unicodedata.normalize("NFKC", text)


def fold(text: str) -> str:
    """Return the folded words of a text, joined by spaces.

    >>> fold("ÁMÀ-Dablam"), fold("チョ・オユー"), fold("d'Ama")
    ('ama dablam', 'チョオユー', 'd ama')
    """
    return " ".join(word.text for word in words(composed(text)))


def words(text: str) -> list[Word]:
    """Return the words of a composed text, in order.

    In scripts without spaces each run of letters is one word. A possessive s is dropped.
    """
    found: list[Word] = []
    letters: list[str] = []
    offsets: list[int] = []
    for offset, char in enumerate(text):
        if char in _MIDDLE_DOTS and letters and is_spaceless(letters[-1]):
            continue
        folded = _fold_char(char)
        if folded is None or (letters and folded and is_spaceless(folded) != is_spaceless(letters[-1])):
            _end_word(found, letters, offsets, text)
        for letter in folded or "":
            letters.append(letter)
            offsets.append(offset)
    _end_word(found, letters, offsets, text)
    return found


def is_spaceless(text: str) -> bool:
    """Return whether a non-empty text begins with a script that puts no spaces between words."""
    point = ord(text[0])
    return point >= 0x0E00 and any(low <= point <= high for low, high in _SPACELESS)


def _end_word(found: list[Word], letters: list[str], offsets: list[int], text: str) -> None:
    if letters and not (letters == ["s"] and found and _before(text, offsets[0]) in _APOSTROPHES):
        found.append(Word("".join(letters), tuple(offsets)))
    letters.clear()
    offsets.clear()


def _before(text: str, offset: int) -> str:
    """Return the nearest character before the offset that folding does not remove; "" if there is none."""
    return next((text[at] for at in range(offset - 1, -1, -1) if _fold_char(text[at]) != ""), "")


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str | None:
    """Fold one character: to letters or digits, to "" if it is dropped, or to None if it separates words."""
    if char.isascii():
        return char.lower() if char.isalnum() else None
    category = unicodedata.category(char)
    name = unicodedata.name(char, "")
    if category == "Cf" or "COMBINING" in name or name.startswith("VARIATION SELECTOR"):
        return ""
    if category[0] not in "LMN" or char in _MODIFIER_APOSTROPHES:
        return None
    if name.startswith(_ACCENTED_SCRIPTS):
        base = unicodedata.normalize("NFD", char.casefold())
        return "".join(_PLAIN.get(c, c) for c in base if not unicodedata.combining(c))
    return char.casefold()
