"""The peaks around a place."""

from pathlib import Path

import numpy as np
import pytest

from cumbre.geo.geodesy import Position
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.terrain.line_of_sight import TerrainModel
from cumbre.viewshed.panorama import panorama
from cumbre.viewshed.visibility import VisibilityModel
from tests.support.elevation_tiles import Floats, flat, hgt
from tests.support.fakes import KHUMBU

NAMCHE = Position(27.8030, 86.7150, 3570.0)


def test_every_peak_within_range_has_a_bearing_a_distance_and_an_apparent_height() -> None:
    around = panorama(KHUMBU, NAMCHE, VisibilityModel())
    assert {one.peak.id for one in around.peaks} == set(KHUMBU)
    ama = next(one for one in around.peaks if one.peak.id == "ama-dablam")
    assert ama.bearing_deg == pytest.approx(66, abs=1)
    assert ama.distance_m == pytest.approx(15_800, rel=0.02)
    assert ama.elevation_deg == pytest.approx(11.4, abs=0.3)
    assert (around.altitude_m, around.altitude_is_assumed) == (3570.0, False)


def test_the_most_prominent_peak_comes_first() -> None:
    around = panorama(KHUMBU, NAMCHE, VisibilityModel())
    assert around.peaks[0].peak.id in ("khumbila", "thamserku")
    assert around.peaks[-1].peak.id in ("lhotse", "mount-everest")


def test_an_unknown_altitude_is_assumed_and_marked_as_assumed() -> None:
    around = panorama(KHUMBU, Position(NAMCHE.lat, NAMCHE.lon), VisibilityModel())
    assert around.altitude_is_assumed
    assert 2_500 < around.altitude_m < 5_000


def test_without_terrain_nobody_knows_what_is_visible() -> None:
    assert {one.visible for one in panorama(KHUMBU, NAMCHE, VisibilityModel()).peaks} == {None}


def test_terrain_that_covers_the_way_tells_what_is_visible(tmp_path: Path) -> None:
    for lon in (86, 87):
        hgt(tmp_path, 27, lon, _ridge_east_of_namche)
    around = panorama(KHUMBU, NAMCHE, VisibilityModel(), TerrainModel(tmp_path))
    visible = {one.peak.id: one.visible for one in around.peaks}
    # Ama Dablam is in the east, behind the ridge. Khumbila is in the north.
    assert visible["ama-dablam"] is False
    assert visible["khumbila"] is True


def test_a_missing_tile_leaves_it_open_whether_a_peak_is_visible(tmp_path: Path) -> None:
    hgt(tmp_path, 27, 86, flat(3000.0))
    there = Peak("there", 28.3, 86.715, 8000.0, ("There",))
    near = Peak("near", 27.9, 86.715, 8000.0, ("Near",))
    around = panorama(Catalog([there, near]), NAMCHE, VisibilityModel(), TerrainModel(tmp_path))
    assert {one.peak.id: one.visible for one in around.peaks} == {"near": True, "there": None}


def _ridge_east_of_namche(lat: Floats, lon: Floats) -> Floats:
    return np.where(np.abs(lon - 86.75) < 0.01, 6500.0, 3000.0) + 0.0 * lat


def test_far_from_all_peaks_there_are_none() -> None:
    assert panorama(KHUMBU, Position(0.0, 0.0), VisibilityModel()).peaks == ()
