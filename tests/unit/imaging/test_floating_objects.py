"""Floating objects: the moon next to a summit is not part of the skyline, a tower on the ground is."""

import numpy as np
import pytest

from cumbre.imaging.floating_objects import find_floating_objects
from cumbre.imaging.skyline import find_skylines_in_pixels
from tests.unit.imaging.test_skyline import mountains, peak

SUMMIT, MOON = 200, 150
RIDGE = peak(at=SUMMIT)


def with_a_disc(pixels: np.ndarray, at: int, row: int, radius: int) -> np.ndarray:
    """Return the pixels with a pale, rough disc drawn into them."""
    rows, columns = np.mgrid[0 : len(pixels), 0 : pixels.shape[1]]
    inside = (rows - row) ** 2 + (columns - at) ** 2 <= radius**2
    pale = np.random.default_rng(3).integers(150, 210, pixels.shape, dtype=np.uint8)
    return np.where(inside[..., None], pale, pixels)


def jumping_to(row: int, start: int, end: int) -> np.ndarray:
    line = np.full(320, 140)
    line[start:end] = row
    return line


def sky() -> np.ndarray:
    """Return colours that get brighter downwards, [H, W, 3]."""
    return np.zeros((240, 320, 3), np.float32) + np.linspace(50, 70, 240, dtype=np.float32)[:, None, None]


def test_the_moon_next_to_a_summit_is_not_part_of_the_skyline() -> None:
    picture = with_a_disc(mountains(RIDGE), MOON, row=70, radius=8)
    line = find_skylines_in_pixels(picture)[0]
    assert np.abs(line.y * len(picture) - RIDGE).max() < 6
    assert line.maxima(240 / 320).x == pytest.approx([(SUMMIT + 0.5) / 320], abs=0.01)


def test_a_tower_on_the_ground_is_part_of_the_skyline() -> None:
    picture = mountains(RIDGE)
    picture[60:140, 60:75] = np.random.default_rng(5).integers(0, 90, (80, 15, 3), dtype=np.uint8)
    assert find_skylines_in_pixels(picture)[0].at(67 / 320) * len(picture) == pytest.approx(60, abs=4)


def test_an_object_floats_if_the_sky_below_has_the_colour_of_the_sky_beside_and_above() -> None:
    colours = sky()
    colours[60:80, 100:115] = 95
    line = jumping_to(60, 100, 115)
    (moon,) = find_floating_objects(line, colours)
    assert moon.start <= 100
    assert moon.end >= 115
    assert 80 < moon.row < 140
    tower = colours.copy()
    tower[60:, 100:115] = 20
    assert find_floating_objects(line, tower) == []
    snow = colours.copy()
    snow[61:, :] = 95
    assert find_floating_objects(line, snow) == []


@pytest.mark.parametrize(("row", "start", "end"), [(60, 100, 180), (137, 100, 115), (60, 0, 15), (60, 305, 320)])
def test_broad_or_low_objects_and_those_at_the_edge_do_not_count(row: int, start: int, end: int) -> None:
    assert find_floating_objects(jumping_to(row, start, end), sky()) == []
