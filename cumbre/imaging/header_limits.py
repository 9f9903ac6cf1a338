"""Check the claims in a file's header before a decoder acts on them: a small file must not cost much memory or time.

Covered are the claims that decoders act on while opening a file, and those that Pillow doesn't check.
"""

import re
import struct

from cumbre.errors import PhotoError
from cumbre.text.sentence import sentence

# Each scan of a JPEG is a pass over the whole picture, but may take only 26 bytes. Encoders write about ten scans.
MAX_JPEG_SCANS = 100
# A classic TIFF can't list more. A BigTIFF could list millions, and each is read individually.
MAX_TIFF_TAGS = 65_535

_START_OF_SCAN = b"\xff\xda"
_END_OF_IMAGE = 0xD9
# The marker after a scan's data. Within the data, a zero, a restart or a padding byte follows 0xFF.
_AFTER_SCAN = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Raise PhotoError if a picture of this size has no pixels or more than max_pixels."""
    if width <= 0 or height <= 0:
        raise PhotoError(sentence("the picture has no pixels"))
    if width * height > max_pixels:
        raise PhotoError(
            sentence(
                "{width} x {height} pixels are more than the limit of {limit} megapixels: save it smaller, or raise "
                "CUMBRE_MAX_PHOTO_MEGAPIXELS",
                width=width,
                height=height,
                limit=max_pixels // 1_000_000,
            )
        )


def check_header(data: bytes, max_pixels: int) -> None:
    """Raise PhotoError if a file claims a size, scans or tags that no real picture within the limits has."""
    if data[:2] == b"\xff\xd8":
        if _jpeg_scans(data) > MAX_JPEG_SCANS:
            raise PhotoError(
                sentence("the JPEG has more than {n} layers, which no camera writes: save it again", n=MAX_JPEG_SCANS)
            )
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        canvas = _webp_canvas(data)
        if canvas is not None:
            check_pixels(*canvas, max_pixels)
    elif data[:4] in (b"II+\0", b"MM\0+") and _bigtiff_tags(data) > MAX_TIFF_TAGS:
        raise PhotoError(
            sentence("the TIFF claims more than {n} tags, which no camera writes: save it again", n=MAX_TIFF_TAGS)
        )


def _jpeg_scans(data: bytes) -> int:
    """Count the scans of a JPEG's first picture, stopping just above the limit; 0 if there can't be too many."""
    # Nearly always enough. This also counts embedded pictures and appended data, so a high count needs a closer check.
    if data.count(_START_OF_SCAN) <= MAX_JPEG_SCANS:
        return 0
    scans, at = 0, 2
    while scans <= MAX_JPEG_SCANS:
        marker = _AFTER_SCAN.search(data, at)
        if marker is None or marker[1][0] == _END_OF_IMAGE:
            break
        scans += marker[0] == _START_OF_SCAN
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        at = marker.end() + max(length, 2)
    return scans


def _webp_canvas(data: bytes) -> tuple[int, int] | None:
    """Return the size in the first chunk, which the decoder allocates on opening the file, or None if unknown."""
    chunk, head = data[12:16], data[20:30]
    if len(head) < 10:
        return None
    if chunk == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", head[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _bigtiff_tags(data: bytes) -> int:
    order = "<" if data[:1] == b"I" else ">"
    if len(data) < 16:
        return 0
    (offset,) = struct.unpack_from(order + "Q", data, 8)
    if offset + 8 > len(data):
        return 0
    (count,) = struct.unpack_from(order + "Q", data, offset)
    return int(count)
