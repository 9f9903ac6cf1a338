"""Skylines and the sky in pictures."""

import numpy as np
import pytest
from PIL import Image

from cumbre.imaging.skyline import SKYLINE_LONG_SIDE_PX, Skyline, find_skylines, find_skylines_in_pixels, sky_fraction


def noise(width: int, height: int, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).integers(40, 200, (height, width, 3), dtype=np.uint8)


def mountains(ridge: np.ndarray, height: int = 240) -> np.ndarray:
    """Return rough ground below a ridge (rows, [W]), under a blue sky that gets brighter downwards, [H, W, 3]."""
    pixels = noise(len(ridge), height)
    rows = np.arange(height)[:, None]
    sky = np.stack([90 + rows * 0.2, 140 + rows * 0.2, 210 + rows * 0.1], axis=-1)
    return np.where((rows < ridge)[..., None], sky, pixels).astype(np.uint8)


def first_line(pixels: np.ndarray) -> Skyline:
    return find_skylines_in_pixels(pixels)[0]


def peak(width: int = 320, at: int = 200, top: int = 60, foot: int = 140, flat: int = 0) -> np.ndarray:
    """Return the ridge of one mountain (rows, [W])."""
    away = np.maximum(np.abs(np.arange(width) - at) - flat, 0)
    outline: np.ndarray = np.minimum(top + away, foot).astype(float)
    return outline


def test_snow_as_smooth_as_the_sky_has_a_second_line_along_its_edge() -> None:
    ridge, snow_line = peak(), 150
    pixels = mountains(ridge)
    rows = np.arange(len(pixels))[:, None]
    pixels[(rows >= ridge) & (rows < snow_line)] = (130, 176, 226)
    below, along = find_skylines_in_pixels(pixels)
    assert below.at(200.5 / 320) * len(pixels) > 130
    assert along.at(200.5 / 320) * len(pixels) == pytest.approx(60, abs=2)
    assert along.maxima(240 / 320).x == pytest.approx([200.5 / 320], abs=0.01)


@pytest.mark.parametrize("width", [16, 20, 25, 40])
def test_searching_for_maxima_in_tiny_pictures_raises_no_error(width: int) -> None:
    for seed in range(40):
        pixels = np.full((16, width, 3), 200, np.uint8)
        pixels[4 + seed % 8 :, seed % width] = 20
        for line in find_skylines_in_pixels(np.maximum(pixels, noise(width, 16, seed) // 3)):
            line.maxima(16 / width)


def test_only_the_most_prominent_maxima_of_noise_are_kept() -> None:
    rows = np.random.default_rng(4).uniform(0.0, 1.0, 512).astype(np.float32)
    tops = Skyline(rows, np.ones(512, np.float32)).maxima(0.75)
    assert len(tops.x) == 40
    assert list(tops.x) == sorted(tops.x)
    assert tops.prominence.min() > 0.2


def test_two_identical_lines_are_returned_as_one() -> None:
    assert len(find_skylines_in_pixels(mountains(peak()))) == 1


def test_a_plain_sky_over_terrain_is_all_sky() -> None:
    picture = noise(320, 240)
    picture[:80] = (120, 170, 230)
    assert sky_fraction(Image.fromarray(picture)) == 1.0


def test_a_hillside_that_fills_the_picture_has_no_sky() -> None:
    assert sky_fraction(Image.fromarray(noise(320, 240))) == 0.0


def test_sky_over_half_of_the_columns_is_half() -> None:
    picture = noise(320, 240)
    picture[:80, :160] = (120, 170, 230)
    assert 0.4 < sky_fraction(Image.fromarray(picture)) < 0.55


def test_the_skyline_is_where_the_ground_begins_and_is_sure_there() -> None:
    ridge = peak()
    skyline = first_line(mountains(ridge))
    assert np.median(np.abs(skyline.y * 240 - ridge)) <= 1.5
    assert np.abs(skyline.y * 240 - ridge).max() <= 4
    assert skyline.sureness.min() > 0.9


def test_the_summit_is_the_one_maximum() -> None:
    maxima = first_line(mountains(peak(at=200, top=60))).maxima(240 / 320)
    assert len(maxima.x) == 1
    assert maxima.x[0] == pytest.approx(200.5 / 320, abs=0.01)
    assert maxima.y[0] == pytest.approx(60 / 320, abs=0.01)
    assert maxima.prominence[0] == pytest.approx(80 / 320, abs=0.02)


def test_a_flat_summit_is_one_maximum_in_its_middle() -> None:
    maxima = first_line(mountains(peak(at=160, flat=14))).maxima(240 / 320)
    assert len(maxima.x) == 1
    assert maxima.x[0] == pytest.approx(0.5, abs=0.015)


def test_a_slope_that_leaves_the_picture_is_not_a_maximum() -> None:
    ridge = np.linspace(150, 40, 320)
    assert len(first_line(mountains(ridge)).maxima(0.75).x) == 0


def test_the_skyline_is_not_sure_where_a_soft_cloud_hides_the_ridge() -> None:
    pixels = mountains(peak()).astype(float)
    soft = np.clip((np.arange(240) - 50) / 80, 0, 1)[:, None]
    pixels[:, 20:120] += soft[..., None] * (np.array([200, 205, 215]) - pixels[:, 20:120])
    skyline = first_line(pixels.astype(np.uint8))
    assert skyline.sureness[40:100].max() < 0.5
    assert skyline.sureness[180:300].min() > 0.9


def test_broad_maxima_and_those_next_to_a_cliff_are_doubtful() -> None:
    sharp, broad = peak(at=160), peak(at=160, flat=30)
    cliff = np.where(np.arange(320) > 161, 140.0, sharp)
    assert first_line(mountains(sharp)).maxima(0.75).doubtful.tolist() == [False]
    assert first_line(mountains(broad)).maxima(0.75).doubtful.tolist() == [True]
    assert first_line(mountains(cliff)).maxima(0.75).doubtful.tolist() == [True]


def test_a_large_picture_is_reduced_first() -> None:
    large = Image.fromarray(mountains(peak())).resize((1600, 1200))
    skyline = find_skylines(large)[0]
    assert len(skyline.y) == SKYLINE_LONG_SIDE_PX
    assert skyline.maxima(0.75).x[0] == pytest.approx(0.627, abs=0.01)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (512, 4), (4, 512), (40, 30)])
def test_pictures_of_any_size_have_a_skyline(size: tuple[int, int]) -> None:
    skyline = find_skylines(Image.fromarray(noise(*size)))[0]
    assert len(skyline.y) == size[0]
    assert np.isfinite(skyline.y).all()
    assert np.isfinite(skyline.sureness).all()
    skyline.maxima(size[1] / size[0])


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_a_picture_of_one_colour_has_no_maximum(colour: int) -> None:
    assert len(find_skylines(Image.new("RGB", (320, 240), (colour,) * 3))[0].maxima(0.75).x) == 0
