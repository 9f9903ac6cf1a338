"""Read peaks from YAML (Cumbre's own format), CSV and GeoJSON files; docs/peaks.md describes the formats.

Files are untrusted and fully checked. An error names the file, the entry and how to fix it.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml

from cumbre.errors import CatalogError
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.peaks.geojson import parse_elevation_m, peaks_of_features, unique_id
from cumbre.peaks.validation import parse_peak, slug
from cumbre.text.counted import counted

MAX_FILE_BYTES: Final = 50_000_000
MAX_PEAKS: Final = 200_000
# The format needs 4 levels (document, peaks, peak, aliases). The C parser recurses and had no limit of its own before
# libyaml 0.2.6; since then it may stop first, because it reads ahead of the events.
_MAX_YAML_DEPTH: Final = 8
_TOO_DEEP: Final = "nested too deeply; list the peaks as docs/peaks.md shows"
_TOO_DEEP_FOR_LIBYAML: Final = "exceeded maximum nesting depth"
_YAML_KEYS: Final = ("id", "name", "aliases", "lat", "lon", "elev_m", "region", "country")
_CSV_COLUMNS: Final = {
    "latitude": "lat",
    "longitude": "lon",
    "lng": "lon",
    "ele": "elev_m",
    "elevation": "elev_m",
    "elevation_m": "elev_m",
}
# libyaml is ten times faster, but not every build of PyYAML includes it.
_YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """The peaks of a file. skipped has one sentence for each unusable GeoJSON feature."""

    peaks: tuple[Peak, ...]
    skipped: tuple[str, ...] = ()


def read_peaks(path: Path) -> CatalogFile:
    """Read the peaks of a .yaml, .yml, .csv, .geojson or .json file.

    Raises CatalogError if the file can't be read, has no usable peak, or is YAML or CSV with an invalid entry.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise CatalogError(f"{path.name}: can't read peaks from this kind of file; use {', '.join(_READERS)}")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CatalogError(f"{path}: can't be read ({error.strerror}); check the path") from None
    return _parsed(data, path.name, read)


@cache
def bundled_catalog() -> Catalog:
    """Return the catalogue that comes with Cumbre: the peaks of the Khumbu."""
    data = files("cumbre.peaks").joinpath("assets/khumbu.yaml").read_bytes()
    return Catalog(_parsed(data, "khumbu.yaml", _read_yaml).peaks)


def _parsed(data: bytes, name: str, read: Callable[[str], CatalogFile]) -> CatalogFile:
    if len(data) > MAX_FILE_BYTES:
        raise CatalogError(f"{name}: larger than {MAX_FILE_BYTES // 10**6} MB; split it by region")
    try:
        found = read(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise CatalogError(f"{name}: is not UTF-8; save it in that encoding") from None
    except CatalogError as error:
        raise CatalogError(f"{name}, {error}") from None
    if not found.peaks:
        reason = f"; the first of {len(found.skipped)} skipped: {found.skipped[0]}" if found.skipped else ""
        raise CatalogError(f"{name}: there is no usable peak in it{reason}")
    return found


def _read_yaml(text: str) -> CatalogFile:
    try:
        _refuse_bombs(text)
        document = yaml.load(text, Loader=_YamlLoader)  # noqa: S506 - a safe loader, in C where there is one
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "the file"
        if error.problem == _TOO_DEEP_FOR_LIBYAML:
            raise CatalogError(f"{line}: {_TOO_DEEP}") from None
        raise CatalogError(f"{line}: is not valid YAML ({error.problem})") from None
    except (
        yaml.YAMLError,
        ValueError,
        TypeError,
    ) as error:  # a date such as 2024-99-99, a character that isn't allowed
        raise CatalogError(f"the file: is not valid YAML ({_reason(error)})") from None
    if not isinstance(document, dict) or not isinstance(document.get("peaks"), list):
        raise CatalogError('the file: must start with "peaks:", followed by the list of peaks')
    return CatalogFile(tuple(_unique(_yaml_peaks(document["peaks"]))))


def _reason(error: Exception) -> str:
    """The parser's reason, without its advice for programmers."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "integer string conversion" in str(error):
        return "a number has thousands of digits"
    return repr(str(error)[:100])


def _refuse_bombs(text: str) -> None:
    """Refuse anchors and aliases, deep nesting and duplicate keys, before the document is built.

    Aliases can expand a few bytes to gigabytes, and nesting can exhaust the stack. If a mapping has a key twice, the
    loader would silently use the last one.
    """
    depth = 0
    # For each open collection: its keys so far (None for a list), and whether the next scalar is a key.
    keys: list[set[str] | None] = []
    is_key = [False]
    for event in yaml.parse(text, Loader=_YamlLoader):
        if isinstance(event, yaml.ScalarEvent) and is_key[-1]:
            known = keys[-1]
            if known is not None and event.value in known:
                raise CatalogError(f"{_line(event)}: the key {event.value[:40]!r} appears twice; remove one of them")
            if known is not None:
                known.add(event.value)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionEndEvent):
            if isinstance(event, yaml.CollectionEndEvent):
                keys.pop()
                is_key.pop()
            is_key[-1] = bool(keys) and keys[-1] is not None and not is_key[-1]
        elif isinstance(event, yaml.CollectionStartEvent):
            keys.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
            is_key.append(isinstance(event, yaml.MappingStartEvent))
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise CatalogError(
                f"{_line(event)}: YAML anchors and aliases (& and *) are not allowed; write the values out"
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_YAML_DEPTH:
            raise CatalogError(f"{_line(event)}: {_TOO_DEEP}")


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else "the file"


def _yaml_peaks(entries: list[Any]) -> Iterator[tuple[str, Peak]]:
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise CatalogError(f"peak {number}: must be a list entry with the keys {', '.join(_YAML_KEYS)}")
        where = f"peak {number} ({str(entry.get('id', 'without id'))[:40]!r})"
        unknown = [key for key in entry if key not in _YAML_KEYS]
        if unknown:
            raise CatalogError(
                f"{where}: unknown key {str(unknown[0])[:40]!r}; the known keys are {', '.join(_YAML_KEYS)}"
            )
        aliases = entry.get("aliases") or []
        if not isinstance(aliases, list):
            raise CatalogError(f"{where}: aliases must be a list, such as [Ama Dablan, Amadablam]")
        if "name" not in entry:
            raise CatalogError(f"{where}: the name is missing; write the one to show")
        yield where, parse_peak({**entry, "names": [entry["name"], *aliases]}, where)


def _read_csv(text: str) -> CatalogFile:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [column.strip().lower() for column in next(reader, [])]
        columns = [_CSV_COLUMNS.get(column, column) for column in columns]
        missing = [column for column in ("lat", "lon", "elev_m") if column not in columns]
        if missing or not {"name", "names"} & set(columns):
            raise CatalogError(
                f"line 1: the header lacks {', '.join(missing) or 'names'}; it should be id,lat,lon,elev_m,names"
            )
        if len(set(columns)) != len(columns):
            raise CatalogError("line 1: two columns of the header have the same meaning; remove one")
        return CatalogFile(tuple(_unique(_csv_peaks(reader, columns))))
    except csv.Error as error:
        raise CatalogError(f"line {reader.line_num}: is not valid CSV ({error})") from None


def _csv_peaks(reader: Any, columns: list[str]) -> Iterator[tuple[str, Peak]]:
    taken: dict[str, Peak] = {}
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        where = f"line {reader.line_num}"
        if len(cells) != len(columns):
            there = counted(len(cells), "cell")
            raise CatalogError(f"{where}: has {there} where the header has {len(columns)}; quote the texts")
        row = {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
        cell_names = "|".join(row.get(column, "") for column in ("name", "names", "aliases"))
        names = [name.strip() for name in cell_names.split("|") if name.strip()]
        peak_id = row.get("id", "")
        if "id" not in columns:
            peak_id = unique_id([next(filter(None, map(slug, names)), "")], taken)
        record = {
            **row,
            "id": peak_id,
            "names": names,
            "lat": _degrees(row["lat"]),
            "lon": _degrees(row["lon"]),
            "elev_m": parse_elevation_m(row["elev_m"]),
        }
        for key in ("lat", "lon", "elev_m"):
            if record[key] is None:
                raise CatalogError(f"{where}: {key} is {row[key][:40]!r}; write a number in decimal notation")
        peak = parse_peak(record, where)
        taken.setdefault(peak.id, peak)
        yield where, peak


def _degrees(cell: str) -> float | None:
    """Degrees of a cell, None if it is not a number. Many spreadsheets write a decimal comma."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def _read_geojson(text: str) -> CatalogFile:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CatalogError(f"the file: is not valid JSON ({_reason(error)})") from None
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise CatalogError("the file: is not a GeoJSON FeatureCollection; export the peaks as GeoJSON")
    if len(document["features"]) > MAX_PEAKS:
        raise CatalogError(f"the file: more than {MAX_PEAKS} features; split it by region")
    peaks, skipped = peaks_of_features(document["features"])
    return CatalogFile(tuple(peaks), tuple(skipped))


def _unique(entries: Iterator[tuple[str, Peak]]) -> Iterator[Peak]:
    """Yield the peaks. Raises CatalogError if two have the same id or there are more than MAX_PEAKS."""
    first: dict[str, str] = {}
    for where, peak in entries:
        if peak.id in first:
            raise CatalogError(f"{where}: the id {peak.id!r} is taken ({first[peak.id]}); give one of them another id")
        if len(first) == MAX_PEAKS:
            raise CatalogError(f"{where}: more than {counted(MAX_PEAKS, 'peak')}; split the file by region")
        first[peak.id] = where
        yield peak


_READERS: Final[dict[str, Callable[[str], CatalogFile]]] = {
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".csv": _read_csv,
    ".geojson": _read_geojson,
    ".json": _read_geojson,
}
