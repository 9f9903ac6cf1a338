"""The direction and the field of view of a photo, from its facts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cumbre.geo.geodesy import Position
from cumbre.photos.document import PhotoFacts
from cumbre.viewshed.sighting import declination_deg, sighting
from tests.support.present import present

FAIRBANKS = Position(64.84, -147.72, 150.0)


def facts(**changes: Any) -> PhotoFacts:
    return PhotoFacts(4000, 3000, "JPEG", taken_at=datetime(2023, 6, 1, tzinfo=UTC), **changes)


def test_a_magnetic_heading_is_corrected_by_the_declination() -> None:
    # The World Magnetic Model 2020 gives 15.5 degrees east at Fairbanks in 2023.
    seen = sighting(facts(position=FAIRBANKS, heading_deg=350.0, heading_ref="M"))
    assert seen.heading_deg == pytest.approx(5.5, abs=0.7)


def test_a_true_heading_is_not_changed() -> None:
    assert sighting(facts(position=FAIRBANKS, heading_deg=350.0)).heading_deg == 350.0


def test_a_magnetic_heading_without_a_place_is_unknown() -> None:
    assert sighting(facts(heading_deg=350.0, heading_ref="M")).heading_deg is None


@pytest.mark.parametrize("year", [1998, 2012, 2017, 2022, 2026, 2040])
def test_every_year_has_a_declination(year: int) -> None:
    assert 5 < declination_deg(FAIRBANKS, datetime(year, 7, 1, tzinfo=UTC)) < 25


def test_an_unknown_focal_length_is_assumed_wide_and_marked() -> None:
    seen = sighting(facts(position=FAIRBANKS, heading_deg=1.0))
    assert seen.fov_assumed
    assert 60 < present(seen.hfov_deg) < 75
    assert not sighting(facts(position=FAIRBANKS, focal_length_35mm=77.0)).fov_assumed


def test_values_given_by_a_person_override_the_file() -> None:
    at = Position(27.8, 86.7, 3440.0)
    seen = sighting(facts(position=FAIRBANKS, heading_deg=1.0), at=at, heading_deg=400.0)
    assert seen.position == at
    assert seen.heading_deg == 40.0


def test_the_altitude_of_the_album_is_used_only_if_the_photo_has_none() -> None:
    bare = Position(27.8, 86.7)
    assert present(sighting(facts(position=bare), album_altitude_m=3400.0).position).altitude_m == 3400.0
    assert present(sighting(facts(position=FAIRBANKS), album_altitude_m=3400.0).position).altitude_m == 150.0
