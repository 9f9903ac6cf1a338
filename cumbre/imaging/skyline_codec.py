"""Encode skylines as text, so that a photo can be fitted again without its pixels.

A skyline takes about 300 characters: zlib-compressed row steps and sureness values in Base 85.
"""

import base64
import zlib
from collections.abc import Sequence

import numpy as np

from cumbre.imaging.skyline import SKYLINE_LONG_SIDE_PX, Skyline

# The number of quantisation steps.
_ROWS, _SURENESS = 4096, 15
# Base 85 doesn't use the space.
_SEPARATOR = " "
_MAX_LINES = 2


def encode_skylines(skylines: Sequence[Skyline]) -> str:
    """Return skylines as text. y is rounded to 1/4096 and sureness to 1/15."""
    return _SEPARATOR.join(_encode(one) for one in skylines)


def decode_skylines(text: str | None) -> tuple[Skyline, ...]:
    """Return the skylines in a text from encode_skylines(). Invalid parts are skipped; None gives an empty tuple."""
    found = [_decode(part) for part in (text or "").split(_SEPARATOR)[:_MAX_LINES]]
    return tuple(one for one in found if one is not None)


def _encode(skyline: Skyline) -> str:
    rows = np.round(np.clip(skyline.y, 0.0, 1.0) * _ROWS).astype(np.int32)
    steps = np.diff(rows, prepend=0).astype("<i2")
    sure = np.round(np.clip(skyline.sureness, 0.0, 1.0) * _SURENESS).astype(np.uint8)
    return base64.b85encode(zlib.compress(steps.tobytes() + sure.tobytes(), 9)).decode("ascii")


def _decode(text: str) -> Skyline | None:
    try:
        data = zlib.decompressobj().decompress(base64.b85decode(text), 3 * SKYLINE_LONG_SIDE_PX + 1)
    except (ValueError, zlib.error):
        return None
    width, rest = divmod(len(data), 3)
    if rest or not 0 < width <= SKYLINE_LONG_SIDE_PX:
        return None
    rows = np.frombuffer(data, dtype="<i2", count=width).astype(np.int64).cumsum()
    sure = np.frombuffer(data, dtype=np.uint8, offset=2 * width)
    if rows.min() < 0 or rows.max() > _ROWS or sure.max() > _SURENESS:
        return None
    return Skyline((rows / _ROWS).astype(np.float32), (sure / _SURENESS).astype(np.float32))
