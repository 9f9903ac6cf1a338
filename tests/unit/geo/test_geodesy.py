"""Bearings, distances, circles, apparent elevations and fields of view."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.geo.geodesy import (
    apparent_elevation_deg,
    bearing_and_distance,
    destination,
    horizontal_fov_deg,
    signed_angle_deg,
    within,
)

latitudes = st.floats(-85, 85)
longitudes = st.floats(-180, 180)


def test_everest_is_29_km_north_east_of_namche() -> None:
    bearing, distance_m = bearing_and_distance(27.8069, 86.7140, np.array([27.98833]), np.array([86.92528]))
    assert bearing[0] == pytest.approx(46, abs=1)
    assert distance_m[0] == pytest.approx(28_900, abs=300)


@given(latitudes, longitudes, st.floats(0, 359.9), st.floats(100, 100_000))
def test_a_destination_has_the_bearing_and_distance_it_was_computed_from(
    lat: float, lon: float, bearing_deg: float, distance_m: float
) -> None:
    lat2, lon2 = destination(lat, lon, bearing_deg, distance_m)
    bearing, distance = bearing_and_distance(lat, lon, np.array([lat2]), np.array([lon2]))
    assert distance[0] == pytest.approx(distance_m, abs=0.01)
    assert abs(signed_angle_deg(bearing - bearing_deg)[0]) < 0.01


places = st.tuples(st.floats(-90, 90), longitudes)


@given(places, st.lists(places, min_size=1, max_size=20), st.floats(0.001, 21_000_000))
def test_the_places_within_a_circle_agree_with_the_geodesic_distance(
    centre: tuple[float, float], others: list[tuple[float, float]], radius_m: float
) -> None:
    lats, lons = np.array(others).T
    _, distance_m = bearing_and_distance(*centre, lats, lons)
    assert within(*centre, radius_m, lats, lons).tolist() == (distance_m <= radius_m).tolist()


@given(places, st.floats(0, 359.9), st.floats(1, 5_000_000), st.floats(1e-7, 0.02))
def test_the_rim_of_a_circle_is_exact(
    centre: tuple[float, float], bearing_deg: float, radius_m: float, share: float
) -> None:
    just_inside = destination(*centre, bearing_deg, radius_m * (1 - share))
    just_outside = destination(*centre, bearing_deg, radius_m * (1 + share))
    lats, lons = np.array([just_inside, just_outside]).T
    assert within(*centre, radius_m, lats, lons).tolist() == [True, False]


def test_an_unknown_place_is_in_no_circle() -> None:
    assert not within(0.0, 0.0, 30_000_000.0, np.array([np.nan]), np.array([0.0]))[0]


def test_the_earths_curvature_lowers_a_summit_100_km_away_by_683_m() -> None:
    # At 100 km the ground has dropped by D^2 / 2R * 0.87 = 683 m.
    level = apparent_elevation_deg(0.0, np.array([683.0]), np.array([100_000.0]))
    assert level[0] == pytest.approx(0.0, abs=0.01)


def test_a_summit_as_far_away_as_it_is_high_appears_at_45_degrees() -> None:
    assert apparent_elevation_deg(4000.0, np.array([5000.0]), np.array([1000.0]))[0] == pytest.approx(45.0, abs=0.01)


@given(st.floats(-1e4, 1e4))
def test_a_signed_angle_is_the_same_angle_within_half_a_turn(angle_deg: float) -> None:
    signed = float(signed_angle_deg(np.array([angle_deg]))[0])
    assert -180.0 < signed <= 180.0
    assert math.cos(math.radians(signed)) == pytest.approx(math.cos(math.radians(angle_deg)), abs=1e-6)


def test_equivalent_focal_length_compares_diagonals() -> None:
    # A full-frame camera (3:2) at 36 mm sees 36 mm of width; a phone (4:3) at the same diagonal sees 34.6 mm.
    assert horizontal_fov_deg(18.0, 3000, 2000) == pytest.approx(90.0, abs=0.01)
    assert horizontal_fov_deg(34.61 / 2, 4000, 3000) == pytest.approx(90.0, abs=0.1)


def test_a_portrait_has_a_narrower_view_than_a_landscape() -> None:
    assert horizontal_fov_deg(24.0, 3024, 4032) < horizontal_fov_deg(24.0, 4032, 3024)
