"""Directions <-> places in a picture of a pinhole camera: one projection for the fit, the drawing and the renderer.

Places are fractions of the upright picture from its top left corner, angles degrees. docs/summits.md, "Projection".
"""

import math
from typing import Protocol

import numpy as np

from cumbre.geo.geodesy import FULL_FRAME_DIAGONAL_MM, FloatArray, signed_angle_deg


class PinholeView(Protocol):
    """What a projection needs of a camera; width and height are the upright picture's, in any unit.

    heading_deg is true; pitch_deg is the axis above the horizontal; roll_deg turns the camera clockwise about its axis.
    """

    @property
    def heading_deg(self) -> float: ...
    @property
    def pitch_deg(self) -> float: ...
    @property
    def roll_deg(self) -> float: ...
    @property
    def focal_length_35mm(self) -> float: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


def focal_px(view: PinholeView) -> float:
    """The focal length in pixels; the 35 mm equivalence is by the diagonal (CIPA DC-008)."""
    return view.focal_length_35mm / FULL_FRAME_DIAGONAL_MM * math.hypot(view.width, view.height)


def rays(azimuth_deg: FloatArray, elevation_deg: FloatArray, heading_deg: FloatArray | float) -> FloatArray:
    """Unit vectors (right, up, forward) [3, ...] of directions, for a level camera with this heading."""
    offset = np.radians(signed_angle_deg(np.asarray(azimuth_deg, dtype=np.float64) - heading_deg))
    elevation = np.radians(elevation_deg)
    flat = np.cos(elevation)
    return np.stack([flat * np.sin(offset), np.sin(elevation) + np.zeros_like(offset), flat * np.cos(offset)])


def tilted(ray: FloatArray, pitch_deg: FloatArray | float, roll_deg: FloatArray | float) -> FloatArray:
    """Vectors (right, up, forward) [3, ...] of the level camera as the tilted one sees them; angles may be arrays."""
    right, up, forward = ray
    pitch, roll = np.radians(pitch_deg), np.radians(roll_deg)
    ahead = forward * np.cos(pitch) + up * np.sin(pitch)
    above = up * np.cos(pitch) - forward * np.sin(pitch)
    return np.stack([right * np.cos(roll) - above * np.sin(roll), right * np.sin(roll) + above * np.cos(roll), ahead])


def on_plane(ray: FloatArray, focal: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Right of and below the picture's middle, in the focal length's unit, of vectors [3, ...]; nan behind it."""
    right, up, forward = ray
    scale = focal / np.where(forward > 1e-6, forward, np.nan)
    return right * scale, -up * scale


def project(view: PinholeView, azimuth_deg: FloatArray, elevation_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Places of directions, as fractions (0, 0 top left; 1, 1 bottom right); nan behind the camera."""
    ray = tilted(rays(azimuth_deg, elevation_deg, view.heading_deg), view.pitch_deg, view.roll_deg)
    right, down = on_plane(ray, focal_px(view))
    return 0.5 + right / view.width, 0.5 + down / view.height


def unproject(view: PinholeView, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Azimuth in [0, 360) and elevation, in degrees, of places given as fractions; the inverse of project()."""
    focal = focal_px(view)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    ray = np.stack([(x - 0.5) * view.width / focal, (0.5 - y) * view.height / focal, np.ones_like(x)])
    right, up, forward = rotation(view).T @ ray.reshape(3, -1)
    azimuth = (np.degrees(np.arctan2(right, forward)) + view.heading_deg) % 360.0
    elevation = np.degrees(np.arctan2(up, np.hypot(right, forward)))
    return azimuth.reshape(x.shape), elevation.reshape(x.shape)


def rotation(view: PinholeView) -> FloatArray:
    """tilted() as a matrix [3, 3]; its transpose leads back."""
    pitch, roll = math.radians(view.pitch_deg), math.radians(view.roll_deg)
    tilt = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    turn = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return np.asarray(turn @ tilt, dtype=np.float64)
