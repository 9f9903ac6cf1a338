"""Resize a picture for an image encoder.

Normalisation is a separate step (cumbre/encoding/normalize.py), so the sandboxed processes need no model.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# A box filter first reduces the picture by a whole factor to at least twice the size, then it is resized exactly: 12 ms
# instead of 40-100 ms for 12 megapixels. The cosine to exact resizing is 0.9999996 for the golden vectors of SigLIP-2
# and 0.99997 for real photos.
_REDUCING_GAP = 2.0

Pixels = NDArray[np.uint8]


def resize(image: Image.Image, size: tuple[int, int], resample: int) -> Pixels:
    """Return the picture as uint8 RGB [height, width, 3] for a size of (height, width), with a Pillow resample filter.

    These are steps 1 and 2 of cumbre.encoding.normalize.pixel_values().
    """
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    height, width = size
    return np.asarray(rgb.resize((width, height), Image.Resampling(resample), reducing_gap=_REDUCING_GAP))
