import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.demo.projection import focal_px, picture_to_plane, project, unproject, upright_plane
from cumbre.demo.scene import Camera
from cumbre.geometry import horizontal_fov_deg


def camera(heading: float = 40.0, pitch: float = 0.0, roll: float = 0.0) -> Camera:
    return Camera(27.8, 86.7, 3_800.0, heading, pitch, 26.0, 400, 300, roll)


def place(cam: Camera, azimuth: float, elevation: float) -> tuple[float, float]:
    x, y = project(cam, np.array([azimuth]), np.array([elevation]))
    return float(x[0]), float(y[0])


def test_the_heading_at_the_pitch_is_the_middle_of_the_picture() -> None:
    assert place(camera(40.0, pitch=6.0), 40.0, 6.0) == pytest.approx((0.5, 0.5))


def test_the_edge_of_the_frame_lies_half_the_field_of_view_off() -> None:
    half = horizontal_fov_deg(26.0, 400, 300) / 2
    assert place(camera(350.0), 350.0 + half, 0.0)[0] == pytest.approx(1.0)


def test_a_camera_rolled_clockwise_sees_the_horizon_rise_on_its_right() -> None:
    # docs/summits.md: yu = vx sin r + U cos r, so what lies right of the middle moves up.
    assert place(camera(roll=5.0), 60.0, 0.0)[1] < 0.5


def test_what_is_behind_the_camera_has_no_place() -> None:
    assert np.isnan(place(camera(40.0), 220.0, 0.0)).all()


@given(
    x=st.floats(0, 1), y=st.floats(0, 1), heading=st.floats(0, 359.9), pitch=st.floats(-30, 30), roll=st.floats(-20, 20)
)
def test_every_pixel_leads_to_a_direction_and_back(
    x: float, y: float, heading: float, pitch: float, roll: float
) -> None:
    cam = camera(heading, pitch, roll)
    azimuth, elevation = unproject(cam, np.array([x]), np.array([y]))
    assert place(cam, azimuth[0], elevation[0]) == pytest.approx((x, y), abs=1e-6)


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


def test_a_camera_that_looks_at_its_feet_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 40 degrees"):
        upright_plane(camera(pitch=-60.0))
