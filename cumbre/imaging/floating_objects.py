"""Find objects in the sky (the moon, a bird, a balloon) that a skyline mistakes for ground.

They are recognised by the sky below them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# An object is narrower than this share of the width, and the line jumps by this share of the height on both sides.
_MAX_WIDTH, _JUMP = 0.1, 0.025
# There are at least this many rows of sky below it, and their colour (0 to 100) differs by less than this from the sky
# beside it. Texture is less reliable, because pixels next to an edge always have some.
_MIN_GAP_ROWS, _SAME_COLOUR = 3, 3.0
# Margins in pixels, because edges are soft.
_BESIDE_PX, _ABOVE_PX = 3, 6


class FloatingObject(NamedTuple):
    """The columns from start up to (excluding) end, where all above the row is sky or an object floating in it."""

    start: int
    end: int
    row: int


def find_floating_objects(line: NDArray[np.int64], colours: NDArray[np.float32]) -> list[FloatingObject]:
    """Return the floating objects that a skyline follows. line: its rows [W]; colours: [H, W, 3], from 0 to 100."""
    height, width = colours.shape[:2]
    jump = np.diff(line) / height
    found = []
    for rises in np.flatnonzero(jump <= -_JUMP) + 1:
        falls = np.flatnonzero(jump[rises : rises + int(_MAX_WIDTH * width)] >= _JUMP)
        if len(falls) == 0:
            continue
        start, end = int(rises), int(rises + falls[0] + 1)
        row = _gap_row(start, end, line, colours)
        if row is not None:
            found.append(FloatingObject(max(0, start - _BESIDE_PX), min(width, end + _BESIDE_PX), row))
    return found


def _gap_row(start: int, end: int, line: NDArray[np.int64], colours: NDArray[np.float32]) -> int | None:
    """Return the lowest row of sky below the object in these columns, or None if there is no sky below it."""
    left, right = start - 1 - _BESIDE_PX, end + _BESIDE_PX
    if left < 0 or right >= len(line):
        return None
    top, ground = int(line[start:end].min()), int(min(line[start - 1], line[end]))
    rows = slice(top, ground)
    beside = (colours[rows, left] + colours[rows, right]) / 2
    alike = np.abs(colours[rows, start:end] - beside[:, None]).max(axis=(1, 2)) < _SAME_COLOUR
    # Compare with the colour above the object as well: there may be snow beside it, with an edge for another line.
    over = colours[max(0, top - _ABOVE_PX), start:end].mean(axis=0)
    alike &= np.abs(beside - over).max(axis=1) < _SAME_COLOUR
    sky = np.flatnonzero(alike)
    return top + int(sky[-1]) if len(sky) >= _MIN_GAP_ROWS else None
