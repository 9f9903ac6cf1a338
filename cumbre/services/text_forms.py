"""Parsers for places, headings and times as people type them in a shell or a request.

Every parser raises InvalidRequest if the text does not fit; `name` is the option or parameter to name in its message.
"""

import math
from datetime import UTC, date, datetime, timedelta

from cumbre.errors import InvalidRequest
from cumbre.geo.geodesy import Position
from cumbre.index.port import Circle

# Half of the Earth's circumference: a larger circle contains nothing more.
_MAX_RADIUS_KM = 20_040.0


def parse_circle(name: str, text: str) -> Circle:
    """Parse a circle, "LAT,LON,KM"."""
    lat, lon, km = _numbers(name, text, "LAT,LON,KM", (3,))
    _check_place(name, lat, lon)
    if not 0 < km <= _MAX_RADIUS_KM:
        raise InvalidRequest(
            f"the radius in {name} must be in kilometres, greater than 0 and at most {_MAX_RADIUS_KM:.0f}"
        )
    return Circle(lat, lon, km * 1000)


def parse_position(name: str, text: str) -> Position:
    """Parse a place, "LAT,LON" or "LAT,LON,ALTITUDE_M"."""
    lat, lon, *rest = _numbers(name, text, "LAT,LON or LAT,LON,ALTITUDE_M", (2, 3))
    _check_place(name, lat, lon)
    if rest and not -500 <= rest[0] <= 10_000:
        raise InvalidRequest(f"the altitude in {name} must be in metres, between -500 and 10000")
    return Position(lat, lon, *rest)


def parse_heading_deg(name: str, text: str) -> float:
    """Parse a heading in degrees from true north, 0 to 360; returns a value in [0, 360)."""
    (heading,) = _numbers(name, text, "DEGREES", (1,))
    if not 0 <= heading <= 360:
        raise InvalidRequest(f"{name} must be in degrees from true north, between 0 and 360")
    return heading % 360


def parse_time(name: str, text: str, *, end_of_day: bool = False) -> datetime:
    """Parse a date or date-time of ISO 8601, UTC if it has no zone. With end_of_day, a date includes that whole day.

    >>> parse_time("to", "2023-10-31", end_of_day=True).isoformat()
    '2023-11-01T00:00:00+00:00'
    """
    try:
        day = _day(text)
        if day is not None:
            day += timedelta(days=1 if end_of_day else 0)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        exact = datetime.fromisoformat(text)
        return exact.replace(tzinfo=UTC) if exact.tzinfo is None else exact.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            f"{name} must be a date (2023-10-05) or a date with a time (2023-10-05T06:30:00Z)"
        ) from None


def _day(text: str) -> date | None:
    """Return the day that a text names in any form without a time (2023-10-05, 20231005, 2023-W40-4), else None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _numbers(name: str, text: str, form: str, counts: tuple[int, ...]) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in counts or not all(map(math.isfinite, numbers)):
        raise InvalidRequest(f"{name} must have the form {form}, in decimal numbers")
    return numbers


def _check_place(name: str, lat: float, lon: float) -> None:
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise InvalidRequest(f"{name} must start with a latitude (-90 to 90) and a longitude (-180 to 180)")
