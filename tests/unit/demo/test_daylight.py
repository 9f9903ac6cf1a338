"""The direction of the sun, by place and time."""

from datetime import UTC, datetime

import pytest

from cumbre.demo.daylight import sun_direction


def test_at_the_equinox_the_sun_rises_in_the_east_and_its_noon_elevation_is_90_minus_the_latitude() -> None:
    # 2024-03-20: the equation of time is -7.4 minutes, so true noon at longitude 0 is at 12:07:25 UTC.
    azimuth, elevation = sun_direction(45.0, 0.0, datetime(2024, 3, 20, 12, 7, 25, tzinfo=UTC))
    assert azimuth == pytest.approx(180.0, abs=0.5)
    assert elevation == pytest.approx(45.0, abs=0.5)
    azimuth, elevation = sun_direction(45.0, 0.0, datetime(2024, 3, 20, 6, 7, 25, tzinfo=UTC))
    assert azimuth == pytest.approx(90.0, abs=1.0)
    assert elevation == pytest.approx(0.0, abs=0.5)


def test_south_of_the_tropics_the_noon_sun_is_in_the_north() -> None:
    azimuth, _ = sun_direction(-45.0, 0.0, datetime(2024, 6, 20, 12, 2, tzinfo=UTC))
    assert min(azimuth, 360.0 - azimuth) < 1.0
