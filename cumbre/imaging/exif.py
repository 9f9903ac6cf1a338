"""Read a photo's facts from its EXIF tags.

Pillow reads the tags; where it finds none, ExifRead is tried and returns them under the same names. Implausible values
become None (unknown). Tag names and meanings: CIPA DC-008 (Exif 3.0).
"""

import io
import logging
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import exifread
from PIL import ExifTags, Image

from cumbre.geo.geodesy import FULL_FRAME_DIAGONAL_MM, Position
from cumbre.imaging.apple_makernote import camera_tilt
from cumbre.photos.document import PhotoFacts, utc_now

# ExifRead logs a warning for every oddity in a file. People only need to see that a fact is unknown.
logging.getLogger("exifread").setLevel(logging.CRITICAL)

_IFD_TAGS: Mapping[int, frozenset[str]] = {
    ExifTags.IFD.Exif: frozenset(
        "DateTimeOriginal DateTimeDigitized OffsetTime OffsetTimeOriginal OffsetTimeDigitized FocalLength "
        "FocalLengthIn35mmFilm FocalPlaneXResolution FocalPlaneYResolution FocalPlaneResolutionUnit "
        "ExifImageWidth ExifImageHeight MakerNote LensModel".split()
    ),
    ExifTags.IFD.GPSInfo: frozenset(
        "GPSLatitude GPSLatitudeRef GPSLongitude GPSLongitudeRef GPSAltitude GPSAltitudeRef GPSImgDirection "
        "GPSImgDirectionRef GPSHPositioningError GPSDateStamp GPSTimeStamp GPSStatus".split()
    ),
}
_MAIN_TAGS = frozenset(("Make", "Model", "DateTime"))
_MM_PER_FOCAL_PLANE_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
_MAX_UTC_OFFSET_MIN = 14 * 60
_MAX_CAMERA_NAME_LENGTH = 80
# Reduced pictures are rounded to whole pixels, and a crop that changes the aspect ratio less has no effect on angles.
_SAME_PROPORTION = 0.02
# Cameras write tens of kilobytes, or hundreds with a preview. Pillow needs 3 microseconds for each number in a tag.
_MAX_EXIF_BYTES = 4_000_000
# ExifRead follows every offset in a file, even in circles. It needs fewer than 2 000 reads for a phone's HEIC.
_MAX_EXIFREAD_STEPS = 20_000
_MAX_EXIFREAD_BYTES = 8_000_000

Tags = dict[str, Any]


class _ReadBudgetExceeded(Exception):
    """Parsing a file takes too many reads."""


class _BudgetedFile(io.BytesIO):
    """An in-memory file that raises _ReadBudgetExceeded after too many reads or bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._steps_left = _MAX_EXIFREAD_STEPS
        self._bytes_left = _MAX_EXIFREAD_BYTES

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._steps_left -= 1
        self._bytes_left -= len(data)
        if self._steps_left < 0 or self._bytes_left < 0:
            raise _ReadBudgetExceeded
        return data


def read_tags(image: Image.Image, data: bytes) -> Tags:
    """Return the tags that facts_from_tags() uses, by EXIF name.

    Numbers are floats or lists of floats, text is str; Pillow leaves the MakerNote as bytes. image: the opened picture.
    data: its file. The result is empty if the EXIF is missing, unreadable or larger than 4 MB.
    """
    if len(image.info.get("exif") or b"") > _MAX_EXIF_BYTES:
        return {}
    return _with_pillow(image) or _with_exifread(data)


def exif_orientation(image: Image.Image) -> int:
    """Return the Orientation tag of an opened picture (Exif 3.0: 1 to 8), or 1 if it is unknown."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _with_pillow(image: Image.Image) -> Tags:
    # A broken directory can make Pillow raise anything (struct.error, KeyError, SyntaxError, OSError...).
    try:
        exif = image.getexif()
        tags = {name: exif[number] for number in exif if (name := ExifTags.TAGS.get(number, "")) in _MAIN_TAGS}
        for ifd, wanted in _IFD_TAGS.items():
            names = ExifTags.GPSTAGS if ifd == ExifTags.IFD.GPSInfo else ExifTags.TAGS
            for number, value in exif.get_ifd(ifd).items():
                if (name := names.get(number, "")) in wanted:
                    tags[name] = value
        return {name: value if name == "MakerNote" else _plain(value) for name, value in tags.items()}
    except Exception:
        return {}


def _with_exifread(data: bytes) -> Tags:
    # ExifRead can raise a bare AssertionError on HEIC, and other exceptions on broken files.
    try:
        found = exifread.process_file(_BudgetedFile(data), details=False)
    except Exception:
        return {}
    tags: Tags = {}
    wanted = _MAIN_TAGS.union(*_IFD_TAGS.values())
    for full_name, tag in found.items():
        group, _, name = full_name.partition(" ")
        if group in ("Image", "EXIF", "GPS") and name in wanted:
            values = tag.values
            tags[name] = _plain(values[0] if isinstance(values, list) and len(values) == 1 else values)
    # ExifRead has another name for GPSDateStamp.
    if "GPS GPSDate" in found:
        tags["GPSDateStamp"] = _plain(found["GPS GPSDate"].values)
    return tags


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value[0] if len(value) == 1 and value[0] < 32 else value.decode("utf-8", "replace").strip("\0 ")
    if isinstance(value, str):
        return value.strip("\0 ")
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    try:
        return float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None


def facts_from_tags(tags: Tags, width: int, height: int, file_format: str) -> PhotoFacts:
    """Convert tags to facts, checking each value. width, height: the size of the upright picture in pixels."""
    position = _position(tags)
    taken_at, utc_offset_min = _taken_at(tags)
    heading_deg = _number(tags.get("GPSImgDirection"), 0.0, 360.0)
    tilt = camera_tilt(tags.get("MakerNote"), width, height)
    return PhotoFacts(
        width=width,
        height=height,
        format=file_format,
        position=position,
        gps_error_m=_number(tags.get("GPSHPositioningError"), 0.0, 1e6) if position else None,
        heading_deg=None if heading_deg is None else heading_deg % 360.0,
        heading_ref="M" if str(tags.get("GPSImgDirectionRef", "T")).upper().startswith("M") else "T",
        focal_length_35mm=_focal_length_35mm(tags),
        pitch_deg=tilt.pitch_deg if tilt else None,
        roll_deg=tilt.roll_deg if tilt else None,
        taken_at=taken_at,
        utc_offset_min=utc_offset_min,
        camera=_camera(tags),
        front_camera="front" in _printable(tags.get("LensModel")).lower(),
        cropped=_cropped(tags, width, height),
    )


def _number(value: Any, low: float, high: float) -> float | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, int | float) or not math.isfinite(value) or not low <= value <= high:
        return None
    return float(value)


def _degrees(value: Any, ref: Any, negative: str, limit: float) -> float | None:
    parts = value if isinstance(value, list) else [value]
    numbers = [_number(part, 0.0, 360.0) for part in parts]
    if not 1 <= len(numbers) <= 3 or numbers[0] is None:
        return None
    # Some writers store minutes or seconds as 0/0. The whole degrees alone would be kilometres off.
    if any(n is None for n in numbers) or any(n is not None and n >= 60.0 for n in numbers[1:]):
        return None
    degrees = sum((n or 0.0) / 60.0**i for i, n in enumerate(numbers))
    return _number(-degrees if str(ref).upper().startswith(negative) else degrees, -limit, limit)


def _position(tags: Tags) -> Position | None:
    if str(tags.get("GPSStatus", "A")).upper().startswith("V"):  # "void": the receiver had no fix
        return None
    lat = _degrees(tags.get("GPSLatitude"), tags.get("GPSLatitudeRef"), "S", 90.0)
    lon = _degrees(tags.get("GPSLongitude"), tags.get("GPSLongitudeRef"), "W", 180.0)
    if lat is None or lon is None or (lat == 0.0 and lon == 0.0):
        return None
    return Position(lat, lon, _altitude_m(tags))


def _altitude_m(tags: Tags) -> float | None:
    altitude_m = _number(tags.get("GPSAltitude"), -500.0, 12_000.0)
    if altitude_m is None:
        return None
    # Exif 3.0: refs 1 and 3 are below the reference surface.
    below = tags.get("GPSAltitudeRef") in (1, 3, 1.0, 3.0, "1", "3")
    altitude_m = -abs(altitude_m) if below else altitude_m
    # Receivers without an altitude write exactly 0. Below -500 m there is only the floor of the Dead Sea.
    return None if altitude_m == 0.0 or altitude_m < -500.0 else altitude_m


def _focal_length_35mm(tags: Tags) -> float | None:
    equivalent = _number(tags.get("FocalLengthIn35mmFilm"), 4.0, 3000.0)
    if equivalent is not None:
        return equivalent
    focal_mm = _number(tags.get("FocalLength"), 0.5, 3000.0)
    per_mm = _MM_PER_FOCAL_PLANE_UNIT.get(int(_number(tags.get("FocalPlaneResolutionUnit"), 1, 5) or 2))
    x_density = _number(tags.get("FocalPlaneXResolution"), 1e-3, 1e6)
    y_density = _number(tags.get("FocalPlaneYResolution"), 1e-3, 1e6) or x_density
    width, height = (_number(tags.get(name), 1, 1e6) for name in ("ExifImageWidth", "ExifImageHeight"))
    if not (focal_mm and per_mm and x_density and y_density and width and height):
        return None
    sensor_diagonal_mm = math.hypot(width / x_density, height / y_density) * per_mm
    return _number(focal_mm * FULL_FRAME_DIAGONAL_MM / sensor_diagonal_mm, 4.0, 3000.0)


def _cropped(tags: Tags, width: int, height: int) -> bool:
    """Return whether the aspect ratio differs from that of the size stated by the camera, in either orientation."""
    sides = [_number(tags.get(name), 1, 1e6) for name in ("ExifImageWidth", "ExifImageHeight")]
    if sides[0] is None or sides[1] is None:
        return False
    stated = max(sides[0], sides[1]) / min(sides[0], sides[1])
    return abs(stated * min(width, height) / max(width, height) - 1) > _SAME_PROPORTION


def _taken_at(tags: Tags) -> tuple[datetime | None, int | None]:
    gps_time = _gps_time(tags)
    for name, offset_name in (
        ("DateTimeOriginal", "OffsetTimeOriginal"),
        ("DateTimeDigitized", "OffsetTimeDigitized"),
        ("DateTime", "OffsetTime"),
    ):
        clock = _clock(tags.get(name))
        if clock is None:
            continue
        offset_min = _offset_min(tags.get(offset_name) or tags.get("OffsetTime"))
        if offset_min is None and gps_time is not None:
            # The GPS time reveals the camera's time zone, because zones are multiples of 15 minutes.
            offset_min = round((clock - gps_time) / timedelta(minutes=15)) * 15
            if abs(offset_min) > _MAX_UTC_OFFSET_MIN:
                offset_min = None
        return clock - timedelta(minutes=offset_min or 0), offset_min
    return gps_time, None


def _clock(value: Any) -> datetime | None:
    match = re.match(r"(\d{4})[:\-/](\d\d)[:\-/](\d\d)[ T](\d\d):(\d\d):(\d\d)", str(value or ""))
    return _plausible(tuple(int(part) for part in match.groups())) if match else None


def _gps_time(tags: Tags) -> datetime | None:
    date = re.match(r"(\d{4})[:\-](\d\d)[:\-](\d\d)", str(tags.get("GPSDateStamp") or ""))
    time = tags.get("GPSTimeStamp")
    if not date or not isinstance(time, list) or len(time) != 3:
        return None
    parts = [_number(part, 0, 60) for part in time]
    if None in parts:
        return None
    return _plausible((*(int(p) for p in date.groups()), *(int(p or 0) for p in parts)))


def _plausible(parts: tuple[int, ...]) -> datetime | None:
    """Return the time, or None if no photo can have been taken then.

    Clocks that were never set start in 1970 or 1980.
    """
    try:
        moment = datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return None
    never_set = moment.year <= 1970 or (moment.year, moment.month, moment.day) == (1980, 1, 1)
    return None if never_set or moment > utc_now() + timedelta(days=2) else moment


def _offset_min(value: Any) -> int | None:
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", str(value or ""))
    if not match:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    return None if minutes > _MAX_UTC_OFFSET_MIN else (-minutes if match[1] == "-" else minutes)


def _camera(tags: Tags) -> str | None:
    make, model = (_printable(tags.get(name)) for name in ("Make", "Model"))
    name = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    return name.strip()[:_MAX_CAMERA_NAME_LENGTH] or None


def _printable(value: Any) -> str:
    return "".join(c for c in str(value or "") if c.isprintable()).strip()
