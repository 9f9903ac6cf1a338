"""A picture becomes the tensor that the model directory describes.

tests/integration/test_onnx_encoder.py compares the values with the reference implementation.
"""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cumbre.encoding.known_models import resolve_model
from cumbre.encoding.model_config import ModelDescription, read_model_directory
from cumbre.encoding.normalize import pixel_values


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> ModelDescription:
    return read_model_directory(resolve_model("lite", tmp_path_factory.mktemp("home")).directory)


def test_a_plain_colour_is_normalised_per_channel(description: ModelDescription) -> None:
    pixels = pixel_values(Image.new("RGB", (640, 480), (255, 0, 51)), description)
    assert pixels.dtype == np.float32
    assert pixels.shape == (3, 224, 224)
    expected = (np.array([1.0, 0.0, 0.2]) - description.image_mean) / description.image_std
    assert pixels.reshape(3, -1).min(axis=1) == pytest.approx(expected, abs=1e-5)
    assert pixels.reshape(3, -1).max(axis=1) == pytest.approx(expected, abs=1e-5)


def test_height_comes_before_width(description: ModelDescription) -> None:
    pixels = pixel_values(Image.new("RGB", (50, 50)), replace(description, image_size=(32, 64)))
    assert pixels.shape == (3, 32, 64)


def test_nothing_is_cropped(description: ModelDescription) -> None:
    left_white = Image.new("RGB", (1000, 100))
    left_white.paste((255, 255, 255), (0, 0, 100, 100))
    red = pixel_values(left_white, description)[0, 112]
    assert np.count_nonzero(red > 0) == pytest.approx(22, abs=1)  # a tenth of the width, as in the original


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1"])
def test_every_mode_becomes_rgb(description: ModelDescription, mode: str) -> None:
    pixels = pixel_values(Image.new("RGB", (30, 40), (0, 0, 0)).convert(mode), description)
    black = -np.array(description.image_mean) / description.image_std
    assert pixels.mean(axis=(1, 2)) == pytest.approx(black, abs=1e-4)


def test_the_smallest_picture_works(description: ModelDescription) -> None:
    assert np.isfinite(pixel_values(Image.new("RGB", (1, 1)), description)).all()
