"""A picture -> the tensor that an image encoder takes."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cumbre.encoding.model_config import ModelDescription
from cumbre.imaging.resize import Pixels, resized


def pixel_values(image: Image.Image, description: ModelDescription) -> NDArray[np.float32]:
    """The pixel tensor of one upright picture, shape [3, height, width], float32, channels red, green, blue.

    1. uint8 RGB [h, w, 3]; another mode goes through Pillow's plain conversion (transparency is dropped, not blended).
    2. Resized to description.image_size with description.resample; no crop, so the proportions may change.
    3. float32, times rescale_factor.
    4. Less image_mean, divided by image_std, per channel.
    5. Channels first.

    The same steps as the reference image processor of SigLIP (tests/integration/test_onnx_encoder.py pins them).
    """
    return normalized(resized(image, description.image_size, description.resample), description)


def normalized(pixels: Pixels, description: ModelDescription) -> NDArray[np.float32]:
    """Steps 3 to 5: the tensor [3, height, width] of resized pixels."""
    scaled = pixels.astype(np.float32) * np.float32(description.rescale_factor)
    mean = np.asarray(description.image_mean, dtype=np.float32)
    std = np.asarray(description.image_std, dtype=np.float32)
    return np.ascontiguousarray(((scaled - mean) / std).transpose(2, 0, 1))
