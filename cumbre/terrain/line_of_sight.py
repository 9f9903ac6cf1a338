"""Find the summits that terrain hides from a camera, using a folder of elevation tiles (tiles.py)."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cumbre.geo.geodesy import EARTH_RADIUS_M, FloatArray, Position, apparent_elevation_deg
from cumbre.terrain.tiles import TerrainTiles

# WGS 84: the equatorial radius and the square of the first eccentricity.
_EQUATOR_M: Final = 6_378_137.0
_ECCENTRICITY_2: Final = 0.00669437999014
_METRES_PER_DEGREE: Final = 111_000.0
# The camera may be this far from its stated position, so a slope this near may really be behind it.
_NEAREST_M: Final = 150.0
# Terrain this near in front of a summit, or within this share of its distance, is the summit's own flank: catalogues
# and tiles disagree by some points about where a summit is, and tiles flatten it.
_FLANK_M: Final = 500.0
_FLANK_SHARE: Final = 0.03
# Tiles and camera altitudes err by some metres, which are degrees at close range.
_HEIGHT_ERROR_M: Final = 10.0
# Terrain hides a summit only if it is this much higher. At 60 km, a refraction of 0.03 instead of 0.13 moves a summit
# by 0.03 degrees; at 10 km, an error of 20 m in a catalogue's elevation is 0.11 degrees.
_MARGIN_DEG: Final = 0.15
# A camera is held this high above the ground.
_EYE_M: Final = 2.0
# The sample spacing if there is no tile at the camera's position.
_SPACING_M: Final = 30.0
# The sample spacing farther away, as a share of the distance. Samples miss at most half of this, 0.06 degrees, of a
# crest with slopes of 1, so they never hide too much.
_SPACING_SHARE: Final = 0.002
# Rays are sampled in batches, so that memory does not grow with the number of summits.
_RAYS_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class LinesOfSight:
    """What terrain does to the views of N summits; both arrays [N].

    hidden: terrain hides the summit. known: the tiles tell whether it does: it does, or they cover the whole way.
    """

    hidden: NDArray[np.bool_]
    known: NDArray[np.bool_]


class TerrainModel:
    """Terrain from a folder of elevation tiles. Unknown terrain hides nothing. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._tiles = TerrainTiles(folder)

    @property
    def problems(self) -> tuple[str, ...]:
        """Return the problems found with the folder and its files so far, one sentence each."""
        return self._tiles.problems

    @property
    def revision(self) -> str:
        """Return an identifier of the folder's tiles; it changes when the tiles change."""
        return self._tiles.revision

    def lines_of_sight(
        self, position: Position, bearing_deg: FloatArray, distance_m: FloatArray, elevation_deg: FloatArray
    ) -> LinesOfSight:
        """Return which of N summits are hidden by clearly higher terrain between camera and flank; all arrays [N].

        elevation_deg: the apparent elevations from the position's altitude (cumbre.geo.geodesy.apparent_elevation_deg).
        Nothing is known or hidden if neither the position nor a tile gives the camera's altitude.
        """
        eye_m = self._eye_m(position)
        if math.isnan(eye_m):
            nothing = np.zeros(len(bearing_deg), dtype=bool)
            return LinesOfSight(nothing, nothing)
        if position.altitude_m is not None and eye_m > position.altitude_m:
            elevation_deg = _from_higher(eye_m - position.altitude_m, distance_m, elevation_deg)
        flank_m = np.maximum(_FLANK_M, _FLANK_SHARE * distance_m)
        highest_deg, complete = self._highest_deg(position, eye_m + _HEIGHT_ERROR_M, bearing_deg, distance_m - flank_m)
        hidden: NDArray[np.bool_] = highest_deg > elevation_deg + _MARGIN_DEG
        return LinesOfSight(hidden, hidden | complete)

    def _ground_m(self, position: Position) -> float:
        return float(self._tiles.elevation_m(np.array([position.lat]), np.array([position.lon]))[0])

    def _eye_m(self, position: Position) -> float:
        """Return the camera's altitude; nan if neither the position nor a tile gives it.

        GPS altitudes err by tens of metres, more if they refer to the ellipsoid. From below the ground everything would
        be hidden, so such an altitude is raised. An altitude that is too high hides too little, which does less harm.
        """
        standing_m = self._ground_m(position) + _EYE_M
        return float(np.fmax(standing_m, np.nan if position.altitude_m is None else position.altitude_m))

    def _highest_deg(
        self, position: Position, eye_m: float, azimuth_deg: FloatArray, end_m: FloatArray
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Return the highest apparent elevation of terrain along each ray, and whether all of the ray is known.

        Both [N]. The elevation is nan where none is known.
        """
        highest = np.full(len(azimuth_deg), np.nan)
        complete = np.ones(len(azimuth_deg), dtype=bool)
        spacing_deg = self._tiles.spacing_deg(position.lat, position.lon)
        spacing_m = _SPACING_M if spacing_deg is None else spacing_deg * _METRES_PER_DEGREE
        for start in range(0, len(azimuth_deg), _RAYS_AT_ONCE):
            rays = slice(start, start + _RAYS_AT_ONCE)
            along_m = _samples_m(spacing_m, float(np.max(end_m[rays])))
            ray, sample = np.nonzero(along_m <= end_m[rays, None])
            lat, lon = places_along(position, azimuth_deg[rays][ray], along_m[sample])
            elevation_deg = np.full((len(azimuth_deg[rays]), len(along_m)), np.nan)
            ground_m = self._tiles.elevation_m(lat, lon)
            elevation_deg[ray, sample] = apparent_elevation_deg(eye_m, ground_m, along_m[sample])
            highest[rays] = np.fmax.reduce(elevation_deg, axis=1, initial=np.nan)
            complete[start + ray[np.isnan(ground_m)]] = False
        return highest, complete


def _samples_m(spacing_m: float, end_m: float) -> FloatArray:
    """Return sample distances up to the end: spacing_m apart at first, then a fixed share of the distance apart."""
    even_to_m = max(_NEAREST_M, spacing_m / _SPACING_SHARE)
    even = np.arange(_NEAREST_M, min(even_to_m, end_m), spacing_m)
    growing = max(0, math.ceil(math.log(max(end_m, 1.0) / even_to_m) / math.log1p(_SPACING_SHARE)))
    return np.concatenate([even, even_to_m * (1 + _SPACING_SHARE) ** np.arange(growing)])


def places_along(position: Position, azimuth_deg: FloatArray, distance_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return lat, lon (degrees), each [N], of the places at N azimuths and distances from a position.

    Within 10 m of the geodesic up to 60 km. This is the great circle's destination on a sphere (Snyder, "Map
    Projections - A Working Manual", USGS 1395, 5-5 and 5-6), with its differences of latitude and longitude scaled by
    the ellipsoid's radii of curvature at the position (4-18 and 4-20).
    """
    phi, azimuth, arc = math.radians(position.lat), np.radians(azimuth_deg), distance_m / EARTH_RADIUS_M
    sine = math.sin(phi) * np.cos(arc) + math.cos(phi) * np.sin(arc) * np.cos(azimuth)
    north = np.arcsin(np.clip(sine, -1.0, 1.0)) - phi
    east = np.arctan2(
        np.sin(arc) * np.sin(azimuth), math.cos(phi) * np.cos(arc) - math.sin(phi) * np.sin(arc) * np.cos(azimuth)
    )
    squeezed = 1 - _ECCENTRICITY_2 * math.sin(phi) ** 2
    across_m = _EQUATOR_M / math.sqrt(squeezed)
    along_m = across_m * (1 - _ECCENTRICITY_2) / squeezed
    return (
        position.lat + np.degrees(north) * (EARTH_RADIUS_M / along_m),
        position.lon + np.degrees(east) * (EARTH_RADIUS_M / across_m),
    )


def _from_higher(higher_m: float, distance_m: FloatArray, elevation_deg: FloatArray) -> FloatArray:
    """Return the apparent elevation of the same points from an eye that is higher_m higher."""
    above_m = distance_m * np.tan(np.radians(elevation_deg)) - higher_m
    return np.degrees(np.arctan2(above_m, distance_m))
