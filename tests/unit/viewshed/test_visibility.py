"""How probably a summit is visible: frame, compass error, terrain and sky."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cumbre.geo.geodesy import Position, destination
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.terrain.line_of_sight import TerrainModel
from cumbre.viewshed.sighting import Sighting
from cumbre.viewshed.visibility import PeakViews, VisibilityModel, aimed_in_frame, outlook, peak_views, surroundings
from tests.support.elevation_tiles import hgt

HERE = Position(46.0, 8.0, 2000.0)
MODEL = VisibilityModel()
LOOKING_NORTH = Sighting(HERE, heading_deg=0.0, hfov_deg=70.0, vfov_deg=55.0)


def catalog_of(*summits: tuple[float, float, float]) -> Catalog:
    """Return a catalogue of summits, each given as (bearing, distance, elevation above sea level)."""
    return Catalog(
        Peak(f"p{i}", *destination(HERE.lat, HERE.lon, bearing_deg, distance_m), elev_m, (f"P{i}",))
        for i, (bearing_deg, distance_m, elev_m) in enumerate(summits)
    )


RING = catalog_of(*((7.3 * i, 3000.0 + 1100.0 * i, 2500.0 + 40.0 * i) for i in range(50)))


def views(seen: Sighting = LOOKING_NORTH, catalog: Catalog = RING, model: VisibilityModel = MODEL) -> PeakViews:
    return peak_views(outlook(surroundings(catalog, HERE, model), 2000.0, model), seen, model)


def test_surroundings_end_at_the_range_and_cross_the_date_line() -> None:
    catalog = Catalog([Peak("near", 0.0, -179.9, 900.0, ("Near",)), Peak("far", 0.0, -179.0, 900.0, ("Far",))])
    around = surroundings(catalog, Position(0.0, 179.9), VisibilityModel())
    assert around.index.tolist() == [0]
    assert around.bearing_deg[0] == pytest.approx(90.0, abs=0.01)
    assert around.distance_m[0] == pytest.approx(22_264, abs=1)


def test_without_peaks_around_the_views_are_empty() -> None:
    nothing = views(catalog=Catalog(()))
    assert len(nothing) == 0
    assert aimed_in_frame(nothing, np.zeros(0), LOOKING_NORTH, MODEL).shape == (0,)


def test_a_summit_in_the_centre_is_surely_in_the_frame_through_any_lens() -> None:
    ahead = catalog_of((0.0, 10_000.0, 4000.0))
    for hfov_deg in (8.0, 70.0):
        assert views(replace(LOOKING_NORTH, hfov_deg=hfov_deg), ahead).in_frame[0] == pytest.approx(1.0, abs=1e-6)


@given(st.floats(0, 359), st.floats(2, 120), st.floats(-40, 40))
def test_in_frame_is_the_share_of_compass_errors_that_keep_the_summit_inside(
    heading_deg: float, hfov_deg: float, roll_deg: float
) -> None:
    seen = Sighting(HERE, heading_deg, hfov_deg, hfov_deg * 0.75, roll_deg=roll_deg)
    found = views(seen)
    scale = MODEL.heading_sigma_deg * math.sqrt(2.0)
    half = hfov_deg / 2
    for offset_deg, likely in zip(found.offset_deg, found.in_frame, strict=True):
        expected = offset_deg + MODEL.heading_error_per_roll * roll_deg
        inside = math.erf((half + expected) / scale) + math.erf((half - expected) / scale)
        # Twice the error of the error function, relative to a summit in the centre.
        assert likely == pytest.approx(inside / 2 / math.erf(half / scale), abs=3e-7 / math.erf(half / scale))
        assert likely >= 0.0


@given(st.floats(0, 359), st.floats(2, 120), st.floats(-40, 40), st.integers(0, 2**32))
def test_aimed_in_frame_is_a_sum_over_the_compass_errors(
    heading_deg: float, hfov_deg: float, roll_deg: float, seed: int
) -> None:
    seen = Sighting(HERE, heading_deg, hfov_deg, hfov_deg * 0.75, roll_deg=roll_deg)
    found = views(seen)
    mass = np.random.default_rng(seed).uniform(0.01, 20.0, len(found))

    sigma = MODEL.heading_sigma_deg
    error = np.linspace(-4 * sigma, 4 * sigma, 321)
    expected = found.offset_deg + MODEL.heading_error_per_roll * roll_deg
    from_edge = np.abs(expected[:, None] + error[None, :]) - hfov_deg / 2
    assume(np.abs(from_edge).min() > 1e-9)  # on the edge itself, rounding decides
    inside = from_edge < 0
    belief = np.exp(-0.5 * (error / sigma) ** 2) * (mass[:, None] * inside).sum(axis=0)
    if belief.sum() > 0:
        np.testing.assert_allclose(aimed_in_frame(found, mass, seen, MODEL), inside @ belief / belief.sum(), atol=1e-9)


def test_known_terrain_hides_summits_that_no_catalogued_peak_hides(tmp_path: Path) -> None:
    def ridge(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        """A range 15 km to the north, from east to west."""
        return np.where(np.abs(lat - HERE.lat - 0.135) < 0.01, 3500.0, 1900.0) + 0.0 * lon

    hgt(tmp_path, 46, 8, ridge)
    position = Position(46.02, 8.5, 2000.0)
    catalog = Catalog(
        Peak(f"p{i}", *destination(position.lat, position.lon, bearing_deg, distance_m), elev_m, (f"P{i}",))
        for i, (bearing_deg, distance_m, elev_m) in enumerate(
            [(0.0, 40_000.0, 4000.0), (5.0, 41_000.0, 9000.0), (180.0, 40_000.0, 4000.0)]
        )
    )
    around = surroundings(catalog, position, MODEL)
    open_view, real_view = (outlook(around, 2000.0, MODEL, terrain) for terrain in (None, TerrainModel(tmp_path)))
    assert list(open_view.hidden) == [False, False, False]
    # The highest summit rises above the ridge; for the south there is no tile.
    assert list(real_view.hidden) == [True, False, False]
    assert real_view.clear[0] == pytest.approx(MODEL.hidden_factor * open_view.clear[0])


def test_with_a_smaller_heading_error_the_edge_of_the_frame_is_sharper() -> None:
    beside = catalog_of((0.0, 10_000.0, 4000.0), (45.0, 10_000.0, 4000.0))
    by_compass, by_skyline = (views(replace(LOOKING_NORTH, heading_sigma_deg=sigma), beside) for sigma in (None, 2.0))
    assert by_compass.in_frame[1] > 0.1
    assert by_skyline.in_frame[1] < 1e-4
    assert by_skyline.in_frame[0] == pytest.approx(1.0, abs=1e-6)


def test_without_a_heading_every_direction_is_in_the_frame() -> None:
    anywhere = Sighting(HERE, hfov_deg=70.0, vfov_deg=55.0)
    found = views(anywhere)
    assert np.isnan(found.offset_deg).all()
    assert found.in_frame.tolist() == [1.0] * len(RING)
    assert aimed_in_frame(found, found.weight, anywhere, MODEL).tolist() == [1.0] * len(RING)


def test_a_hidden_summit_keeps_a_small_share_of_its_chance() -> None:
    catalog = catalog_of((0.0, 10_000.0, 4000.0), (1.0, 20_000.0, 4100.0))
    clear = views(catalog=catalog).clear
    no_cones = views(catalog=catalog, model=replace(MODEL, hidden_factor=1.0)).clear
    assert clear[0] == no_cones[0]
    assert clear[1] == pytest.approx(MODEL.hidden_factor * no_cones[1])


def test_with_little_sky_every_summit_is_less_likely_to_be_seen() -> None:
    plenty, little, none = (
        views(replace(LOOKING_NORTH, sky_fraction=share)).clear for share in (0.5, MODEL.sky_columns / 2, 0.0)
    )
    np.testing.assert_allclose(little, plenty / 2)
    np.testing.assert_allclose(none, plenty * MODEL.no_sky_factor)
