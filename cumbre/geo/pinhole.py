"""The pinhole projection between directions and picture positions, shared by pose fit, drawing and demo renderer.

Positions are fractions of the upright picture, from its top left corner. Angles are in degrees.
See docs/summits.md, "Projection".
"""

import math
from typing import Protocol

import numpy as np

from cumbre.geo.geodesy import FULL_FRAME_DIAGONAL_MM, FloatArray, signed_angle_deg


class PinholeView(Protocol):
    """The camera parameters of a projection.

    heading_deg is relative to true north. pitch_deg is the angle of the optical axis above the horizontal. roll_deg is
    the clockwise rotation of the camera about that axis. width and height are those of the upright picture, in any
    common unit.
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
    """Return the focal length in pixels. The 35 mm equivalent compares diagonals (CIPA DC-008)."""
    return view.focal_length_35mm / FULL_FRAME_DIAGONAL_MM * math.hypot(view.width, view.height)


def rays(azimuth_deg: FloatArray, elevation_deg: FloatArray, heading_deg: FloatArray | float) -> FloatArray:
    """Return unit vectors (right, up, forward) [3, ...] of directions, for a level camera with this heading."""
    offset = np.radians(signed_angle_deg(np.asarray(azimuth_deg, dtype=np.float64) - heading_deg))
    elevation = np.radians(elevation_deg)
    flat = np.cos(elevation)
    return np.stack([flat * np.sin(offset), np.sin(elevation) + np.zeros_like(offset), flat * np.cos(offset)])


def tilted(ray: FloatArray, pitch_deg: FloatArray | float, roll_deg: FloatArray | float) -> FloatArray:
    """Rotate vectors (right, up, forward) [3, ...] from the level to the tilted camera; the angles may be arrays."""
    right, up, forward = ray
    pitch, roll = np.radians(pitch_deg), np.radians(roll_deg)
    ahead = forward * np.cos(pitch) + up * np.sin(pitch)
    above = up * np.cos(pitch) - forward * np.sin(pitch)
    return np.stack([right * np.cos(roll) - above * np.sin(roll), right * np.sin(roll) + above * np.cos(roll), ahead])


def on_plane(ray: FloatArray, focal: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Project vectors [3, ...] to offsets (right, down) from the picture's centre, in the unit of the focal length.

    Vectors behind the camera give NaN.
    """
    right, up, forward = ray
    scale = focal / np.where(forward > 1e-6, forward, np.nan)
    return right * scale, -up * scale


def project(view: PinholeView, azimuth_deg: FloatArray, elevation_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return picture positions (x, y) of directions, from (0, 0) top left to (1, 1) bottom right.

    Directions behind the camera give NaN; those outside the frame give values outside [0, 1].
    """
    ray = tilted(rays(azimuth_deg, elevation_deg, view.heading_deg), view.pitch_deg, view.roll_deg)
    right, down = on_plane(ray, focal_px(view))
    return 0.5 + right / view.width, 0.5 + down / view.height


def unproject(view: PinholeView, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return azimuths in [0, 360) and elevations, in degrees, of picture positions; the inverse of project()."""
    focal = focal_px(view)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    ray = np.stack([(x - 0.5) * view.width / focal, (0.5 - y) * view.height / focal, np.ones_like(x)])
    right, up, forward = rotation(view).T @ ray.reshape(3, -1)
    azimuth = (np.degrees(np.arctan2(right, forward)) + view.heading_deg) % 360.0
    elevation = np.degrees(np.arctan2(up, np.hypot(right, forward)))
    return azimuth.reshape(x.shape), elevation.reshape(x.shape)


def rotation(view: PinholeView) -> FloatArray:
    """Return tilted() as a rotation matrix [3, 3]; its transpose is the inverse."""
    pitch, roll = math.radians(view.pitch_deg), math.radians(view.roll_deg)
    tilt = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    turn = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return np.asarray(turn @ tilt, dtype=np.float64)
