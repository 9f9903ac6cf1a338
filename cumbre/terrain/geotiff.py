"""Read elevation tiles of the Copernicus DEM (GeoTIFF), decoding only the requested blocks.

Pillow would decode the whole file for every block.
"""

import math
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from cumbre.terrain.grid import MAX_POINTS, Cell, ElevationFileError, Grid, named_cell

_NAME = re.compile(r"Copernicus_DSM_(?:COG_)?(10|30)_([NS])(\d{2})_00_([EW])(\d{3})_00_DEM\.tiff?", re.IGNORECASE)
# TIFF field type -> struct's format letter and the size in bytes: ASCII, SHORT, LONG and DOUBLE.
_FIELD_TYPES: Final = {2: ("s", 1), 3: ("H", 2), 4: ("I", 4), 12: ("d", 8)}
_MAX_FIELDS: Final = 200
_MAX_FIELD_BYTES: Final = 8 * (MAX_POINTS + 1)
_MAX_BLOCK_POINTS: Final = 4096
# Strips are often one row high, so a block joins strips up to this number of rows.
_STRIP_ROWS: Final = 256

_WIDTH, _HEIGHT, _BITS, _COMPRESSION = 256, 257, 258, 259
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_COUNTS = 273, 277, 278, 279
_PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS = 317, 322, 323, 324, 325
_SAMPLE_FORMAT, _PIXEL_SCALE, _TIE_POINT, _GEO_KEYS, _NODATA = 339, 33550, 33922, 34735, 42113
_RASTER_TYPE, _PIXEL_IS_POINT = 1025, 2
_UNCOMPRESSED, _DEFLATE, _OLD_DEFLATE = 1, 8, 32946
_FLOAT: Final = 3

_Fields = dict[int, tuple[Any, ...]]


def cell_of_geotiff(name: str) -> tuple[Cell, int] | None:
    """Return the cell and the spacing, in tenths of an arc second, of a Copernicus file name; None for other names.

    >>> cell_of_geotiff("Copernicus_DSM_COG_30_S34_00_W071_00_DEM.tif")
    (Cell(lat=-34, lon=-71), 30)
    """
    named = _NAME.fullmatch(name)
    cell = named_cell(*named.groups()[1:]) if named else None
    return (cell, int(named[1])) if named and cell else None


@dataclass(frozen=True, slots=True)
class GeoTiff:
    """A GeoTIFF of float32 elevations in tiles or strips, deflated or not (TIFF 6.0, sections 2, 14 and 15).

    tiled: True if the pieces are tiles, False if they are strips. pieces: the offset and size of each, in bytes.
    piece_rows, piece_columns: the size of a piece in points.
    order: struct's letter for the byte order. nodata: the value of a void; nan if the file declares none.
    """

    path: Path
    grid: Grid
    tiled: bool
    pieces: tuple[tuple[int, int], ...]
    piece_rows: int
    piece_columns: int
    order: str
    compressed: bool
    predictor: int
    nodata: float

    def block(self, row: int, column: int) -> NDArray[Any]:
        """Return a block as ElevationFile does; a block is one tile or a group of strips."""
        across = -(-self.grid.columns // self.grid.block_columns)
        in_block = self.grid.block_rows // self.piece_rows
        first = (row * in_block) * across + column
        with self.path.open("rb") as file:
            parts = [self._piece(file, first + i) for i in range(min(in_block, len(self.pieces) - first))]
        elevations = np.concatenate(parts) if len(parts) > 1 else parts[0]
        if not math.isnan(self.nodata):
            elevations = np.where(elevations == np.float32(self.nodata), np.float32(np.nan), elevations)
        return elevations

    def _piece(self, file: BinaryIO, number: int) -> NDArray[np.float32]:
        offset, size = self.pieces[number]
        rows, columns = self.piece_rows, self.piece_columns
        if not self.tiled:
            # The last strip ends with the picture; tiles at the edge are padded.
            rows = min(rows, self.grid.rows - number * rows)
        if size == 0:
            return np.full((rows, columns), np.nan, dtype=np.float32)
        wanted = 4 * rows * columns
        if size > wanted + wanted // 100 + 1024:
            raise ElevationFileError("a block has more bytes than its points need")
        data = _read(file, offset, size)
        if self.compressed:
            data = zlib.decompressobj().decompress(data, wanted)
        if len(data) < wanted:
            raise ElevationFileError("a block ends too early")
        return self._undo_predictor(np.frombuffer(data, dtype=np.uint8, count=wanted).reshape(rows, 4 * columns))

    def _undo_predictor(self, data: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Undo predictor 3 ("TIFF Technical Note 3", Adobe, 2005) or predictor 2 (TIFF 6.0, section 14)."""
        if self.predictor == 3:
            # Differences of bytes. A row stores all its most significant bytes first, whatever the file's byte order.
            planes = np.cumsum(data, axis=1, dtype=np.uint8).reshape(len(data), 4, -1)
            return np.ascontiguousarray(planes.transpose(0, 2, 1)).view(">f4")[:, :, 0].astype(np.float32)
        if self.predictor == 2:
            words = np.cumsum(data.view(f"{self.order}u4"), axis=1, dtype=np.uint32)
            return words.view(np.float32)
        return data.view(f"{self.order}f4").astype(np.float32)


def open_geotiff(path: Path, cell: Cell) -> GeoTiff:
    """Read the header of a cell's tile.

    Raises ElevationFileError if the file is not that tile, and OSError if it can't be read.
    """
    with path.open("rb") as file:
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(_read(file, 0, 4))
        if order is None:
            raise ElevationFileError("it is not a TIFF file")
        fields = _fields(file, order)
    columns, rows = _one(fields, _WIDTH), _one(fields, _HEIGHT)
    if not (2 <= rows <= MAX_POINTS and 2 <= columns <= MAX_POINTS):
        raise ElevationFileError(f"a tile does not have {columns} x {rows} points")
    compression, predictor = _one(fields, _COMPRESSION, _UNCOMPRESSED), _one(fields, _PREDICTOR, 1)
    kind = (_one(fields, _BITS), _one(fields, _SAMPLES, 1), _one(fields, _SAMPLE_FORMAT, 1))
    if kind != (32, 1, _FLOAT):
        raise ElevationFileError("its points are not 32 bit floating-point numbers")
    if compression not in (_UNCOMPRESSED, _DEFLATE, _OLD_DEFLATE) or predictor not in (1, 2, 3):
        raise ElevationFileError(
            f"compression {compression} with predictor {predictor} is not supported; save it with DEFLATE compression"
        )
    tiled = _TILE_WIDTH in fields
    if tiled:
        piece_rows, piece_columns = _one(fields, _TILE_HEIGHT), _one(fields, _TILE_WIDTH)
        offsets, counts, in_block = fields.get(_TILE_OFFSETS, ()), fields.get(_TILE_COUNTS, ()), 1
    else:
        piece_rows, piece_columns = min(rows, _one(fields, _ROWS_PER_STRIP, rows)), columns
        offsets, counts = fields.get(_STRIP_OFFSETS, ()), fields.get(_STRIP_COUNTS, ())
        in_block = max(1, _STRIP_ROWS // max(1, piece_rows))
    if not (1 <= piece_rows <= _MAX_BLOCK_POINTS and 1 <= piece_columns <= _MAX_BLOCK_POINTS):
        raise ElevationFileError(f"blocks of {piece_columns} x {piece_rows} points are not supported")
    if not len(offsets) == len(counts) == -(-rows // piece_rows) * -(-columns // piece_columns):
        raise ElevationFileError("its blocks don't cover the whole grid")
    north, west, row_step, column_step = _georeference(fields, rows, columns, cell)
    return GeoTiff(
        path=path,
        grid=Grid(rows, columns, north, west, row_step, column_step, piece_rows * in_block, piece_columns),
        tiled=tiled,
        pieces=tuple(zip(offsets, counts, strict=True)),
        piece_rows=piece_rows,
        piece_columns=piece_columns,
        order=order,
        compressed=compression != _UNCOMPRESSED,
        predictor=predictor if compression != _UNCOMPRESSED else 1,
        nodata=_nodata(fields),
    )


def _fields(file: BinaryIO, order: str) -> _Fields:
    """Return the fields of the first image by tag; overviews follow it (TIFF 6.0, section 2)."""
    (start,) = struct.unpack(f"{order}I", _read(file, 4, 4))
    (number,) = struct.unpack(f"{order}H", _read(file, start, 2))
    if number > _MAX_FIELDS:
        raise ElevationFileError(f"{number} fields are too many")
    table = _read(file, start + 2, 12 * number)
    fields: _Fields = {}
    for tag, kind, count, inline in struct.iter_unpack(f"{order}HHI4s", table):
        letter, size = _FIELD_TYPES.get(kind, ("", 0))
        if not letter or count * size > _MAX_FIELD_BYTES:
            continue
        data = inline[: count * size]
        if count * size > 4:
            data = _read(file, struct.unpack(f"{order}I", inline)[0], count * size)
        fields[tag] = struct.unpack(f"{order}{count}{letter}", data)
    return fields


def _georeference(fields: _Fields, rows: int, columns: int, cell: Cell) -> tuple[float, float, float, float]:
    """Return a grid's north_deg, west_deg, row_step_deg, column_step_deg (GeoTIFF 1.1, OGC 19-008r4, 7.1 and B.6)."""
    scale, tie = fields.get(_PIXEL_SCALE, ()), fields.get(_TIE_POINT, ())
    if len(scale) < 2 or len(tie) < 6:
        raise ElevationFileError("it has no coordinates")
    column_step, row_step = scale[:2]
    # The tie point is a pixel's corner, or its middle if the raster type is "point", as in Copernicus files.
    keys = fields.get(_GEO_KEYS, ())
    raster_type = next((keys[i + 3] for i in range(4, len(keys) - 3, 4) if keys[i] == _RASTER_TYPE), 0)
    middle = 0.0 if raster_type == _PIXEL_IS_POINT else 0.5
    west = tie[3] + (middle - tie[0]) * column_step - cell.lon
    north = tie[4] - (middle - tie[1]) * row_step - cell.lat
    # The tolerance is 1.5 points: a grid may lack one of its edges and be half a point off.
    for off, step in (
        (west, column_step),
        (north - 1, row_step),
        (1 - columns * column_step, column_step),
        (1 - rows * row_step, row_step),
    ):
        if not abs(off) < 1.5 * step:
            raise ElevationFileError("it covers a different place than its name says")
    return north, west, row_step, column_step


def _nodata(fields: _Fields) -> float:
    """Return the value of a void, which GDAL declares as a number in ASCII; nan if none is declared."""
    text = b"".join(fields.get(_NODATA, ())).rstrip(b"\0 ")
    number = float(text) if text else math.nan
    # TerrainTiles detects values far from any elevation by itself, and 1e300 does not fit into a float32.
    return number if abs(number) < 1e6 else math.nan


def _one(fields: _Fields, tag: int, default: int = 0) -> int:
    return int(fields.get(tag, (default,))[0])


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) < size:
        raise ElevationFileError("it ends too early")
    return data
