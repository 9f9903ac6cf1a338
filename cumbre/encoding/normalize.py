"""Convert pictures to the input tensor of an image encoder."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cumbre.encoding.model_config import ModelDescription
from cumbre.imaging.resize import Pixels, resize


def pixel_values(image: Image.Image, description: ModelDescription) -> NDArray[np.float32]:
    """Return the pixel tensor of one upright picture: float32 [3, height, width], channels red, green, blue.

    1. Convert to uint8 RGB [h, w, 3], with Pillow's plain conversion (transparency is dropped, not blended).
    2. Resize to description.image_size with description.resample, without cropping: the aspect ratio may change.
    3. Convert to float32 and multiply by rescale_factor.
    4. Subtract image_mean and divide by image_std, per channel.
    5. Move the channels to the front.

    These are the steps of SigLIP's reference image processor; tests/integration/test_onnx_encoder.py compares results.
    """
    return normalize(resize(image, description.image_size, description.resample), description)


def normalize(pixels: Pixels, description: ModelDescription) -> NDArray[np.float32]:
    """Return the tensor [3, height, width] of resized pixels: steps 3 to 5 of pixel_values()."""
    scaled = pixels.astype(np.float32) * np.float32(description.rescale_factor)
    mean = np.asarray(description.image_mean, dtype=np.float32)
    std = np.asarray(description.image_std, dtype=np.float32)
    return np.ascontiguousarray(((scaled - mean) / std).transpose(2, 0, 1))
