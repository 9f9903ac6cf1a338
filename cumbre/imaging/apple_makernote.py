"""Read the camera's tilt from the accelerometer values in the MakerNote of Apple phones.

The note consists of "Apple iOS\\0", two version bytes, "MM" and a big-endian IFD; offsets count from the note's start.
Tag 8 is the acceleration in g along the phone's axes (three signed rationals). Measured on 57 photos, the error of the
pitch is 0.5 degrees (median) and 1.3 degrees (90th percentile); see docs/identify.md.
"""

import math
import struct
from dataclasses import dataclass

_SIGNATURE = b"Apple iOS\0"
_IFD_OFFSET = 14
_MAX_ENTRIES = 200
_ACCELERATION_TAG = 8
_SIGNED_RATIONAL = 10
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class CameraTilt:
    """The camera's orientation relative to gravity.

    pitch_deg: angle of the optical axis above the horizontal. roll_deg: rotation about the optical axis, clockwise.
    """

    pitch_deg: float
    roll_deg: float


def camera_tilt(maker_note: object, width: int, height: int) -> CameraTilt | None:
    """Return the camera's tilt, or None if the note isn't Apple's, is damaged, or the phone was moving.

    width, height: the size of the upright picture in pixels.
    """
    if not isinstance(maker_note, bytes) or not maker_note.startswith(_SIGNATURE):
        return None
    try:
        acceleration = _acceleration(maker_note)
    except (struct.error, ZeroDivisionError):
        return None
    norm = math.hypot(*acceleration) if acceleration else 0.0
    # A phone at rest measures 1 g. Far from that, the vector is motion, not gravity.
    if acceleration is None or not 0.8 < norm < 1.2:
        return None
    x, y, z = (component / norm for component in acceleration)
    if height > width:
        right, up = (-x, -y) if y > 0 else (x, y)
    else:
        right, up = (-y, x) if x < 0 else (y, -x)
    return CameraTilt(math.degrees(math.asin(max(-1.0, min(1.0, z)))), math.degrees(math.atan2(right, -up)))


def encode_tilt(tilt: CameraTilt, width: int, height: int) -> bytes:
    """Return a MakerNote with this tilt for an upright picture, as the inverse of camera_tilt().

    The roll must be below 90 degrees.
    """
    pitch, roll = math.radians(tilt.pitch_deg), math.radians(tilt.roll_deg)
    right, up = math.cos(pitch) * math.sin(roll), -math.cos(pitch) * math.cos(roll)
    x, y = (right, up) if height > width else (up, -right)
    header = _SIGNATURE + b"\0\1MM" + struct.pack(">H", 1)
    entry = struct.pack(">HHII", _ACCELERATION_TAG, _SIGNED_RATIONAL, 3, len(header) + 12 + 4)
    values = (part for axis in (x, y, math.sin(pitch)) for part in (round(axis * _MICRO), _MICRO))
    return header + entry + struct.pack(">I6i", 0, *values)


def _acceleration(note: bytes) -> tuple[float, float, float] | None:
    (entries,) = struct.unpack_from(">H", note, _IFD_OFFSET)
    for i in range(min(entries, _MAX_ENTRIES)):
        tag, kind, count, offset = struct.unpack_from(">HHII", note, _IFD_OFFSET + 2 + 12 * i)
        if (tag, kind, count) == (_ACCELERATION_TAG, _SIGNED_RATIONAL, 3):
            parts = struct.unpack_from(">6i", note, offset)
            return parts[0] / parts[1], parts[2] / parts[3], parts[4] / parts[5]
    return None
