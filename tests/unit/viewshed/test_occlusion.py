"""Summits hidden behind nearer ones."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cumbre.geo.geodesy import signed_angle_deg
from cumbre.viewshed.occlusion import occluded


def hidden(*summits: tuple[float, float, float], flank_slope: float = 0.5) -> list[bool]:
    """Return which summits are hidden; each is given as (bearing, distance in km, elevation in degrees)."""
    bearing, distance, elevation = (np.array(column, dtype=np.float64) for column in zip(*summits, strict=True))
    return [bool(one) for one in occluded(bearing, 1000 * distance, elevation, flank_slope)]


def excess_deg(bearing: np.ndarray, distance: np.ndarray, elevation: np.ndarray, flank_slope: float) -> np.ndarray:
    """Return, by definition, how far the highest outline of nearer summits is above each summit, [N]."""
    apart = np.abs(signed_angle_deg(bearing[:, None] - bearing[None, :]))
    outline = elevation[None, :] - flank_slope * apart
    excess: np.ndarray = np.where(distance[None, :] < distance[:, None], outline, -np.inf).max(axis=1) - elevation
    return excess


def test_a_nearer_and_higher_summit_hides_what_is_behind_it() -> None:
    assert hidden((90.0, 10.0, 11.0), (91.0, 20.0, 6.0)) == [False, True]


def test_a_farther_or_lower_summit_hides_nothing() -> None:
    assert hidden((90.0, 10.0, 5.0), (91.0, 20.0, 6.0)) == [False, False]
    assert hidden((90.0, 20.0, 11.0), (91.0, 10.0, 6.0)) == [False, False]


def test_the_outline_falls_away_with_the_bearing() -> None:
    assert hidden((90.0, 10.0, 11.0), (99.0, 20.0, 6.0), (101.0, 20.0, 6.0)) == [False, True, False]
    assert hidden((90.0, 10.0, 11.0), (99.0, 20.0, 6.0), flank_slope=1.0) == [False, False]


def test_bearings_wrap_around_at_north() -> None:
    assert hidden((359.0, 10.0, 11.0), (1.0, 20.0, 6.0)) == [False, True]
    assert hidden((1.0, 10.0, 11.0), (359.0, 20.0, 6.0)) == [False, True]


def test_summits_equally_far_do_not_hide_each_other() -> None:
    assert hidden((90.0, 10.0, 11.0), (90.0, 10.0, 6.0)) == [False, False]


def test_no_summits_give_an_empty_result() -> None:
    nothing = np.zeros(0)
    assert occluded(nothing, nothing, nothing, 0.5).shape == (0,)


# Quarters are exact in binary, so equal heights, bearings and distances are equal in both computations.
QUARTERS = st.integers(0, 1439).map(lambda quarter: quarter / 4)
ROUGH_SUMMITS = st.lists(
    st.tuples(QUARTERS, st.integers(1, 6).map(float), st.integers(-40, 160).map(lambda quarter: quarter / 4)),
    min_size=1,
    max_size=40,
)


@given(ROUGH_SUMMITS, st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0]))
def test_the_definition_is_met_exactly_with_many_ties(
    summits: list[tuple[float, float, float]], flank_slope: float
) -> None:
    bearing, distance, elevation = np.array(summits).T
    found = occluded(bearing, distance, elevation, flank_slope)
    assert found.tolist() == (excess_deg(bearing, distance, elevation, flank_slope) > 0).tolist()


@given(st.integers(0, 2**32), st.integers(1, 300), st.floats(0.0, 3.0))
def test_the_definition_is_met_for_any_summits(seed: int, count: int, flank_slope: float) -> None:
    rng = np.random.default_rng(seed)
    bearing, distance = rng.uniform(0, 360, count), rng.uniform(500, 60_000, count)
    elevation = rng.uniform(-5, 5, count) + rng.exponential(5, count)
    excess = excess_deg(bearing, distance, elevation, flank_slope)
    beyond_rounding = np.abs(excess) > 1e-9
    found = occluded(bearing, distance, elevation, flank_slope)
    assert (found == (excess > 0))[beyond_rounding].all()
