"""Define the renderer's upright picture plane, and compute the directions of summits from its camera.

The renderer draws on an upright plane (pitch and roll 0), where a column is one azimuth and straight lines stay
straight. Tilting the camera is then a homography between two planes with the same centre of projection.
cumbre.geo.pinhole has the projection itself.
"""

import math
from dataclasses import dataclass

import numpy as np

from cumbre.demo.scene import Camera
from cumbre.geo.geodesy import FloatArray, apparent_elevation_deg, bearing_and_distance
from cumbre.geo.pinhole import focal_px, rotation
from cumbre.peaks.catalog import Catalog

# Beyond this angle from the axis the upright plane grows without bound.
_MAX_TILT_DEG = 40.0


@dataclass(frozen=True, slots=True)
class SummitViews:
    """N catalogued summits as seen by a camera; arrays [N] in the catalogue's order."""

    bearing_deg: FloatArray
    distance_m: FloatArray
    elevation_deg: FloatArray


def summit_views(camera: Camera, catalog: Catalog) -> SummitViews:
    """Return bearing, distance and apparent elevation (with curvature and refraction) of every catalogued summit."""
    bearing, distance = bearing_and_distance(camera.lat, camera.lon, catalog.lats, catalog.lons)
    elevation = apparent_elevation_deg(camera.altitude_m, catalog.elevs_m, np.maximum(distance, 1.0))
    return SummitViews(bearing, distance, elevation)


@dataclass(frozen=True, slots=True)
class UprightPlane:
    """The level picture plane that covers a camera's view, at the same focal length.

    Pixel (column, row) has its centre at left + column + 0.5 right of the heading and top + row + 0.5 below the
    horizon, in pixels of focal length focal_px.
    """

    focal_px: float
    left: int
    top: int
    width: int
    height: int

    def azimuth_offsets_rad(self) -> FloatArray:
        """Return the angle of each column, to the right of the heading, [width]."""
        offsets: FloatArray = np.arctan((self.left + np.arange(self.width) + 0.5) / self.focal_px)
        return offsets

    def row_of(self, tangent: FloatArray, offset_rad: FloatArray) -> FloatArray:
        """Return the continuous row (0 = upper edge of the plane) of a direction with this tangent of elevation."""
        return -self.focal_px * tangent / np.cos(offset_rad) - self.top

    def column_of(self, offset_rad: FloatArray) -> FloatArray:
        """Return the continuous column (0 = left edge of the plane) of an angle to the right of the heading."""
        return self.focal_px * np.tan(offset_rad) - self.left


def upright_plane(camera: Camera) -> UprightPlane:
    """Return the smallest upright plane that contains the picture's corners.

    Raises ValueError if the camera is tilted by more than 40 degrees.
    """
    if abs(camera.pitch_deg) > _MAX_TILT_DEG or abs(camera.roll_deg) > _MAX_TILT_DEG:
        raise ValueError(f"a drawn camera may be tilted by at most {_MAX_TILT_DEG:.0f} degrees")
    focal = focal_px(camera)
    half_w, half_h = camera.width / 2, camera.height / 2
    corners = np.array([[-half_w, half_w, -half_w, half_w], [half_h, half_h, -half_h, -half_h], [focal] * 4])
    right, up, forward = rotation(camera).T @ corners
    # A corner may look far down, so the plane is cut off at about 70 degrees from the axis.
    forward = np.maximum(forward, focal * 0.3)
    xs, ys = focal * right / forward, -focal * up / forward
    level = camera.pitch_deg == 0 and camera.roll_deg == 0
    left, top = math.floor(xs.min() + 1e-6), math.floor(ys.min() + 1e-6)
    right_edge, bottom = math.ceil(xs.max() - 1e-6), math.ceil(ys.max() - 1e-6)
    border = 0 if level else 2
    return UprightPlane(focal, left - border, top - border, right_edge - left + 2 * border, bottom - top + 2 * border)


def picture_to_plane(camera: Camera, plane: UprightPlane) -> tuple[float, ...]:
    """Return the homography from picture pixels to plane pixels as the 8 numbers of Pillow's Transform.PERSPECTIVE."""
    focal = plane.focal_px
    to_ray = np.array([[1, 0, -camera.width / 2], [0, -1, camera.height / 2], [0, 0, focal]], dtype=np.float64)
    to_plane = np.array([[focal, 0, -plane.left], [0, -focal, -plane.top], [0, 0, 1]], dtype=np.float64)
    matrix = to_plane @ rotation(camera).T @ to_ray
    matrix = matrix / matrix[2, 2]
    return tuple(float(v) for v in matrix.ravel()[:8])
