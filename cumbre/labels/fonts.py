"""Choose a font for text on pictures: Pillow's built-in one, or a system font if that lacks a character."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont, features

# Pillow's font covers little more than ASCII, but needs no file and is the same everywhere. System fonts are ordered by
# appearance, best first.
_BUNDLED = ""
_SYSTEM_FONTS = (
    "NotoSans-Regular.ttf", "segoeui.ttf", "HelveticaNeue.ttc", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf",
    "DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "PingFang.ttc", "Hiragino Sans GB.ttc", "msyh.ttc", "YuGothR.ttc",
    "AppleSDGothicNeo.ttc", "malgun.ttf", "Arial Unicode.ttf", "NotoSansDevanagari-Regular.ttf", "Nirmala.ttf",
    "Nirmala.ttc", "Kohinoor.ttc",
)  # fmt: skip
_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
_PROBE_PX = 16
# This code point will never be a character, so every font draws its symbol for a missing glyph.
_NO_CHARACTER = "\ufdd0"


@dataclass(frozen=True, slots=True)
class LabelFont:
    """A font in any size. path is "" for Pillow's built-in font."""

    path: str

    def at(self, size_px: float) -> ImageFont.FreeTypeFont:
        """Return the font in a size. Raises OSError if its file can't be read."""
        return _loaded(self.path, size_px)

    def can_write(self, text: str) -> bool:
        """Return whether the font has a glyph for every character of a text."""
        return all(_has_glyph(self.path, letter) for letter in set(text) - {" "})


def normalize_line(text: str) -> str:
    """Return the text as fonts support it: on one line, accented letters as one character (NFC), only plain spaces.

    >>> normalize_line("6\u202f812 m")
    '6 812 m'
    """
    return unicodedata.normalize("NFC", " ".join(text.split()))


def font_for(text: str) -> LabelFont | None:
    """Return the first font that can write a text, or None if no font can or if this Pillow can't shape its script."""
    if _needs_shaping(text) and not features.check("raqm"):
        return None
    return next((font for font in _fonts() if font.can_write(text)), None)


def can_write(text: str) -> bool:
    """Return whether a text can be drawn on this machine. A text without letters and digits can't."""
    line = normalize_line(text)
    return any(map(str.isalnum, line)) and font_for(line) is not None


def writable_text(text: str) -> str:
    """Return the text on one line, without accents if no font has them, or "" if no font can write it at all."""
    line = normalize_line(text)
    return next((one for one in (line, _without_accents(line)) if can_write(one)), "")


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _needs_shaping(text: str) -> bool:
    """Return whether letters join, combine or run from right to left, as in Devanagari or Arabic."""
    return any(unicodedata.category(c).startswith("M") or unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def _fonts() -> Iterator[LabelFont]:
    yield LabelFont(_BUNDLED)
    yield from map(LabelFont, _system_fonts())


@cache
def _system_fonts() -> tuple[str, ...]:
    """Return the paths of the fonts in _SYSTEM_FONTS that are installed and readable, in that order."""
    installed = {path.name: str(path) for folder in _FOLDERS for path in Path(folder).rglob("*.tt[cf]")}
    return tuple(installed[name] for name in _SYSTEM_FONTS if name in installed and _opens(installed[name]))


def _opens(path: str) -> bool:
    try:
        _loaded(path, _PROBE_PX)
    except OSError:
        return False
    return True


@lru_cache(maxsize=32)
def _loaded(path: str, size_px: float) -> ImageFont.FreeTypeFont:
    if path:
        return ImageFont.truetype(path, size_px)
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)  # always so if a size is given
    return font


@lru_cache(maxsize=4096)
def _has_glyph(path: str, letter: str) -> bool:
    return _pixels(path, letter) != _pixels(path, _NO_CHARACTER)


def _pixels(path: str, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = _loaded(path, _PROBE_PX).getmask(letter)
    return mask.size, bytes(mask)
