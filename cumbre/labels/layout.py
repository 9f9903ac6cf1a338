"""Place summit names in a picture: near their summits, without covering another name, leader or summit.

Lengths are in pixels of the picture. drawing.py draws the names.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Align = Literal["left", "centre", "right"]

# Chosen by eye, for widths of 360 to 4000 px.
_LETTERS_PER_SIDE = 62
_LETTERS_MIN_PX = 12
_MIN_LABELS, _MAX_LABELS, _PX_PER_EXTRA_LABEL = 4, 12, 400
# In multiples of the letter size.
_MARGIN = 0.5
_GAP = 0.35
_BESIDE_LEADER = 0.35
_LEADER_MIN = 0.6
_SUMMIT_GAP = 0.45
_MARK_RADIUS = 0.25
_NAME_MIDDLE = 0.37
_MAX_HALF_ROWS = 12
_ROUNDING_PX = 1e-6


@dataclass(frozen=True, slots=True)
class SummitLabel:
    """The label of a summit.

    text: its name. detail: its elevation, or "". x, y: its position from the top left, as fractions of the sides.
    """

    text: str
    detail: str
    x: float
    y: float


class Box(NamedTuple):
    """An axis-aligned rectangle. A horizontal or vertical line is a box of no height or width."""

    left: float
    top: float
    right: float
    bottom: float

    def apart(self, other: "Box", gap: float) -> bool:
        """Return whether the boxes are at least `gap` apart, horizontally or vertically."""
        beside = self.left >= other.right + gap or other.left >= self.right + gap
        return beside or self.top >= other.bottom + gap or other.top >= self.bottom + gap

    def within(self, other: "Box") -> bool:
        """Return whether this box is inside the other, allowing for rounding."""
        beyond = (other.left - self.left, other.top - self.top, self.right - other.right, self.bottom - other.bottom)
        return max(beyond) < _ROUNDING_PX


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """A label with its position.

    box: around its text. leader: the line from there to just before the summit. mark: around the summit. align: the
    side of the box to which the lines of text are aligned.
    """

    label: SummitLabel
    box: Box
    leader: Box
    mark: Box
    align: Align

    def clear_of(self, boxes: Iterable[Box], gap: float) -> bool:
        """Return whether the text and the leader are at least `gap` away from all boxes."""
        return all(part.apart(box, gap) for box in boxes for part in (self.box, self.leader))


def letters_px_for(width_px: int, height_px: int) -> int:
    """Return a legible letter size for a picture of this size."""
    return max(_LETTERS_MIN_PX, round(max(width_px, height_px) / _LETTERS_PER_SIDE))


def max_labels(width_px: int) -> int:
    """Return how many names fit a picture of this width without crowding it."""
    return min(_MAX_LABELS, _MIN_LABELS + width_px // _PX_PER_EXTRA_LABEL)


def place_labels(
    labels: Sequence[SummitLabel],
    width_px: int,
    height_px: int,
    letters_px: float,
    measure: Callable[[SummitLabel], tuple[float, float]],
) -> list[PlacedLabel]:
    """Return the labels that fit, in the given order: most important first. Repeated names are ignored.

    measure: returns the width and height of a label's text. A label must avoid only those before it; if it has a
    choice, it also avoids the summits of those after it. Summits outside the picture get no label.
    """
    named: dict[str, SummitLabel] = {}
    for label in labels:
        if 0 <= label.x <= 1 and 0 <= label.y <= 1:
            named.setdefault(label.text, label)
    sizes = {name: measure(label) for name, label in named.items()}
    layout = _Layout(width_px, height_px, letters_px, row_px=max((height for _, height in sizes.values()), default=0.0))
    most, gap = max_labels(width_px), _GAP * letters_px
    summits = [layout.mark(label) for label in list(named.values())[:most]]
    placed: list[PlacedLabel] = []
    for name, label in named.items():
        mark = layout.mark(label)
        taken = [part for other in placed for part in (other.box, other.leader, other.mark)]
        if len(placed) == most or not all(mark.apart(part, gap) for part in taken):
            continue
        free = [place for place in layout.places(label, sizes[name]) if place.clear_of(taken, gap)]
        others = [summit for summit in summits if summit != mark]
        placed += [place for place in free if place.clear_of(others, gap)][:1] or free[:1]
    return placed


@dataclass(frozen=True, slots=True)
class _Layout:
    """The possible positions in a picture. row_px is the height of its tallest text."""

    width_px: int
    height_px: int
    letters_px: float
    row_px: float

    @property
    def frame(self) -> Box:
        margin = _MARGIN * self.letters_px
        return Box(margin, margin, self.width_px - margin, self.height_px - margin)

    def mark(self, label: SummitLabel) -> Box:
        x, y, radius = label.x * self.width_px, label.y * self.height_px, _MARK_RADIUS * self.letters_px
        return Box(x - radius, y - radius, x + radius, y + radius)

    def places(self, label: SummitLabel, size: tuple[float, float]) -> Iterator[PlacedLabel]:
        """Yield all positions of a label inside the picture, best first."""
        mark = self.mark(label)
        for box, leader, align in (*self._above(label, *size), *self._beside(label, *size), *self._below(label, *size)):
            if box.within(self.frame):
                yield PlacedLabel(label, box, leader, mark, align)

    def _above(self, label: SummitLabel, width: float, height: float) -> Iterator[tuple[Box, Box, Align]]:
        """Yield positions above the summit, in rows common to all labels, lowest row first."""
        x, end = label.x * self.width_px, label.y * self.height_px - _SUMMIT_GAP * self.letters_px
        first = self.frame.top + self.row_px
        half_row = (self.row_px + _GAP * self.letters_px) / 2
        lowest = int((end - _LEADER_MIN * self.letters_px - first) // half_row)
        for row in range(lowest, max(-1, lowest - _MAX_HALF_ROWS), -1):
            yield from self._on_leader(x, end, first + row * half_row - height, width, height)

    def _beside(self, label: SummitLabel, width: float, height: float) -> Iterator[tuple[Box, Box, Align]]:
        """Yield positions to the right and left, level with the summit or as near as the picture's edge allows."""
        x, y, near = label.x * self.width_px, label.y * self.height_px, _SUMMIT_GAP * self.letters_px
        far = near + _LEADER_MIN * self.letters_px
        away = far + _BESIDE_LEADER * self.letters_px
        top = min(max(y - _NAME_MIDDLE * self.letters_px, self.frame.top), self.frame.bottom - height)
        if top <= y <= top + height:
            yield Box(x + away, top, x + away + width, top + height), Box(x + near, y, x + far, y), "left"
            yield Box(x - away - width, top, x - away, top + height), Box(x - far, y, x - near, y), "right"

    def _below(self, label: SummitLabel, width: float, height: float) -> Iterator[tuple[Box, Box, Align]]:
        x, end = label.x * self.width_px, label.y * self.height_px + _SUMMIT_GAP * self.letters_px
        yield from self._on_leader(x, end, end + _LEADER_MIN * self.letters_px, width, height)

    def _on_leader(
        self, x: float, end: float, top: float, width: float, height: float
    ) -> Iterator[tuple[Box, Box, Align]]:
        """Yield positions on a vertical leader at x, which ends near the summit: centred, as a flag right, and left."""
        beside, frame, bottom = _BESIDE_LEADER * self.letters_px, self.frame, top + height
        near, far = (bottom, top) if end > bottom else (top, bottom)
        left = min(max(x - width / 2, frame.left), frame.right - width)
        if left <= x <= left + width:
            yield Box(left, top, left + width, bottom), _vertical(x, near, end), "centre"
        right_of, left_of = max(x + beside, frame.left), min(x - beside, frame.right)
        yield Box(right_of, top, right_of + width, bottom), _vertical(x, far, end), "left"
        yield Box(left_of - width, top, left_of, bottom), _vertical(x, far, end), "right"


def _vertical(x: float, start: float, end: float) -> Box:
    return Box(x, min(start, end), x, max(start, end))
