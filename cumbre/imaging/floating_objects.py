"""What floats in the sky (the moon, a bird, a balloon) and is taken for ground: below it there is sky again."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# It is narrower than this share of the width, and the line jumps on both its sides by this share of the height.
_WIDEST, _JUMP = 0.1, 0.025
# So many rows of sky below it, whose colour differs by no more from that beside it (of 100). Texture says less: what is
# next to an edge has some.
_GAP_ROWS, _SAME_COLOUR = 3, 3.0
# Edges are soft.
_BESIDE_PX, _OVER_PX = 3, 6


class FloatingObject(NamedTuple):
    """Columns from start up to end, in which everything above a row is sky or something that floats in it."""

    start: int
    end: int
    row: int


def find_floating_objects(line: NDArray[np.int64], colours: NDArray[np.float32]) -> list[FloatingObject]:
    """What floats, of a skyline's rows [W] and the colours [H, W, 3] from 0 to 100."""
    height, width = colours.shape[:2]
    jump = np.diff(line) / height
    found = []
    for rises in np.flatnonzero(jump <= -_JUMP) + 1:
        falls = np.flatnonzero(jump[rises : rises + int(_WIDEST * width)] >= _JUMP)
        if len(falls) == 0:
            continue
        start, end = int(rises), int(rises + falls[0] + 1)
        row = _row_of_the_gap(start, end, line, colours)
        if row is not None:
            found.append(FloatingObject(max(0, start - _BESIDE_PX), min(width, end + _BESIDE_PX), row))
    return found


def _row_of_the_gap(start: int, end: int, line: NDArray[np.int64], colours: NDArray[np.float32]) -> int | None:
    """The lowest row of the sky below what stands in these columns; None if there is no sky below it."""
    left, right = start - 1 - _BESIDE_PX, end + _BESIDE_PX
    if left < 0 or right >= len(line):
        return None
    top, ground = int(line[start:end].min()), int(min(line[start - 1], line[end]))
    rows = slice(top, ground)
    beside = (colours[rows, left] + colours[rows, right]) / 2
    alike = np.abs(colours[rows, start:end] - beside[:, None]).max(axis=(1, 2)) < _SAME_COLOUR
    # Beside it may be snow, of which another line would see the edge.
    over = colours[max(0, top - _OVER_PX), start:end].mean(axis=0)
    alike &= np.abs(beside - over).max(axis=1) < _SAME_COLOUR
    sky = np.flatnonzero(alike)
    return top + int(sky[-1]) if len(sky) >= _GAP_ROWS else None
