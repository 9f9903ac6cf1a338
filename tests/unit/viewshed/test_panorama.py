"""The peaks around a place."""

import pytest

from cumbre.geo.geodesy import Position
from cumbre.viewshed.panorama import panorama
from cumbre.viewshed.visibility import VisibilityModel
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


def test_far_from_all_peaks_there_are_none() -> None:
    assert panorama(KHUMBU, Position(0.0, 0.0), VisibilityModel()).peaks == ()
