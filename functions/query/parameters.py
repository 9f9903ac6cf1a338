"""From the text of a request to typed, checked values. What can't be read is refused with the form that can.

Unknown parameters are refused rather than ignored: a misspelt filter would silently answer another question.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from cumbre.catalog import Peak
from cumbre.errors import InvalidRequest, NotFound
from cumbre.geometry import Position
from cumbre.index.port import Near
from cumbre.query import RENDITION_SIZES_PX, SearchRequest, Sort

MAX_RESULTS = 200
DEFAULT_RESULTS = 24
MAX_QUERY_CHARS = 500
MAX_PEAK_IDS = 50
MAX_FILENAME_CHARS = 120
# Half way round the Earth: a larger circle holds nothing more.
MAX_RADIUS_KM = 20_040.0

SEARCH_PARAMETERS = frozenset({"q", "peak", "near", "from", "to", "k", "sort"})
IDENTIFY_PARAMETERS = frozenset({"at", "heading"})

_PHOTO_ID = re.compile(r"[0-9a-f]{40}")

Parameters = MultiDict[str, str]


def search_request(given: Parameters, photo: bytes | None, peaks: Mapping[str, Peak]) -> SearchRequest:
    """The parameters of a search as a SearchRequest; peaks is the catalogue that `peak` must be in."""
    _only(given, SEARCH_PARAMETERS)
    text = _one(given, "q").strip()
    if len(text) > MAX_QUERY_CHARS:
        raise InvalidRequest(f"q may have at most {MAX_QUERY_CHARS} characters")
    since = _moment("from", _one(given, "from"), end_of_day=False)
    until = _moment("to", _one(given, "to"), end_of_day=True)
    if since and until and since >= until:
        raise InvalidRequest("from must be before to")
    return SearchRequest(
        text=text,
        photo=photo,
        peak_ids=peak_ids(given.getlist("peak"), peaks),
        near=_near(_one(given, "near")),
        since=since,
        until=until,
        k=_k(_one(given, "k")),
        sort=_sort(_one(given, "sort")),
    )


def identify_place(given: Parameters) -> tuple[Position | None, float | None]:
    """Where the photo was taken and the camera's true heading in degrees, as far as the request says."""
    _only(given, IDENTIFY_PARAMETERS)
    at = None
    if text := _one(given, "at"):
        numbers = _numbers("at", text, "LAT,LON or LAT,LON,ALTITUDE_M", (2, 3))
        _check_place("at", numbers)
        if len(numbers) == 3 and not -500 <= numbers[2] <= 10_000:
            raise InvalidRequest("the altitude in at is in metres, between -500 and 10000")
        at = Position(*numbers)
    heading_deg = None
    if text := _one(given, "heading"):
        (heading_deg,) = _numbers("heading", text, "DEGREES", (1,))
        if not 0 <= heading_deg <= 360:
            raise InvalidRequest("heading is in degrees from true north, between 0 and 360")
        heading_deg %= 360
    return at, heading_deg


def peak_ids(given: Any, peaks: Mapping[str, Peak]) -> tuple[str, ...]:
    """Ids of catalogued peaks, each once, in the order given."""
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise InvalidRequest("peaks is a list of peak ids")
    if len(given) > MAX_PEAK_IDS:
        raise InvalidRequest(f"at most {MAX_PEAK_IDS} peaks at once")
    for one in given:
        if one not in peaks:
            raise InvalidRequest(f"no peak with the id {one[:80]!r}; /api/peaks lists them all")
    return tuple(dict.fromkeys(given))


def correction(body: Any, peaks: Mapping[str, Peak]) -> tuple[str, ...]:
    """The peaks of a correction, {"peaks": [...]}."""
    if not isinstance(body, dict) or set(body) != {"peaks"}:
        raise InvalidRequest('send {"peaks": [...]} with the ids of the peaks; [] for none of them')
    return peak_ids(body["peaks"], peaks)


def photo_id(given: str) -> str:
    if not _PHOTO_ID.fullmatch(given):
        raise NotFound("no photo with this id")
    return given


def rendition_size_px(given: Parameters) -> int:
    _only(given, frozenset({"size"}))
    text = _one(given, "size") or str(RENDITION_SIZES_PX[0])
    if text not in map(str, RENDITION_SIZES_PX):
        raise InvalidRequest(f"size is one of {', '.join(map(str, RENDITION_SIZES_PX))}")
    return int(text)


def no_parameters(given: Parameters) -> None:
    _only(given, frozenset())


def filename(given: str | None) -> str:
    """The last part of the name that came with an upload, without control characters.

    >>> filename("C:\\\\Trek\\\\Ama Dablam.jpg")
    'Ama Dablam.jpg'
    """
    last = re.split(r"[/\\]", given or "")[-1]
    printable = "".join(c for c in last if c.isprintable()).strip(". ")
    return printable[-MAX_FILENAME_CHARS:] or "photo"


def _only(given: Parameters, known: frozenset[str]) -> None:
    if unknown := sorted(set(given) - known):
        says = f"known are {', '.join(sorted(known))}" if known else "there are none here"
        raise InvalidRequest(f"unknown parameter {unknown[0][:80]!r}; {says}")


def _one(given: Parameters, name: str) -> str:
    values = given.getlist(name)
    if len(values) > 1:
        raise InvalidRequest(f"{name} may be given once")
    return values[0] if values else ""


def _k(text: str) -> int:
    if not text:
        return DEFAULT_RESULTS
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_RESULTS:
        raise InvalidRequest(f"k is a whole number between 1 and {MAX_RESULTS}")
    return int(text)


def _sort(text: str) -> Sort:
    match text:
        case "" | "score":
            return "score"
        case "time":
            return "time"
    raise InvalidRequest("sort is score or time")


def _near(text: str) -> Near | None:
    if not text:
        return None
    numbers = _numbers("near", text, "LAT,LON,KM", (3,))
    _check_place("near", numbers)
    lat, lon, km = numbers
    if not 0 < km <= MAX_RADIUS_KM:
        raise InvalidRequest("the radius in near is in kilometres and greater than 0")
    return Near(lat, lon, km * 1000)


def _numbers(name: str, text: str, form: str, counts: tuple[int, ...]) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in counts or not all(map(math.isfinite, numbers)):
        raise InvalidRequest(f"{name} has the form {form}, in decimal numbers")
    return numbers


def _check_place(name: str, numbers: list[float]) -> None:
    if not (-90 <= numbers[0] <= 90 and -180 <= numbers[1] <= 180):
        raise InvalidRequest(f"{name} starts with a latitude (-90 to 90) and a longitude (-180 to 180)")


def _moment(name: str, text: str, *, end_of_day: bool) -> datetime | None:
    """A date or date-time. Without a zone it is UTC; a date alone as an end includes that whole day."""
    if not text:
        return None
    try:
        if len(text) == len("2023-10-05"):
            day = date.fromisoformat(text) + timedelta(days=1 if end_of_day else 0)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(f"{name} is a date (2023-10-05) or a date with a time (2023-10-05T06:30:00Z)") from None
