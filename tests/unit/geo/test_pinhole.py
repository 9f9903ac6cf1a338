"""The projection of directions into a picture, and back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.demo.scene import Camera
from cumbre.geo.geodesy import horizontal_fov_deg
from cumbre.geo.pinhole import project, unproject


def camera(heading: float = 40.0, pitch: float = 0.0, roll: float = 0.0) -> Camera:
    return Camera(27.8, 86.7, 3_800.0, heading, pitch, 26.0, 400, 300, roll)


def place(cam: Camera, azimuth: float, elevation: float) -> tuple[float, float]:
    x, y = project(cam, np.array([azimuth]), np.array([elevation]))
    return float(x[0]), float(y[0])


def test_the_heading_at_the_pitch_is_the_middle_of_the_picture() -> None:
    assert place(camera(40.0, pitch=6.0), 40.0, 6.0) == pytest.approx((0.5, 0.5))


def test_the_edge_of_the_frame_is_half_the_field_of_view_from_the_middle() -> None:
    half = horizontal_fov_deg(26.0, 400, 300) / 2
    assert place(camera(350.0), 350.0 + half, 0.0)[0] == pytest.approx(1.0)


def test_a_camera_rolled_clockwise_sees_the_horizon_rise_on_its_right() -> None:
    # docs/summits.md: up' = right sin r + above cos r, so everything right of the middle moves up.
    assert place(camera(roll=5.0), 60.0, 0.0)[1] < 0.5


def test_a_direction_behind_the_camera_has_no_place_in_the_picture() -> None:
    assert np.isnan(place(camera(40.0), 220.0, 0.0)).all()


def any_camera() -> Any:
    return st.builds(
        Camera,
        lat=st.just(27.8), lon=st.just(86.7), altitude_m=st.just(3_800.0),
        heading_deg=st.floats(0, 359.9), pitch_deg=st.floats(-50, 50), roll_deg=st.floats(-30, 30),
        focal_length_35mm=st.sampled_from([13.0, 26.0, 52.0, 120.0]),
        width=st.sampled_from([300, 400]), height=st.sampled_from([300, 400]),
    )  # fmt: skip


@given(cam=any_camera(), x=st.floats(0, 1), y=st.floats(0, 1))
def test_every_place_leads_to_a_direction_and_back(cam: Camera, x: float, y: float) -> None:
    azimuth, elevation = unproject(cam, np.array([x]), np.array([y]))
    assert place(cam, azimuth[0], elevation[0]) == pytest.approx((x, y), abs=1e-6)


@given(cam=any_camera(), offset=st.floats(-30, 30), elevation=st.floats(-20, 40))
def test_every_direction_leads_to_a_place_and_back(cam: Camera, offset: float, elevation: float) -> None:
    azimuth = (cam.heading_deg + offset) % 360.0
    x, y = place(cam, azimuth, elevation)
    if np.isnan(x):
        return
    found = unproject(cam, np.array([x]), np.array([y]))
    assert float(np.cos(np.radians(found[0][0] - azimuth))) == pytest.approx(1.0, abs=1e-12)
    assert found[1][0] == pytest.approx(elevation, abs=1e-6)
