import numpy as np
from PIL import Image

from cumbre.skyline import sky_fraction


def noise(width: int, height: int, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).integers(40, 200, (height, width, 3), dtype=np.uint8)


def test_a_plain_sky_over_terrain_is_all_sky():
    picture = noise(320, 240)
    picture[:80] = (120, 170, 230)
    assert sky_fraction(Image.fromarray(picture)) == 1.0


def test_a_hillside_that_fills_the_picture_has_no_sky():
    assert sky_fraction(Image.fromarray(noise(320, 240))) == 0.0


def test_sky_over_half_of_the_columns_is_half():
    picture = noise(320, 240)
    picture[:80, :160] = (120, 170, 230)
    assert 0.4 < sky_fraction(Image.fromarray(picture)) < 0.55
