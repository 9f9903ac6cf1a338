"""Any picture in 8-bit RGB, as a viewer shows it: on white where it is transparent, grey of any depth scaled.

Converted in bands, so that a large picture needs no second copy beside the result.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

_BAND_PIXELS = 4_000_000


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture in RGB; itself if it is, and loaded."""
    image.load()
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    convert = _conversion(image)
    if image.width * image.height <= _BAND_PIXELS:
        return convert(image)
    result = Image.new("RGB", image.size)
    for band, top in _bands(image):
        result.paste(convert(band), (0, top))
    return result


def _bands(image: Image.Image) -> Iterator[tuple[Image.Image, int]]:
    """The picture cut into bands over its whole width, each with the row where it begins."""
    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height))), top


def _conversion(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    if image.mode.startswith("I;16"):
        return _from_16_bits
    if image.mode in ("I", "F"):
        return _stretched(*_finite_range(image))
    if image.has_transparency_data:
        return _on_white
    return lambda band: band.convert("RGB")


def _from_16_bits(band: Image.Image) -> Image.Image:
    # Pillow alone would clip everything above 255 to white.
    return band.convert("I").point(lambda level: level / 257, "L").convert("RGB")


def _finite_range(image: Image.Image) -> tuple[float, float]:
    """The least and the greatest number of a picture of numbers, (0, 0) if none is finite."""
    low, high = math.inf, -math.inf
    for band, _ in _bands(image):
        levels = np.asarray(band)
        finite = levels[np.isfinite(levels)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low <= high else (0.0, 0.0)


def _stretched(low: float, high: float) -> Callable[[Image.Image], Image.Image]:
    """Numbers have no white of their own: the least becomes black, the greatest white."""
    # As two factors: their difference may be too large for a number.
    scale = 255.0 / (high / 2 - low / 2) if high > low else 0.0

    def convert(band: Image.Image) -> Image.Image:
        # Numbers that are none may say so by a warning already when they are copied.
        with np.errstate(invalid="ignore"):
            levels = np.nan_to_num(np.asarray(band, dtype=np.float64), nan=low, posinf=high, neginf=low)
        grey = (levels / 2 - low / 2) * scale
        return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")

    return convert


def _on_white(band: Image.Image) -> Image.Image:
    pixels = band.convert("RGBA")
    if pixels.getchannel("A").getextrema() == (255, 255):
        return pixels.convert("RGB")
    white = Image.new("RGBA", band.size, "white")
    return Image.alpha_composite(white, pixels).convert("RGB")
