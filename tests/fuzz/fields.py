"""Find the lengths, counts, sizes and offsets in a picture file: the numbers that parsers trust."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A number of `size` bytes at offset `at`; `order` is struct's byte order."""

    at: int
    size: int
    order: str = ">"


# The boxes of an ISO media file that contain other boxes, and the number of bytes before the first one.
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}
_TIFF_START = re.compile(rb"II\*\0|MM\0\*")


def fields(data: bytes) -> list[Field]:
    """Return the lengths, counts, sizes and offsets of a picture file and of its EXIF data."""
    found: list[Field] = []
    if data.startswith(b"\xff\xd8"):
        found += _of_jpeg(data)
    elif data.startswith(b"\x89PNG"):
        found += _of_png(data)
    elif data.startswith(b"RIFF"):
        found += _of_webp(data)
    elif data[4:8] == b"ftyp":
        found += _of_boxes(data, 0, len(data))
    for start in _TIFF_START.finditer(data):
        found += _of_tiff(data, start.start())
    return [field for field in found if field.at + field.size <= len(data)]


def _of_jpeg(data: bytes) -> Iterator[Field]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        yield Field(at + 2, 2)
        if 0xC0 <= marker <= 0xC2:  # the frame: height, width, components
            yield from (Field(at + 5, 2), Field(at + 7, 2), Field(at + 9, 1), Field(at + 11, 1))
        if marker == 0xDA:
            return
        at += 2 + length


def _of_png(data: bytes) -> Iterator[Field]:
    at = 8
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        yield Field(at, 4)
        if kind == b"IHDR":
            yield from (Field(at + 8, 4), Field(at + 12, 4), Field(at + 16, 1), Field(at + 17, 1), Field(at + 20, 1))
        if kind in (b"acTL", b"fcTL"):
            yield from (Field(at + offset, 4) for offset in range(8, min(length, 26) + 5, 4))
        at += 12 + length


def _of_webp(data: bytes) -> Iterator[Field]:
    yield Field(4, 4, "<")
    at = 12
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at + 4 : at + 8], "little"), data[at : at + 4]
        yield Field(at + 4, 4, "<")
        if kind == b"VP8X":
            yield from (Field(at + 8, 4, "<"), Field(at + 12, 2, "<"), Field(at + 15, 2, "<"))
        if kind == b"VP8 ":
            yield from (Field(at + 14, 2, "<"), Field(at + 16, 2, "<"))
        if kind == b"VP8L":
            yield Field(at + 9, 4, "<")
        if kind == b"ANMF":
            yield from (Field(at + 8 + offset, 2, "<") for offset in (0, 3, 6, 9))
        at += 8 + length + length % 2


def _of_boxes(data: bytes, at: int, end: int) -> Iterator[Field]:
    while at + 8 <= end:
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        yield Field(at, 4)
        inside = min(at + length, end)
        if kind in _CONTAINERS:
            yield from _of_boxes(data, at + 8 + _CONTAINERS[kind], inside)
        elif kind != b"mdat":
            # Such a box consists mostly of sizes, counts and offsets.
            yield from (Field(offset, 4) for offset in range(at + 8, inside - 3, 4))
            yield from (Field(offset, 2) for offset in range(at + 8, inside - 1, 2))
        if length < 8:
            return
        at += length


def _of_tiff(data: bytes, start: int) -> Iterator[Field]:
    order = "<" if data[start : start + 1] == b"I" else ">"
    yield Field(start + 4, 4, order)
    waiting, seen = [_number(data, start + 4, 4, order)], set()
    while waiting:
        directory = start + waiting.pop()
        if directory in seen or directory + 2 > len(data):
            continue
        seen.add(directory)
        count = _number(data, directory, 2, order)
        yield Field(directory, 2, order)
        for entry in range(directory + 2, min(directory + 2 + 12 * count, len(data) - 11), 12):
            yield from (Field(entry + 2, 2, order), Field(entry + 4, 4, order), Field(entry + 8, 4, order))
            if _number(data, entry, 2, order) in (34665, 34853):  # the EXIF and GPS directories
                waiting.append(_number(data, entry + 8, 4, order))
        yield Field(directory + 2 + 12 * count, 4, order)


def _number(data: bytes, at: int, size: int, order: str) -> int:
    return int.from_bytes(data[at : at + size], "little" if order == "<" else "big")


def with_field(data: bytes, field: Field, value: int) -> bytes:
    """Return the file with this value in a field, truncated to the field's size."""
    kind = {1: "B", 2: "H", 4: "I"}[field.size]
    number = struct.pack(field.order + kind, value & (256**field.size - 1))
    return data[: field.at] + number + data[field.at + field.size :]
