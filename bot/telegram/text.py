"""Cut texts to Telegram's limits, which count UTF-16 code units (core.telegram.org/bots/api)."""

import unicodedata
from typing import Final

MAX_MESSAGE_UNITS: Final = 4096
MAX_CAPTION_UNITS: Final = 1024
MAX_TOAST_UNITS: Final = 200

_ELLIPSIS: Final = "…"
_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS: Final = range(0x1F1E6, 0x1F200)


def utf16_units(text: str) -> int:
    """Return the length of a text in UTF-16 code units.

    >>> utf16_units("a🏔")
    3
    """
    return len(text) + sum(c > "\uffff" for c in text)


def cut(text: str, most_units: int) -> str:
    """Return the text, cut with an ellipsis if it is too long, but never inside a visible character.

    >>> cut("Ama Dablam", 5), cut("Ama", 5)
    ('Ama…', 'Ama')
    """
    if utf16_units(text) <= most_units:
        return text
    kept = len(text)
    units = utf16_units(text)
    while kept and (units > most_units - 1 or not _may_end_before(text, kept)):
        kept -= 1
        units -= utf16_units(text[kept])
    return text[:kept].rstrip() + _ELLIPSIS


def _may_end_before(text: str, at: int) -> bool:
    """Return whether a visible character ends at this index; at lies inside the text."""
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or unicodedata.category(after).startswith("M") or ord(after) in _SKIN_TONES:
        return False
    if ord(before) in _FLAG_LETTERS and ord(after) in _FLAG_LETTERS:
        letters = 0
        while letters < at and ord(text[at - 1 - letters]) in _FLAG_LETTERS:
            letters += 1
        # A flag consists of two letters.
        return letters % 2 == 0
    return True
