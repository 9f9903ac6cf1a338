"""Draw summit names on a picture: white letters with a dark outline, legible on snow and sky."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from cumbre.labels.fonts import LabelFont, font_for, writable_text
from cumbre.labels.layout import Box, PlacedLabel, SummitLabel, letters_px_for, place_labels

_LIGHT = (255, 255, 255)
_DARK = (11, 22, 36)
# In multiples of the letter size. Baselines are measured from the top of a label. _WEIGHT makes the strokes bolder.
_DETAIL_SIZE = 0.74
_NAME_BASELINE, _DETAIL_BASELINE = 0.74, 1.62
_BELOW_BASELINE = 0.22
_WEIGHT, _OUTLINE, _GLOW = 0.012, 0.06, 0.22
_PEN, _PEN_EDGE = 0.065, 0.05
_DETAIL_MIN_PX = 10
# A blur ends at about three times its radius.
_GLOW_REACH = 3.5
# Factors for the blurred outline and for the dark edge of a line.
_GLOW_STRENGTH, _EDGE_STRENGTH = 1.5, 0.5
# The lighter the background, the more glow white letters need.
_GLOW_BY_BACKGROUND = [round(255 * (0.35 + 0.65 * (value / 255) ** 2)) for value in range(256)]
_SUPERSAMPLING = 4
_ANCHORS = {"left": "ls", "centre": "ms", "right": "rs"}


def draw_names(image: Image.Image, labels: Sequence[SummitLabel]) -> Image.Image:
    """Return a copy of an upright RGB picture with the summit names on it, given most important first.

    A name is omitted if there is no room (layout.py) or no font (fonts.py) for it.
    """
    picture = image.copy()
    written = [_as_written(label) for label in labels if writable_text(label.text)]
    lettering = _Lettering(letters_px_for(*image.size), font_for("".join(one.text + one.detail for one in written)))
    placed = place_labels(written, *image.size, lettering.letters_px, lettering.size_px)
    for one in placed:
        _draw_leader(picture, one, lettering.letters_px)
    for one in placed:
        _write(picture, one, lettering)
    return picture


def _as_written(label: SummitLabel) -> SummitLabel:
    return SummitLabel(writable_text(label.text), writable_text(label.detail), label.x, label.y)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a label. baseline_px is measured from the label's top."""

    text: str
    font: ImageFont.FreeTypeFont
    baseline_px: float


@dataclass(frozen=True, slots=True)
class _Lettering:
    """The fonts for the labels of one picture: one common font if it has all characters, else one per text."""

    letters_px: int
    common: LabelFont | None

    def lines(self, label: SummitLabel) -> list[_Line]:
        name_px, detail_px = self.letters_px, max(_DETAIL_MIN_PX, _DETAIL_SIZE * self.letters_px)
        name = _Line(label.text, self._font(label.text, name_px), _NAME_BASELINE * name_px)
        if not label.detail:
            return [name]
        return [name, _Line(label.detail, self._font(label.detail, detail_px), _DETAIL_BASELINE * name_px)]

    def size_px(self, label: SummitLabel) -> tuple[float, float]:
        lines = self.lines(label)
        below = _BELOW_BASELINE * lines[-1].font.size
        return max(line.font.getlength(line.text) for line in lines), lines[-1].baseline_px + below

    def _font(self, text: str, size_px: float) -> ImageFont.FreeTypeFont:
        font = self.common or font_for(text)
        assert font  # labels that can't be written have been removed
        return font.at(size_px)


@dataclass(frozen=True, slots=True)
class _Area:
    """A rectangle of whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def around(cls, box: Box, margin_px: float) -> "_Area":
        """Return the area that covers a box and a margin around it."""
        left, top = math.floor(box.left - margin_px), math.floor(box.top - margin_px)
        return cls(left, top, math.ceil(box.right + margin_px) - left, math.ceil(box.bottom + margin_px) - top)

    @property
    def start(self) -> tuple[int, int]:
        return self.left, self.top

    def within(self, box: Box) -> Box:
        """Return the box relative to the area's top left corner."""
        return Box(box.left - self.left, box.top - self.top, box.right - self.left, box.bottom - self.top)


def _write(picture: Image.Image, placed: PlacedLabel, lettering: _Lettering) -> None:
    letters_px = lettering.letters_px
    area = _Area.around(placed.box, _GLOW_REACH * _GLOW * letters_px)
    letters, outline_mask = (Image.new("L", (area.width, area.height)) for _ in range(2))
    box, anchor = area.within(placed.box), _ANCHORS[placed.align]
    flush = {"left": box.left, "centre": (box.left + box.right) / 2, "right": box.right}[placed.align]
    for line in lettering.lines(placed.label):
        at = (flush, box.top + line.baseline_px)
        for mask, stroke in ((letters, _WEIGHT), (outline_mask, _OUTLINE)):
            ImageDraw.Draw(mask).text(at, line.text, 255, line.font, anchor, stroke_width=stroke * letters_px)
    glow = outline_mask.filter(ImageFilter.GaussianBlur(_GLOW * letters_px)).point(_scaled(_GLOW_STRENGTH))
    background = picture.crop((*area.start, area.left + area.width, area.top + area.height)).convert("L")
    needed = background.filter(ImageFilter.GaussianBlur(letters_px / 2)).point(_GLOW_BY_BACKGROUND)
    picture.paste(_DARK, area.start, ImageChops.lighter(outline_mask, ImageChops.multiply(glow, needed)))
    picture.paste(_LIGHT, area.start, letters)


def _draw_leader(picture: Image.Image, placed: PlacedLabel, letters_px: int) -> None:
    """Draw the leader and a ring around the summit: light lines with a dark edge."""
    leader, mark = placed.leader, placed.mark
    pen, edge = max(1.0, _PEN * letters_px), max(0.7, _PEN_EDGE * letters_px)
    area = _Area.around(Box(*map(min, leader[:2], mark[:2]), *map(max, leader[2:], mark[2:])), pen + edge)
    picture.paste(_DARK, area.start, _line_mask(placed, area, pen + 2 * edge).point(_scaled(_EDGE_STRENGTH)))
    picture.paste(_LIGHT, area.start, _line_mask(placed, area, pen))


def _line_mask(placed: PlacedLabel, area: _Area, pen_px: float) -> Image.Image:
    """Return a mask of the leader and the ring in an area, drawn at a higher resolution and then reduced."""
    fine = Image.new("L", (_SUPERSAMPLING * area.width, _SUPERSAMPLING * area.height))
    draw, pen = ImageDraw.Draw(fine), round(_SUPERSAMPLING * pen_px)
    draw.line([_SUPERSAMPLING * at for at in area.within(placed.leader)], 255, pen)
    left, top, right, bottom = area.within(placed.mark)
    ring = (left - pen_px / 2, top - pen_px / 2, right + pen_px / 2, bottom + pen_px / 2)
    draw.ellipse([_SUPERSAMPLING * at for at in ring], outline=255, width=pen)
    return fine.reduce(_SUPERSAMPLING)


def _scaled(factor: float) -> list[int]:
    """Return a lookup table for Image.point() that multiplies a mask by a factor."""
    return [min(255, round(factor * value)) for value in range(256)]
