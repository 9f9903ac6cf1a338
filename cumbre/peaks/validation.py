"""Validate an entry of a catalogue file and build a Peak; errors say how to fix the entry."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cumbre.errors import CatalogError
from cumbre.peaks.catalog import Peak

# Just below the shore of the Dead Sea, and just above Mount Everest.
MIN_ELEV_M: Final = -500.0
MAX_ELEV_M: Final = 9000.0
# The northernmost land, Kaffeklubben Island, is just south of this.
MAX_LAT: Final = 84.0
MAX_ID_LENGTH: Final = 100
MAX_NAME_LENGTH: Final = 200
MAX_NAMES: Final = 100

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
# These change the direction of the text around a name. Joiners are allowed, because Indic scripts need them.
_BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters that Unicode does not decompose into a base letter and an accent.
_ASCII_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)


def parse_peak(record: Mapping[str, Any], where: str) -> Peak:
    """Build a Peak from the keys id, lat, lon, elev_m, names, region and country.

    Raises CatalogError for a wrong type, an impossible place or elevation, an id that is not a slug, or an invalid
    name; its message starts with `where`.
    """
    lat = _number(record, "lat", -90.0, 90.0, where, hint=_hint_if_swapped(record))
    if lat > MAX_LAT:
        raise CatalogError(f"{where}: lat is {lat:g}, where there is no land{_hint_if_swapped(record)}")
    lon = _number(record, "lon", -180.0, 180.0, where)
    if lat == 0.0 and lon == 0.0:
        raise CatalogError(f"{where}: lat and lon are both 0, which is open sea; write the place of the summit")
    return Peak(
        id=_peak_id(record.get("id"), where),
        lat=lat,
        lon=lon,
        elev_m=_number(record, "elev_m", MIN_ELEV_M, MAX_ELEV_M, where),
        names=_names(record.get("names"), where),
        region=_text(record.get("region") or "", "region", where),
        country=_text(record.get("country") or "", "country", where),
    )


def slug(name: str) -> str:
    """Return the name as an id, "" if no character of it can be written in ASCII.

    >>> slug("Khumbu Yül-Lha"), slug("珠穆朗玛峰")
    ('khumbu-yul-lha', '')
    """
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_ASCII_LETTERS))
    ascii_only = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:MAX_ID_LENGTH].rstrip("-")


def _hint_if_swapped(record: Mapping[str, Any]) -> str:
    """A hint for an error message if lat and lon would be valid when swapped, else empty."""
    lat, lon = record.get("lat"), record.get("lon")
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        return ""
    return "; are lat and lon swapped?" if abs(lat) <= 180.0 and -90.0 <= lon <= MAX_LAT else ""


def _number(record: Mapping[str, Any], key: str, low: float, high: float, where: str, hint: str = "") -> float:
    value = record.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CatalogError(f"{where}: {key} is {_shown(value)}; write a number in decimal notation")
    # NaN fails the comparison, too.
    if not low <= value <= high:
        raise CatalogError(f"{where}: {key} is {_shown(value)}; it must lie between {low:g} and {high:g}{hint}")
    return float(value)


def _peak_id(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise CatalogError(f"{where}: id is {_shown(value)}; write one such as ama-dablam, in quotes if it is a number")
    if len(value) > MAX_ID_LENGTH or not _ID.fullmatch(value):
        raise CatalogError(
            f"{where}: the id {_shown(value)} can't be used; write at most {MAX_ID_LENGTH} characters a-z, 0-9 "
            "and hyphens, starting with a letter or digit"
        )
    return value


def _names(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise CatalogError(f"{where}: the names are {_shown(value)}; write a list of names")
    names = tuple(dict.fromkeys(_text(name, "a name", where) for name in value))
    if not names:
        raise CatalogError(f"{where}: there is no name; write at least one")
    if len(names) > MAX_NAMES:
        raise CatalogError(f"{where}: {len(names)} names; a peak can have at most {MAX_NAMES}")
    for name in names:
        if not any(char.isalnum() for char in name):
            raise CatalogError(f"{where}: the name {_shown(name)} has no letters or digits; correct or remove it")
    return names


def _text(value: object, what: str, where: str) -> str:
    if not isinstance(value, str):
        raise CatalogError(
            f"{where}: {what} is {_shown(value)}; write text, in quotes if YAML reads it as another type"
        )
    text = unicodedata.normalize("NFC", value.strip())
    if len(text) > MAX_NAME_LENGTH:
        raise CatalogError(f"{where}: {what} has {len(text)} characters; at most {MAX_NAME_LENGTH} are allowed")
    if any(_is_control(char) for char in text):
        raise CatalogError(f"{where}: {what} {_shown(text)} contains a control character; remove it")
    return text


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _BIDI_CONTROLS


def _shown(value: object) -> str:
    """The value for a message: shortened, and with control characters escaped by repr()."""
    if value is None:
        return "missing"
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a number of more than 20 digits"
    if isinstance(value, dict | list | set | bytes):
        return f"a {type(value).__name__}"
    return repr(value)[:60]
