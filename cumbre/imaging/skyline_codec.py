"""Skylines <-> a text of some hundred characters each, so that a photo can be fitted again without its pixels."""

import base64
import zlib
from collections.abc import Sequence

import numpy as np

from cumbre.imaging.skyline import SKYLINE_LONG_SIDE_PX, Skyline

_ROWS, _SURENESS = 4096, 15
# Base 85 has no space.
_BETWEEN = " "
_LINES_MAX = 2


def encode_skylines(skylines: Sequence[Skyline]) -> str:
    """The text of skylines, which keeps 1/4096 of y and 1/15 of sureness."""
    return _BETWEEN.join(_encode(one) for one in skylines)


def decode_skylines(text: str | None) -> tuple[Skyline, ...]:
    """The skylines of such a text; none where it is anything else."""
    found = [_decode(part) for part in (text or "").split(_BETWEEN)[:_LINES_MAX]]
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
