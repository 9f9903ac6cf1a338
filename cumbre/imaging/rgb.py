"""Convert pictures of any mode to 8-bit RGB as a viewer shows them: transparency on white, deep greyscale scaled.

The conversion works in bands, so that a large picture needs no second full copy besides the result.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

_BAND_PIXELS = 4_000_000


def to_rgb(image: Image.Image) -> Image.Image:
    """Return the picture in RGB, with its pixels loaded. An opaque RGB picture is returned unchanged."""
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
    """Yield bands that span the picture's full width, each with its first row."""
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
    # Pillow's own conversion clips everything above 255 to white.
    return band.convert("I").point(lambda level: level / 257, "L").convert("RGB")


def _finite_range(image: Image.Image) -> tuple[float, float]:
    """Return the smallest and largest finite value of a numeric picture, or (0, 0) if no value is finite."""
    low, high = math.inf, -math.inf
    for band, _ in _bands(image):
        levels = np.asarray(band)
        finite = levels[np.isfinite(levels)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low <= high else (0.0, 0.0)


def _stretched(low: float, high: float) -> Callable[[Image.Image], Image.Image]:
    """Return a conversion that maps low to black and high to white, because numeric pictures define no white."""
    # Halved first, because high - low may overflow.
    scale = 255.0 / (high / 2 - low / 2) if high > low else 0.0

    def convert(band: Image.Image) -> Image.Image:
        # NaN may raise a warning as early as the copy.
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
