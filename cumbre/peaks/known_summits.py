"""Find the catalogued peak that another map lists under an id of its own."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Final

import numpy as np

from cumbre.geo.geodesy import EARTH_RADIUS_M, bearing_and_distance
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.text.folding import fold

# Maps disagree on a summit's position by several hundred metres.
_SAME_SUMMIT_M: Final = 1500.0
# Of the grid below. A geodesic of 1500 m is at most 1509 m on the sphere, because WGS 84 is curved more there.
_CELL_M: Final = 1600.0
_NEIGHBOURS: Final = tuple(product((-1, 0, 1), repeat=3))

_Cell = tuple[int, int, int]


class KnownSummits:
    """The peaks of a catalogue by name and place.

    The places are in a grid of cubes, because many peaks share a name: comparing each pair of them would take hours for
    a catalogue of a whole range. Cubes have no seam at the date line and no narrow cells at the poles.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._peaks: dict[tuple[str, _Cell], list[tuple[int, Peak]]] = defaultdict(list)
        for number, peak in enumerate(catalog.values()):
            for name in _folded_names(peak):
                self._peaks[name, _cell(peak)].append((number, peak))

    def as_known(self, peak: Peak) -> Peak:
        """Give a peak the id and names of the catalogued peak with the same name within 1500 m, if there is one.

        Every map numbers summits in its own way. A summit that is in the catalogue twice would split its probability.
        Of several such peaks the first of the catalogue counts.
        """
        if peak.id in self._catalog:
            return peak
        near = dict(self._namesakes_near(peak))
        for _, known in sorted(near.items()):
            _, distance_m = bearing_and_distance(peak.lat, peak.lon, np.array([known.lat]), np.array([known.lon]))
            if distance_m[0] <= _SAME_SUMMIT_M:
                return replace(peak, id=known.id, names=tuple(dict.fromkeys([*known.names, *peak.names])))
        return peak

    def _namesakes_near(self, peak: Peak) -> Iterator[tuple[int, Peak]]:
        x, y, z = _cell(peak)
        for name in _folded_names(peak):
            for dx, dy, dz in _NEIGHBOURS:
                yield from self._peaks.get((name, (x + dx, y + dy, z + dz)), ())


def _folded_names(peak: Peak) -> set[str]:
    return {fold(name) for name in peak.names}


def _cell(peak: Peak) -> _Cell:
    lat, lon = np.radians((peak.lat, peak.lon))
    x, y, z = EARTH_RADIUS_M * np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    return int(x // _CELL_M), int(y // _CELL_M), int(z // _CELL_M)
