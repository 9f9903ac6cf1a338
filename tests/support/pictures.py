"""Draw small picture files for tests: a sky over a mountain, with the EXIF that a test needs."""

import io
import math
import struct
import zlib
from typing import TypedDict

from PIL import ExifTags, Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational


def rational(value: float) -> IFDRational:
    """Return an EXIF rational with six decimals."""
    return IFDRational(round(value * 1_000_000), 1_000_000)


def degrees_minutes_seconds(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Return the absolute value of an angle in degrees as EXIF stores it."""
    whole = math.floor(abs(value))
    minutes = math.floor((abs(value) - whole) * 60)
    seconds = (abs(value) - whole - minutes / 60) * 3600
    return rational(whole), rational(minutes), rational(seconds)


class Place(TypedDict):
    """Where a photo is taken, as arguments of exif()."""

    lat: float
    lon: float
    altitude_m: float


def exif(
    lat: float | None = None,
    lon: float | None = None,
    altitude_m: float | None = None,
    heading_deg: float | None = None,
    heading_ref: str = "T",
    focal_length_35mm: int | None = None,
    taken_at: str | None = None,
    offset: str | None = None,
    orientation: int | None = None,
    **more: object,
) -> bytes:
    """Return EXIF bytes; `more` are further tags by their Pillow name, written to the directory that has them."""
    data = Image.Exif()
    gps: dict[int, object] = {}
    main: dict[int, object] = {}
    if lat is not None and lon is not None:
        gps |= {1: "S" if lat < 0 else "N", 2: degrees_minutes_seconds(lat)}
        gps |= {3: "W" if lon < 0 else "E", 4: degrees_minutes_seconds(lon)}
    if altitude_m is not None:
        gps |= {5: b"\1" if altitude_m < 0 else b"\0", 6: rational(abs(altitude_m))}
    if heading_deg is not None:
        gps |= {16: heading_ref, 17: rational(heading_deg)}
    if focal_length_35mm is not None:
        main[ExifTags.Base.FocalLengthIn35mmFilm] = focal_length_35mm
    if taken_at is not None:
        main[ExifTags.Base.DateTimeOriginal] = taken_at
    if offset is not None:
        main[ExifTags.Base.OffsetTimeOriginal] = offset
    if orientation is not None:
        data[ExifTags.Base.Orientation] = orientation
    for name, value in more.items():
        if name in ExifTags.GPS.__members__:
            gps[ExifTags.GPS[name]] = value
        elif name in ("Make", "Model"):
            data[ExifTags.Base[name]] = value
        else:
            main[ExifTags.Base[name]] = value
    if gps:
        data.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    if main:
        data.get_ifd(ExifTags.IFD.Exif).update(main)
    return data.tobytes()


def landscape(
    size: tuple[int, int] = (320, 240), sky: tuple[int, int, int] = (90, 140, 220), summit: float = 0.5
) -> Image.Image:
    """Draw a plain sky over a grey mountain with its summit at this fraction of the width."""
    width, height = size
    image = Image.new("RGB", size, sky)
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, height), (width * summit, height * 0.3), (width, height)], fill=(90, 85, 80))
    return image


def encoded(image: Image.Image, file_format: str = "JPEG", exif_data: bytes = b"", **options: object) -> bytes:
    """Return the image as a file of this format; `options` are those of Pillow's save()."""
    file = io.BytesIO()
    image.save(file, file_format, **({"exif": exif_data} if exif_data else {}), **options)
    return file.getvalue()


def apple_note(x: float, y: float, z: float) -> bytes:
    """Return a MakerNote like an iPhone's that contains only the acceleration vector."""
    header = b"Apple iOS\0\0\1MM" + struct.pack(">H", 1)
    entry = struct.pack(">HHII", 8, 10, 3, len(header) + 12 + 4)
    values = struct.pack(">6i", *(part for v in (x, y, z) for part in (round(v * 10_000), 10_000)))
    return header + entry + struct.pack(">I", 0) + values


def png_of_size(width: int, height: int) -> bytes:
    """Return a PNG with this size in its header but hardly any pixel data."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
