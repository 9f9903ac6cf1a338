"""Read peaks from a GeoJSON export of OpenStreetMap (natural=peak); unusable features are skipped with a reason.

Tags: https://wiki.openstreetmap.org/wiki/Tag:natural%3Dpeak and https://wiki.openstreetmap.org/wiki/Names
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cumbre.errors import CatalogError
from cumbre.peaks.catalog import Peak
from cumbre.peaks.validation import MAX_NAMES, parse_peak, slug

FOOT_M: Final = 0.3048
_SUMMITS: Final = frozenset({"peak", "volcano"})
_ELEVATION = re.compile(r"(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:[.,]\d+)?)\s*(m|metres|meters|ft|feet|')?", re.I)
# Two languages in one tag, common at borders: "Matterhorn - Cervino", "Zumsteinspitze / Punta Zumstein".
_TWO_NAMES = re.compile(r"\s*/\s*|\s+[-–]\s+")
_OTHER_NAMES: Final = ("int_name", "official_name", "alt_name", "loc_name", "short_name", "old_name")


def peaks_of_features(features: Sequence[Any]) -> tuple[list[Peak], list[str]]:
    """Return the usable features as peaks with unique ids, and a sentence for each skipped feature."""
    peaks: dict[str, Peak] = {}
    skipped = []
    seen: dict[object, int] = {}
    for number, feature in enumerate(features, start=1):
        where = f"feature {number}"
        try:
            record = _record(feature, where)
            first = seen.setdefault(repr((feature.get("id"), _tags(feature).get("@id"), record)), number)
            if first != number:
                raise CatalogError(f"{where} ({record['names'][0]!r}): is a duplicate of feature {first}")
            where = f"{where} ({record['names'][0]!r})"
            peak_id = unique_id(_id_candidates(feature, record), peaks)
            peaks[peak_id] = parse_peak({**record, "id": peak_id}, where)
        except CatalogError as error:
            skipped.append(str(error))
    return list(peaks.values()), skipped


def parse_elevation_m(text: str) -> float | None:
    """Parse an elevation as people write it, in metres or feet. Returns metres, None if it can't be parsed.

    >>> [parse_elevation_m(text) for text in ("6812", "6812 m", "6,812", "6812,5")]
    [6812.0, 6812.0, 6812.0, 6812.5]
    >>> round(parse_elevation_m("22,349 ft")), parse_elevation_m("about 6800")
    (6812, None)
    """
    match = _ELEVATION.fullmatch(text.strip())
    if match is None or len(text) > 20:
        return None
    digits, unit = match.groups()
    grouped = re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", digits)
    value = float(digits.replace(",", "" if grouped else "."))
    return value * FOOT_M if unit and unit.lower() in ("ft", "feet", "'") else value


def unique_id(candidates: Sequence[str], taken: Mapping[str, object]) -> str:
    """Return the first candidate that is not taken, else the last one with the lowest free number appended."""
    for candidate in candidates:
        if candidate and candidate not in taken:
            return candidate
    stem = next((c for c in reversed(candidates) if c), "peak")[:90].rstrip("-")
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def _record(feature: Any, where: str) -> dict[str, Any]:
    if not isinstance(feature, dict):
        raise CatalogError(f"{where}: is not a GeoJSON feature")
    tags = _tags(feature)
    # str(), because a list is not hashable and can't be looked up in a set.
    if str(tags.get("natural", "peak")) not in _SUMMITS:
        raise CatalogError(f"{where}: natural={str(tags['natural'])[:40]!r} is not a peak")
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        raise CatalogError(f"{where}: is not a point; only peaks drawn as points are read")
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) not in (2, 3):
        raise CatalogError(f"{where}: the point needs coordinates [longitude, latitude]")
    names = list(dict.fromkeys(_names(tags)))[:MAX_NAMES]
    if not names:
        raise CatalogError(f"{where}: has no name")
    ele = tags.get("ele")
    if ele is None:
        raise CatalogError(f"{where} ({names[0]!r}): has no elevation (ele)")
    elev_m = parse_elevation_m(ele) if isinstance(ele, str) else ele
    if elev_m is None:
        raise CatalogError(f"{where} ({names[0]!r}): the elevation {str(ele)[:40]!r} is not a number of metres or feet")
    return {"lat": coordinates[1], "lon": coordinates[0], "elev_m": elev_m, "names": names}


def _tags(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    """The OpenStreetMap tags: the properties themselves (overpass turbo) or their `tags` (osmtogeojson)."""
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return {}
    nested = properties.get("tags")
    return {**properties, **nested} if isinstance(nested, dict) else properties


def _names(tags: Mapping[str, Any]) -> Iterator[str]:
    """All names, one in Latin letters first if there is one, because the front ends are in English and Spanish."""
    name = _tag(tags, "name")
    if not any(unicodedata.name(char, "").startswith("LATIN") for char in name):
        yield from filter(None, (_tag(tags, "name:en"), _tag(tags, "int_name")))
    translations = sorted(key for key in tags if key.startswith("name:"))
    for key in ("name", *translations, *_OTHER_NAMES):
        for one in filter(None, (part.strip() for part in _tag(tags, key).split(";"))):
            yield one
            parts = _TWO_NAMES.split(one)
            if len(parts) > 1:
                yield from filter(None, parts)


def _tag(tags: Mapping[str, Any], key: str) -> str:
    value = tags.get(key)
    return value.strip() if isinstance(value, str) else ""


def _id_candidates(feature: Mapping[str, Any], record: Mapping[str, Any]) -> list[str]:
    tags = _tags(feature)
    wikidata = _tag(tags, "wikidata")
    osm = tags.get("@id") or feature.get("id")
    named = next(filter(None, map(slug, record["names"])), "")
    return [
        wikidata.lower() if re.fullmatch(r"Q\d{1,15}", wikidata) else "",
        slug(osm) if isinstance(osm, str) else "",
        named,
    ]
