"""Parse the parameters of API requests into typed, validated values.

Invalid values raise InvalidRequest with a message that states the valid form. Unknown parameters are rejected rather
than ignored: a misspelt filter would silently answer another question.
"""

import re
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from cumbre.errors import InvalidRequest, NotFound
from cumbre.geo.geodesy import Position
from cumbre.index.port import PhotoFilter
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import CameraPose
from cumbre.renditions.port import RENDITION_SIZES_PX
from cumbre.search.query import MAX_RESULT_WINDOW, SearchRequest, Sort
from cumbre.services import text_forms

MAX_RESULTS = 200
DEFAULT_RESULTS = 24
MAX_QUERY_CHARS = 500
MAX_PEAK_IDS = 50
MAX_FILENAME_CHARS = 120

SEARCH_PARAMETERS = frozenset({"q", "peak", "near", "from", "to", "k", "sort", "offset", "like"})
PHOTO_SEARCH_PARAMETERS = (SEARCH_PARAMETERS | {"at"}) - {"like"}
SHOTS_PARAMETERS = frozenset({"peak", "near", "from", "to"})
PEAKS_PARAMETERS = SHOTS_PARAMETERS - {"peak"}
IDENTIFY_PARAMETERS = frozenset({"at", "heading"})

_AIM_RANGES_DEG = {"heading_deg": (0, 360), "pitch_deg": (-90, 90), "roll_deg": (-180, 180)}
_PHOTO_ID = re.compile(r"[0-9a-f]{40}")

Parameters = MultiDict[str, str]


def search_request(given: Parameters, photo: bytes | None, peaks: Mapping[str, Peak]) -> SearchRequest:
    """Return the parameters of a search as a SearchRequest.

    photo is the photo of a search by photo, else None. peaks is the catalogue that must contain every `peak`.
    """
    _allow_only(given, SEARCH_PARAMETERS if photo is None else PHOTO_SEARCH_PARAMETERS)
    text = _one(given, "q").strip()
    if len(text) > MAX_QUERY_CHARS:
        raise InvalidRequest(f"q may have at most {MAX_QUERY_CHARS} characters")
    where = _filter(given, peaks)
    at, like = _one(given, "at"), _one(given, "like")
    return SearchRequest(
        text=text,
        photo=photo,
        photo_at=text_forms.parse_position("at", at) if at else None,
        peak_ids=where.peak_ids,
        near=where.near,
        since=where.since,
        until=where.until,
        k=_whole("k", _one(given, "k"), DEFAULT_RESULTS, 1, MAX_RESULTS),
        sort=_sort(_one(given, "sort")),
        offset=_whole("offset", _one(given, "offset"), 0, 0, MAX_RESULT_WINDOW),
        like=photo_id(like) if like else "",
    )


def shots_filter(given: Parameters, peaks: Mapping[str, Peak]) -> PhotoFilter:
    """Return the filters of a request for /shots."""
    _allow_only(given, SHOTS_PARAMETERS)
    return _filter(given, peaks)


def peaks_filter(given: Parameters) -> PhotoFilter:
    """Return the filters of a request for /peaks."""
    _allow_only(given, PEAKS_PARAMETERS)
    return _filter(given, {})


def place(given: Parameters) -> Position:
    """Return the place of a request for /peaks/around."""
    _allow_only(given, frozenset({"at"}))
    return text_forms.parse_position("at", _one(given, "at"))


def identify_place(given: Parameters) -> tuple[Position | None, float | None]:
    """Return where the photo was taken and the camera's true heading in degrees, each None if not given."""
    _allow_only(given, IDENTIFY_PARAMETERS)
    at, heading = _one(given, "at"), _one(given, "heading")
    return (
        text_forms.parse_position("at", at) if at else None,
        text_forms.parse_heading_deg("heading", heading) if heading else None,
    )


def peak_ids(given: Any, peaks: Mapping[str, Peak]) -> tuple[str, ...]:
    """Return the given ids of catalogued peaks, without duplicates, in their order."""
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise InvalidRequest("peaks must be a list of peak ids")
    if len(given) > MAX_PEAK_IDS:
        raise InvalidRequest(f"at most {MAX_PEAK_IDS} peaks are allowed at once")
    for one in given:
        if one not in peaks:
            raise InvalidRequest(f"no peak with the id {one[:80]!r}; /api/peaks lists them all")
    return tuple(dict.fromkeys(given))


def correction(body: Any, peaks: Mapping[str, Peak]) -> tuple[str, ...]:
    """Return the ids of the peaks of a correction, {"peaks": [...]}."""
    if not isinstance(body, dict) or set(body) != {"peaks"}:
        raise InvalidRequest('send {"peaks": [...]} with the ids of the peaks; [] for none of them')
    return peak_ids(body["peaks"], peaks)


def camera_pose(body: Any) -> CameraPose:
    """Return a camera pose, {"heading_deg": 0 to 360, "pitch_deg": -90 to 90, "roll_deg": -180 to 180}."""
    form = 'send {"heading_deg": ..., "pitch_deg": ..., "roll_deg": ...} with numbers of degrees'
    if not isinstance(body, dict) or set(body) != set(_AIM_RANGES_DEG):
        raise InvalidRequest(form)
    for name, (least, most) in _AIM_RANGES_DEG.items():
        value = body[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise InvalidRequest(f"{name} must be a number between {least} and {most}; {form}")
    return CameraPose(float(body["heading_deg"]) % 360.0, float(body["pitch_deg"]), float(body["roll_deg"]))


def photo_id(given: str) -> str:
    """Return the id of a photo. Raises NotFound if it is malformed."""
    if not _PHOTO_ID.fullmatch(given):
        raise NotFound("no photo with this id")
    return given


def rendition(given: Parameters) -> tuple[int, bool]:
    """Return the size of a rendition in pixels, and whether to draw the names of the summits on it."""
    _allow_only(given, frozenset({"size", "names"}))
    names = _one(given, "names")
    if names not in ("", "0", "1"):
        raise InvalidRequest("names must be 1 (draw the names of the summits) or 0")
    return _rendition_size_px(given), names == "1"


def _rendition_size_px(given: Parameters) -> int:
    text = _one(given, "size") or str(RENDITION_SIZES_PX[0])
    if text not in map(str, RENDITION_SIZES_PX):
        raise InvalidRequest(f"size must be one of {', '.join(map(str, RENDITION_SIZES_PX))}")
    return int(text)


def no_parameters(given: Parameters) -> None:
    """Raise InvalidRequest if any parameter is given."""
    _allow_only(given, frozenset())


def filename(given: str | None) -> str:
    """Return the last path component of an upload's file name, without control characters; "photo" if none is left.

    >>> filename("C:\\\\Trek\\\\Ama Dablam.jpg")
    'Ama Dablam.jpg'
    """
    last = re.split(r"[/\\]", given or "")[-1]
    printable = "".join(c for c in last if c.isprintable()).strip(". ")
    return printable[-MAX_FILENAME_CHARS:] or "photo"


def _filter(given: Parameters, peaks: Mapping[str, Peak]) -> PhotoFilter:
    near, since, until = (_one(given, name) for name in ("near", "from", "to"))
    return PhotoFilter(
        peak_ids(given.getlist("peak"), peaks),
        text_forms.parse_circle("near", near) if near else None,
        text_forms.parse_time("from", since) if since else None,
        text_forms.parse_time("to", until, end_of_day=True) if until else None,
    )


def _allow_only(given: Parameters, known: frozenset[str]) -> None:
    if unknown := sorted(set(given) - known):
        allowed = f"known are {', '.join(sorted(known))}" if known else "none is allowed here"
        raise InvalidRequest(f"unknown parameter {unknown[0][:80]!r}; {allowed}")


def _one(given: Parameters, name: str) -> str:
    values = given.getlist(name)
    if len(values) > 1:
        raise InvalidRequest(f"{name} may be given only once")
    return values[0] if values else ""


def _whole(name: str, text: str, default: int, least: int, most: int) -> int:
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,5}", text) or not least <= int(text) <= most:
        raise InvalidRequest(f"{name} must be a whole number between {least} and {most}")
    return int(text)


def _sort(text: str) -> Sort:
    match text:
        case "" | "score":
            return "score"
        case "time":
            return "time"
    raise InvalidRequest("sort must be score or time")
