"""Geodesy for sightings of summits: distance, bearing, apparent elevation and field of view.

Angles are in degrees, lengths in metres, positions in WGS 84. Formulas: docs/identify.md.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

EARTH_RADIUS_M = 6_371_000.0
# Extreme radii of curvature of WGS 84: of the meridian at the equator, a (1 - e^2), and at a pole, a / sqrt(1 - e^2).
_CURVATURE_RADIUS_MIN_M = 6_335_439.0
_CURVATURE_RADIUS_MAX_M = 6_399_594.0
# Standard terrestrial refraction: light bends along the Earth with about 0.13 of its curvature.
REFRACTION_COEFFICIENT = 0.13
# The diagonal of a 36 x 24 mm frame: "35 mm equivalent" compares diagonals (CIPA DC-008), not widths.
FULL_FRAME_DIAGONAL_MM = math.hypot(36.0, 24.0)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Position:
    """A place on the Earth. altitude_m is None if unknown, never 0 by default."""

    lat: float
    lon: float
    altitude_m: float | None = None


@cache
def _geod() -> Geod:
    return Geod(ellps="WGS84")


def bearing_and_distance(lat: float, lon: float, lats: FloatArray, lons: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the initial bearings [N] in [0, 360) and the geodesic distances [N] from one place to N places.

    >>> bearing, distance = bearing_and_distance(27.0, 86.0, np.array([28.0]), np.array([86.0]))
    >>> round(float(bearing[0])), round(float(distance[0]) / 1000)
    (0, 111)
    """
    n = len(lats)
    azimuth, _, distance = _geod().inv(np.full(n, lon), np.full(n, lat), lons, lats)
    return np.asarray(azimuth, dtype=np.float64) % 360.0, np.asarray(distance, dtype=np.float64)


def within(lat: float, lon: float, radius_m: float, lats: FloatArray, lons: FloatArray) -> NDArray[np.bool_]:
    """Return which of N places are within a geodesic distance of a place. A place with NaN coordinates is not.

    The geodesic costs far more than the great circle, so only places near the rim need it: the radii of curvature of
    WGS 84 (6335 to 6400 km) bound how far the two distances can differ.

    >>> within(27.0, 86.0, 112_000.0, np.array([28.0, 29.0, np.nan]), np.array([86.0, 86.0, 86.0])).tolist()
    [True, False, False]
    """
    phi, phis = math.radians(lat), np.radians(lats)
    haversine = np.sin((phis - phi) / 2) ** 2 + math.cos(phi) * np.cos(phis) * np.sin(np.radians(lons - lon) / 2) ** 2
    angle = 2 * np.arcsin(np.sqrt(np.minimum(haversine, 1.0)))
    inside: NDArray[np.bool_] = angle * _CURVATURE_RADIUS_MAX_M <= radius_m
    rim = np.flatnonzero(~inside & (angle * _CURVATURE_RADIUS_MIN_M <= radius_m))
    inside[rim] = bearing_and_distance(lat, lon, lats[rim], lons[rim])[1] <= radius_m
    return inside


def destination(lat: float, lon: float, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """Return the place (lat, lon) at a distance along the geodesic with this initial bearing."""
    lon2, lat2, _ = _geod().fwd(lon, lat, bearing_deg, distance_m)
    return float(lat2), float(lon2)


def apparent_elevation_deg(altitude_m: float, elev_m: FloatArray, distance_m: FloatArray) -> FloatArray:
    """Return the elevation angles [N] of points above the observer's horizontal, with curvature and refraction.

    e = atan2(elev - alt - D^2 / 2R * (1 - k), D). See e.g. Torge, "Geodesy", trigonometric heighting.
    """
    drop_m = distance_m**2 / (2 * EARTH_RADIUS_M) * (1 - REFRACTION_COEFFICIENT)
    return np.degrees(np.arctan2(elev_m - altitude_m - drop_m, distance_m))


def signed_angle_deg(angle_deg: FloatArray) -> FloatArray:
    """Normalise angles to (-180, 180].

    >>> [float(a) for a in signed_angle_deg(np.array([190.0, -180.0, 360.0]))]
    [-170.0, 180.0, 0.0]
    """
    return 180.0 - (180.0 - angle_deg) % 360.0


def horizontal_fov_deg(focal_length_35mm: float, width: int, height: int) -> float:
    """Return the horizontal field of view of an upright picture of width x height pixels.

    A 4:3 sensor corresponds to 34.6 x 26.0 mm of the 43.27 mm diagonal, not to 36 x 24.

    >>> round(horizontal_fov_deg(24.0, 4032, 3024), 1)
    71.6
    """
    width_mm = FULL_FRAME_DIAGONAL_MM * width / math.hypot(width, height)
    return math.degrees(2 * math.atan(width_mm / 2 / focal_length_35mm))
