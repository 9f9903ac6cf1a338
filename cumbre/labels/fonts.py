"""The fonts of what is written into pictures: Pillow's own, or a system's for letters that it lacks."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont, features

# Pillow's font knows ASCII and little more, but needs no file and is the same everywhere. The others by their looks.
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
# No character will ever have this code, so every font draws its sign for a missing one.
_NO_CHARACTER = "\ufdd0"


@dataclass(frozen=True, slots=True)
class LabelFont:
    """A font in any size; path is "" for Pillow's own."""

    path: str

    def at(self, size_px: float) -> ImageFont.FreeTypeFont:
        return _loaded(self.path, size_px)

    def can_write(self, text: str) -> bool:
        """Whether it has every letter of a text."""
        return all(_has_glyph(self.path, letter) for letter in set(text) - {" "})


def one_line(text: str) -> str:
    """The text as fonts have it: accented letters as one character, every space a plain one.

    >>> one_line("6\u202f812 m")
    '6 812 m'
    """
    return unicodedata.normalize("NFC", " ".join(text.split()))


def font_for(text: str) -> LabelFont | None:
    """The first font that can write a text; None if there is none, or if this Pillow can't set its script."""
    if _needs_shaping(text) and not features.check("raqm"):
        return None
    return next((font for font in _fonts() if font.can_write(text)), None)


def can_write(text: str) -> bool:
    """Whether a text can be drawn on this machine. One without letters and digits can't."""
    line = one_line(text)
    return any(map(str.isalnum, line)) and font_for(line) is not None


def writable(text: str) -> str:
    """The text in one line; without its accents where no font has those; empty where no font can write it at all."""
    line = one_line(text)
    return next((one for one in (line, _without_accents(line)) if can_write(one)), "")


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _needs_shaping(text: str) -> bool:
    """Whether letters join, combine or run to the left, as in Devanagari or Arabic."""
    return any(unicodedata.category(c).startswith("M") or unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def _fonts() -> Iterator[LabelFont]:
    yield LabelFont(_BUNDLED)
    yield from map(LabelFont, _system_fonts())


@cache
def _system_fonts() -> tuple[str, ...]:
    """The paths of the known fonts that this system has and that can be read, in their order."""
    there = {path.name: str(path) for folder in _FOLDERS for path in Path(folder).rglob("*.tt[cf]")}
    return tuple(there[name] for name in _SYSTEM_FONTS if name in there and _opens(there[name]))


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
    assert isinstance(font, ImageFont.FreeTypeFont)  # with a size it is
    return font


@lru_cache(maxsize=4096)
def _has_glyph(path: str, letter: str) -> bool:
    return _pixels(path, letter) != _pixels(path, _NO_CHARACTER)


def _pixels(path: str, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = _loaded(path, _PROBE_PX).getmask(letter)
    return mask.size, bytes(mask)
