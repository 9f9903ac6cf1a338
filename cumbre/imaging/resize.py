"""Resizing a picture for an image encoder: pixels alone, so that a picture process needs to know no model."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# First a box filter by a whole factor, then the exact resize at twice the size: 12 ms instead of 40-100 for 12
# megapixels. The golden vectors of SigLIP-2 keep a cosine of 0.9999996, real photos 0.99997.
_REDUCING_GAP = 2.0

Pixels = NDArray[np.uint8]


def resized(image: Image.Image, size: tuple[int, int], resample: int) -> Pixels:
    """Steps 1 and 2: uint8 [height, width, 3] for a size of (height, width)."""
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    height, width = size
    return np.asarray(rgb.resize((width, height), Image.Resampling(resample), reducing_gap=_REDUCING_GAP))
