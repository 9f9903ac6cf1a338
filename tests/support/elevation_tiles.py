"""Write elevation tiles in the formats of SRTM and Copernicus, for any terrain that a function describes."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Returns the elevations in metres at latitudes and longitudes.
Terrain = Callable[[Floats, Floats], Floats]
# Writes a tile of a terrain into a folder: hgt or geotiff.
MakeTile = Callable[[Path, int, int, Terrain], Path]


def flat(elevation_m: float) -> Terrain:
    """Return a terrain of one elevation."""
    return lambda lat, lon: np.full(np.broadcast(lat, lon).shape, elevation_m)


def corner(lat: int, lon: int, between: str = "") -> str:
    """Return the name of a tile's south-western corner: N27E086, or N27_00_E086 with `between`."""
    return f"{'N' if lat >= 0 else 'S'}{abs(lat):02d}{between}{'E' if lon >= 0 else 'W'}{abs(lon):03d}"


def hgt(folder: Path, lat: int, lon: int, terrain: Terrain, points: int = 1201) -> Path:
    """Write an SRTM tile of [points, points] elevations; NaN becomes a void."""
    lats, lons = lat + np.linspace(1, 0, points), lon + np.linspace(0, 1, points)
    elevation = terrain(lats[:, None], lons[None, :])
    path = folder / f"{corner(lat, lon)}.hgt"
    path.write_bytes(np.where(np.isnan(elevation), -32768, np.rint(elevation)).astype(">i2").tobytes())
    return path


def zipped(path: Path, name: str) -> Path:
    """Replace the file by a ZIP archive of this name that contains it; return the archive's path."""
    archive = path.with_name(name)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.write(path, path.name)
    path.unlink()
    return archive


def copernicus_name(lat: int, lon: int, resolution: int = 10) -> str:
    """Return the file name of a Copernicus tile."""
    return f"Copernicus_DSM_COG_{resolution}_{corner(lat, lon, '_00_')}_00_DEM.tif"


def geotiff(
    folder: Path,
    lat: int,
    lon: int,
    terrain: Terrain,
    rows: int = 360,
    columns: int = 360,
    tile: int | None = 128,
    predictor: int = 3,
    order: str = "<",
    point: bool = True,
    nodata: float | None = None,
    resolution: int = 10,
) -> Path:
    """Write a Copernicus tile as a GeoTIFF of [rows, columns] elevations.

    tile: the side of its internal tiles in points; None writes strips of 7 rows. point: the first points are on the
    northern and western edge, as in real Copernicus tiles; otherwise points are pixel centres. nodata: the value
    written for NaN. Without it, tiles and strips of only NaN are omitted, as GDAL omits those without data.
    """
    middle = 0.0 if point else 0.5
    lats, lons = lat + 1 - (np.arange(rows) + middle) / rows, lon + (np.arange(columns) + middle) / columns
    elevation = terrain(lats[:, None], lons[None, :]).astype(np.float32)
    if nodata is not None:
        elevation = np.where(np.isnan(elevation), np.float32(nodata), elevation)
    if tile is None:
        pieces = [elevation[top : top + 7] for top in range(0, rows, 7)]
        layout = {278: ("I", [7])}
    else:
        padded = np.pad(elevation, ((0, -rows % tile), (0, -columns % tile)))
        pieces = [
            padded[top : top + tile, left : left + tile]
            for top in range(0, rows, tile)
            for left in range(0, columns, tile)
        ]
        layout = {322: ("H", [tile]), 323: ("H", [tile])}
    packed = [
        b"" if np.isnan(piece).all() else zlib.compress(predicted(piece, predictor, order)) for piece in pieces
    ]  # fmt: skip
    offsets = np.cumsum([8, *map(len, packed)])
    offset_tag, count_tag = (273, 279) if tile is None else (324, 325)
    fields = {
        256: ("H", [columns]), 257: ("H", [rows]), 258: ("H", [32]), 259: ("H", [8]), 262: ("H", [1]),
        277: ("H", [1]), 317: ("H", [predictor]), 339: ("H", [3]),
        offset_tag: ("I", offsets[:-1].tolist()), count_tag: ("I", [len(one) for one in packed]), **layout,
        33550: ("d", [1 / columns, 1 / rows, 0.0]), 33922: ("d", [0.0, 0.0, 0.0, lon, lat + 1, 0.0]),
        34735: ("H", [1, 1, 0, 2, 1024, 0, 1, 2, 1025, 0, 1, 2 if point else 1]),
    }  # fmt: skip
    if nodata is not None:
        fields[42113] = ("s", [f"{nodata:g}\0".encode()])
    path = folder / copernicus_name(lat, lon, resolution)
    magic = b"II*\0" if order == "<" else b"MM\0*"
    start = int(offsets[-1])
    path.write_bytes(
        magic + struct.pack(f"{order}I", start) + b"".join(packed) + directory(fields, start, order)
    )  # fmt: skip
    return path


def predicted(piece: NDArray[np.float32], predictor: int, order: str) -> bytes:
    """Return the bytes of a tile or strip after the TIFF predictor (2 and 3 store differences)."""
    if predictor == 3:
        planes = np.ascontiguousarray(piece, dtype=">f4").view(np.uint8).reshape(*piece.shape, 4).transpose(0, 2, 1)
        return np.diff(planes.reshape(len(piece), -1), axis=1, prepend=np.uint8(0)).tobytes()
    words = np.ascontiguousarray(piece, dtype=np.float32).view(np.uint32)
    if predictor == 2:
        words = np.diff(words, axis=1, prepend=np.uint32(0))
    return words.astype(f"{order}u4").tobytes()


def directory(fields: dict[int, tuple[str, list[Any]]], start: int, order: str) -> bytes:
    """Return a TIFF directory for the offset `start`, followed by the values that don't fit into its entries."""
    table, overflow = struct.pack(f"{order}H", len(fields)), b""
    end = start + 2 + 12 * len(fields) + 4
    for tag, (letter, values) in sorted(fields.items()):
        data = values[0] if letter == "s" else struct.pack(f"{order}{len(values)}{letter}", *values)
        count = len(data) if letter == "s" else len(values)
        table += struct.pack(f"{order}HHI", tag, {"s": 2, "H": 3, "I": 4, "d": 12}[letter], count)
        if len(data) <= 4:
            table += data.ljust(4, b"\0")
        else:
            table += struct.pack(f"{order}I", end + len(overflow))
            overflow += data
    return table + b"\0" * 4 + overflow
