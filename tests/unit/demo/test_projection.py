"""The upright picture plane of the renderer, and its tilt into the camera's picture."""

import numpy as np
import pytest

from cumbre.demo.projection import picture_to_plane, upright_plane
from cumbre.demo.scene import Camera
from cumbre.geo.pinhole import focal_px, project


def camera(heading: float = 40.0, pitch: float = 0.0, roll: float = 0.0) -> Camera:
    return Camera(27.8, 86.7, 3_800.0, heading, pitch, 26.0, 400, 300, roll)


def place(cam: Camera, azimuth: float, elevation: float) -> tuple[float, float]:
    x, y = project(cam, np.array([azimuth]), np.array([elevation]))
    return float(x[0]), float(y[0])


def test_tilting_the_upright_plane_agrees_with_projecting_directly() -> None:
    cam = camera(40.0, pitch=8.0, roll=-4.0)
    plane = upright_plane(cam)
    azimuth, elevation = 52.0, 11.0
    x, y = place(cam, azimuth, elevation)
    a, b, c, d, e, f, g, h = picture_to_plane(cam, plane)
    u, v = x * cam.width, y * cam.height
    column, row = (a * u + b * v + c) / (g * u + h * v + 1), (d * u + e * v + f) / (g * u + h * v + 1)
    offset = np.radians(azimuth - cam.heading_deg)
    assert column == pytest.approx(float(plane.column_of(offset)), abs=1e-6)
    assert row == pytest.approx(float(plane.row_of(np.tan(np.radians(elevation)), offset)), abs=1e-6)


def test_the_upright_plane_of_a_level_camera_is_the_picture_itself() -> None:
    plane = upright_plane(camera())
    assert (plane.width, plane.height, plane.left, plane.top) == (400, 300, -200, -150)
    assert plane.focal_px == focal_px(camera())


def test_a_camera_pointed_at_its_feet_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 40 degrees"):
        upright_plane(camera(pitch=-60.0))
