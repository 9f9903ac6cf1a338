"""Compute the panorama of a place: every catalogued peak within range, most prominent first."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cumbre.geo.geodesy import Position
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.viewshed.visibility import Surroundings, VisibilityModel, outlook, surroundings

if TYPE_CHECKING:
    from cumbre.terrain.line_of_sight import TerrainModel

# The altitude assumed if it is unknown: people stand at a bit over half the height of the surrounding summits.
_PLAUSIBLE_ALTITUDE_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class PanoramaPeak:
    """One peak as seen from a place. elevation_deg: its apparent elevation, ignoring any terrain in between."""

    peak: Peak
    distance_m: float
    bearing_deg: float
    elevation_deg: float


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
    peaks = list(catalog.values())
    found = tuple(
        PanoramaPeak(
            peaks[around.index[i]],
            float(around.distance_m[i]),
            float(around.bearing_deg[i]),
            float(look.elevation_deg[i]),
        )
        for i in np.argsort(-look.clear * look.weight, kind="stable")
    )
    return Panorama(found, altitude_m, assumed, model.range_m)


def _plausible_altitude_m(around: Surroundings) -> float:
    if len(around) == 0:
        return 0.0
    return _PLAUSIBLE_ALTITUDE_SHARE * around.mean_elev_m()
