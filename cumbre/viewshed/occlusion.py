"""Find the summits hidden behind nearer mountains, modelling each outline as a cone that falls off with the bearing."""

from bisect import bisect_left, bisect_right
from itertools import groupby

import numpy as np

from cumbre.geo.geodesy import FloatArray


def occluded(
    bearing_deg: FloatArray, distance_m: FloatArray, elevation_deg: FloatArray, flank_slope: float
) -> np.ndarray:
    """Return which of N summits a nearer summit hides, as booleans [N].

    A nearer summit hides another if its elevation, less flank_slope (>= 0) degrees per degree of bearing between them,
    is higher. All arrays are [N]; angles are degrees, and bearings may wrap around.

    Exact, in O(N log N): a cone rises above a point if and only if its tip exceeds the point in both e + s b and
    e - s b (elevation e, bearing b, slope s). So, going from near to far, a summit is hidden if the pair of one already
    seen exceeds its own in both. These are the maxima of a set of vectors, found as in Kung, Luccio and Preparata,
    "On finding the maxima of a set of vectors", JACM 22 (1975).
    """
    skyline = _ParetoFront()
    hidden = np.zeros(len(bearing_deg), dtype=bool)
    around = bearing_deg % 360.0
    nearest_first = np.argsort(distance_m, kind="stable")
    summits = zip(
        nearest_first.tolist(),
        distance_m[nearest_first].tolist(),
        (elevation_deg + flank_slope * around)[nearest_first].tolist(),
        (elevation_deg - flank_slope * around)[nearest_first].tolist(),
        strict=True,
    )
    turn = 360.0 * flank_slope
    for _, equally_far in groupby(summits, key=lambda summit: summit[1]):
        # Summits at the same distance do not hide each other, so all are checked before any is added.
        seen = []
        for i, _, rising, falling in equally_far:
            if skyline.hides(rising, falling):
                hidden[i] = True
            else:
                seen.append((rising, falling))
        # A hidden summit hides nothing that the summit in front of it does not hide as well.
        for rising, falling in seen:
            for shift in (-turn, 0.0, turn):
                skyline.add(rising + shift, falling - shift)
    return hidden


class _ParetoFront:
    """The pairs that no other pair exceeds in both values, sorted by ascending rising and descending falling value."""

    def __init__(self) -> None:
        self._rising: list[float] = []
        self._falling: list[float] = []

    def hides(self, rising: float, falling: float) -> bool:
        place = bisect_right(self._rising, rising)
        return place < len(self._rising) and self._falling[place] > falling

    def add(self, rising: float, falling: float) -> None:
        end = bisect_left(self._rising, rising)
        if end < len(self._rising) and self._falling[end] >= falling:
            return
        start = end
        while start > 0 and self._falling[start - 1] <= falling:
            start -= 1
        if end < len(self._rising) and self._rising[end] == rising:
            end += 1
        self._rising[start:end] = [rising]
        self._falling[start:end] = [falling]
