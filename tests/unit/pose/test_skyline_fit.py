"""Fits to skylines drawn from the summits themselves, starting from a pose with known errors."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cumbre.geo.pinhole import project
from cumbre.imaging.skyline import Skyline
from cumbre.pose.skyline_fit import Fit, FitModel, PoseHypothesis, Summits, fit_summits

TRUE = PoseHypothesis(heading_deg=40.0, pitch_deg=4.0, roll_deg=1.5, focal_length_35mm=26.0, width=400, height=300)
THREE = Summits(
    bearing_deg=np.array([20.0, 37.0, 61.0]),
    elevation_deg=np.array([9.0, 14.0, 11.0]),
    distance_m=np.array([9_000.0, 12_000.0, 15_000.0]),
    weight=np.array([0.6, 1.0, 0.8]),
)


def skyline(aim: PoseHypothesis = TRUE, summits: Summits = THREE, sureness: float = 1.0) -> Skyline:
    """Return the skyline of a ridge with a cone at every summit."""
    x, y = project(aim, summits.bearing_deg, summits.elevation_deg)
    columns = (np.arange(512) + 0.5) / 512
    cones = y[:, None] + 1.6 * np.abs(columns - x[:, None])
    return Skyline(np.minimum(cones.min(axis=0), 0.6).astype(np.float32), np.full(512, sureness, np.float32))


def fit(seen: Skyline, prior: PoseHypothesis, summits: Summits = THREE, model: FitModel | None = None) -> Fit:
    return fit_summits(seen, summits, prior, model or FitModel())


def off(prior: PoseHypothesis, heading: float = 0.0, pitch: float = 0.0, **more: Any) -> PoseHypothesis:
    return replace(prior, heading_deg=(prior.heading_deg + heading) % 360, pitch_deg=prior.pitch_deg + pitch, **more)


@settings(max_examples=25, deadline=None)
@given(heading=st.floats(-12, 12), pitch=st.floats(-1.2, 1.2))
def test_errors_of_compass_and_accelerometer_are_corrected(heading: float, pitch: float) -> None:
    found = fit(skyline(), off(TRUE, heading, pitch))
    assert found.aim.heading_deg == pytest.approx(TRUE.heading_deg, abs=0.25)
    assert found.aim.pitch_deg == pytest.approx(TRUE.pitch_deg, abs=0.4)
    assert (found.maximum >= 0).all()
    assert found.probability > 0.9
    x, y = project(TRUE, THREE.bearing_deg, THREE.elevation_deg)
    assert np.hypot(found.x - x, (found.y - y) * 0.75).max() < 0.01


def test_small_errors_of_roll_and_focal_length_are_corrected_too() -> None:
    found = fit(skyline(), off(TRUE, 3.0, 0.4, roll_deg=2.1, focal_length_35mm=26.4))
    x, y = project(TRUE, THREE.bearing_deg, THREE.elevation_deg)
    assert np.hypot(found.x - x, (found.y - y) * 0.75).max() < 0.01
    assert abs(found.aim.roll_deg - 1.5) < 0.6


def test_headings_wrap_around_at_north() -> None:
    turned = replace(THREE, bearing_deg=(THREE.bearing_deg - 40.0) % 360)
    aim = replace(TRUE, heading_deg=0.0)
    found = fit(skyline(aim, turned), off(aim, -5.0), turned)
    assert min(found.aim.heading_deg, 360 - found.aim.heading_deg) < 0.25


def test_without_a_maximum_nothing_is_sure() -> None:
    flat = Skyline(np.full(512, 0.5, np.float32), np.ones(512, np.float32))
    found = fit(flat, TRUE)
    assert found.probability == 0.0
    assert (found.maximum < 0).all()
    assert found.spread_deg > 2.0


def test_unsure_columns_are_ignored() -> None:
    assert fit(skyline(sureness=0.0), off(TRUE, 4.0)).probability == 0.0


def test_a_single_summit_with_two_similar_maxima_is_not_sure() -> None:
    lone = Summits(np.array([40.0]), np.array([10.0]), np.array([10_000.0]), np.array([1.0]))
    twins = replace(lone, bearing_deg=np.array([30.0]))
    both = np.minimum(skyline(TRUE, lone).y, skyline(TRUE, twins).y)
    found = fit(Skyline(both, np.ones(512, np.float32)), off(TRUE, 5.0), lone)
    assert found.probability < 0.8
    assert found.margin < 2.0


def test_of_two_summits_at_one_maximum_only_one_counts() -> None:
    one = Summits(np.array([40.0]), np.array([10.0]), np.array([10_000.0]), np.array([1.0]))
    same = Summits(np.array([40.0] * 2), np.array([10.0] * 2), np.array([10_000.0] * 2), np.array([1.0] * 2))
    lone = fit(skyline(TRUE, one), TRUE, one)
    assert fit(skyline(TRUE, one), TRUE, same).margin == pytest.approx(lone.margin, abs=0.5)


def test_an_unknown_tilt_is_searched_in_a_wider_range() -> None:
    found = fit(skyline(), off(TRUE, 3.0, -6.0, pitch_known=False, roll_deg=0.0))
    assert found.aim.heading_deg == pytest.approx(TRUE.heading_deg, abs=1.0)
    assert found.aim.pitch_deg == pytest.approx(TRUE.pitch_deg, abs=1.0)


def test_a_summit_next_to_its_maximum_is_placed_on_it() -> None:
    near = replace(THREE, distance_m=np.array([2_000.0] * 3))
    seen = skyline()
    shifted = replace(near, bearing_deg=near.bearing_deg + np.array([0.8, -0.8, 0.8]))
    found = fit(seen, TRUE, shifted)
    maxima = seen.maxima(0.75)
    assert (found.maximum >= 0).all()
    assert np.abs(found.x - maxima.x[found.maximum]).max() < 0.005
