"""Compute the panorama of a place: every catalogued peak within range, most prominent first."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cumbre.geo.geodesy import Position
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.viewshed.visibility import Outlook, Surroundings, VisibilityModel, outlook, surroundings

if TYPE_CHECKING:
    from cumbre.terrain.line_of_sight import TerrainModel

# The altitude assumed if it is unknown: people stand at a bit over half the height of the surrounding summits.
_PLAUSIBLE_ALTITUDE_SHARE = 0.6
# Front ends show far fewer, and each line of sight takes time (benchmarks/terrain.py).
_ASKED_OF_TERRAIN = 50


@dataclass(frozen=True, slots=True)
class PanoramaPeak:
    """One peak as seen from a place.

    elevation_deg: its apparent elevation, ignoring any terrain in between. visible: whether known terrain leaves it in
    view; None if the terrain in between is not known, or if too many peaks come before it.
    """

    peak: Peak
    distance_m: float
    bearing_deg: float
    elevation_deg: float
    visible: bool | None = None


@dataclass(frozen=True, slots=True)
class Panorama:
    """The peaks within range_m of a place, seen from altitude_m, which may be an assumed altitude."""

    peaks: tuple[PanoramaPeak, ...]
    altitude_m: float
    altitude_is_assumed: bool
    range_m: float


def panorama(
    catalog: Catalog, place: Position, model: VisibilityModel, terrain: "TerrainModel | None" = None
) -> Panorama:
    """Return the peaks around a place, sorted by how much of the view they fill and how likely they are visible.

    Without an altitude, a plausible one is assumed. Outlook (visibility.py) defines both factors.
    """
    around = surroundings(catalog, place, model)
    assumed = place.altitude_m is None
    altitude_m = _plausible_altitude_m(around) if place.altitude_m is None else place.altitude_m
    look = outlook(around, altitude_m, model, terrain)
    order = np.argsort(-look.clear * look.weight, kind="stable")
    visible = dict(zip(order, _visible(look, altitude_m, order[:_ASKED_OF_TERRAIN], terrain), strict=False))
    peaks = list(catalog.values())
    found = tuple(
        PanoramaPeak(
            peaks[around.index[i]],
            float(around.distance_m[i]),
            float(around.bearing_deg[i]),
            float(look.elevation_deg[i]),
            visible.get(i),
        )
        for i in order
    )
    return Panorama(found, altitude_m, assumed, model.range_m)


def _visible(
    look: Outlook, altitude_m: float, asked: NDArray[np.intp], terrain: "TerrainModel | None"
) -> list[bool | None]:
    """Return whether known terrain leaves each of these summits in view; None where it is not known.

    The outlook asks the terrain only about summits that no other one seems to hide. Here its answer matters for every
    summit that is shown, because the shape of a mountain is a guess and its terrain is not.
    """
    if terrain is None:
        return [None] * len(asked)
    around = look.around
    camera = replace(around.position, altitude_m=altitude_m)
    sight = terrain.lines_of_sight(
        camera, around.bearing_deg[asked], around.distance_m[asked], look.elevation_deg[asked]
    )
    return [not hidden if known else None for hidden, known in zip(sight.hidden, sight.known, strict=True)]


def _plausible_altitude_m(around: Surroundings) -> float:
    if len(around) == 0:
        return 0.0
    return _PLAUSIBLE_ALTITUDE_SHARE * around.mean_elev_m()
