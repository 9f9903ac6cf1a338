"""Read elevations from a folder of tiles of one square degree, on demand and with a bounded cache."""

import hashlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cumbre.geo.geodesy import FloatArray
from cumbre.terrain.geotiff import cell_of_geotiff, open_geotiff
from cumbre.terrain.grid import Cell, ElevationFile, ElevationFileError, Grid
from cumbre.terrain.hgt import cell_of_hgt, open_hgt

_log = logging.getLogger(__name__)

# The size of the cache: enough for all blocks of 30 m tiles within 60 km.
_MEMORY_BYTES: Final = 200_000_000
# All land on Earth has 26,000 tiles, each with a handful of accompanying files.
_MAX_FILES: Final = 500_000
# The lowest land is at the Dead Sea, -430 m; the values used for voids are far outside this range.
_LOWEST_M, _HIGHEST_M = -1_000.0, 9_000.0
_MAX_REASON_CHARS: Final = 100

_Indices = NDArray[np.intp]


class TerrainTiles:
    """Elevations above sea level from a folder of SRTM (.hgt) and Copernicus (.tif) tiles.

    The folder and its subfolders are listed once. If several files cover a cell, the finest is used: Copernicus at one
    arc second, then SRTM, then Copernicus at three. A file that turns out not to be a valid tile is reported once, in
    the log and in `problems`, and then ignored. Thread-safe.
    """

    def __init__(self, folder: Path, memory_bytes: int = _MEMORY_BYTES) -> None:
        self._lock = threading.RLock()
        self._problems: list[str] = []
        self._files: dict[Cell, list[Path]] = {}
        self._open: dict[Cell, ElevationFile] = {}
        self._blocks: OrderedDict[tuple[Path, int, int], NDArray[Any]] = OrderedDict()
        self._room_bytes = memory_bytes
        self._revision = ""
        self._list(folder)

    @property
    def problems(self) -> tuple[str, ...]:
        """Return the problems found with the folder and its files so far, one sentence each."""
        return tuple(self._problems)

    @property
    def revision(self) -> str:
        """Return an identifier of the folder's tiles; it changes when the tiles change."""
        return self._revision

    def elevation_m(self, lat: FloatArray, lon: FloatArray) -> FloatArray:
        """Return the elevations of N places in metres, [N], interpolated bilinearly between four points.

        lat and lon are degrees; longitudes may wrap around. The result is nan if there is no tile, if one of the points
        is a void, or if the place is nan.
        """
        elevation = np.full(len(lat), np.nan)
        known = np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90.0)
        south = np.floor(np.where(known, lat, 0.0))
        around = np.where(known, lon, 0.0)
        west = np.floor(around)
        code = (south * 360 + (west + 180) % 360).astype(np.intp)
        for one in np.unique(code[known]):
            here = known & (code == one)
            cell = Cell(int(one) // 360, int(one) % 360 - 180)
            elevation[here] = self._in_cell(cell, lat[here] - south[here], around[here] - west[here])
        return elevation

    def spacing_deg(self, lat: float, lon: float) -> float | None:
        """Return the distance between two rows of points in the tile at a place; None if there is no tile."""
        file = self._file(Cell(int(np.floor(lat)), 0).neighbour(0, int(np.floor(lon))))
        return file.grid.row_step_deg if file else None

    def _in_cell(self, cell: Cell, y: FloatArray, x: FloatArray) -> FloatArray:
        """Return the elevations of places given in degrees north (y) and east (x) of the cell's corner."""
        while (file := self._file(cell)) is not None:
            try:
                return self._between_points(cell, file, y, x)
            except ElevationFileError:
                continue  # This file or a neighbour's was just dropped: try again without it.
        return np.full(len(y), np.nan)

    def _between_points(self, cell: Cell, file: ElevationFile, y: FloatArray, x: FloatArray) -> FloatArray:
        grid = file.grid
        row, column = (grid.north_deg - y) / grid.row_step_deg, (x - grid.west_deg) / grid.column_step_deg
        top, left = np.floor(row).astype(np.intp), np.floor(column).astype(np.intp)
        corners = self._points(cell, file, np.stack([top, top, top + 1, top + 1]), np.stack([left, left + 1] * 2))
        down, right = row - top, column - left
        upper = (1 - right) * corners[0] + right * corners[1]
        lower = (1 - right) * corners[2] + right * corners[3]
        between: FloatArray = (1 - down) * upper + down * lower
        return between

    def _points(self, cell: Cell, file: ElevationFile, rows: _Indices, columns: _Indices) -> FloatArray:
        """Return elevations at grid points; beyond an edge, the nearest of the neighbouring tile or else of this."""
        grid = file.grid
        values = self._read(cell, file, np.clip(rows, 0, grid.rows - 1), np.clip(columns, 0, grid.columns - 1))
        north = (rows < 0).astype(np.intp) - (rows >= grid.rows)
        east = (columns >= grid.columns).astype(np.intp) - (columns < 0)
        beyond = (north != 0) | (east != 0)
        for ways in set(zip(north[beyond].tolist(), east[beyond].tolist(), strict=True)):
            neighbour = cell.neighbour(*ways)
            other = self._file(neighbour)
            if other is None:
                continue
            there = (north == ways[0]) & (east == ways[1])
            y = grid.north_deg - rows[there] * grid.row_step_deg - ways[0]
            x = grid.west_deg + columns[there] * grid.column_step_deg - ways[1]
            nearest = self._read(neighbour, other, *_nearest(other.grid, y, x))
            values[there] = np.where(np.isnan(nearest), values[there], nearest)
        return values

    def _read(self, cell: Cell, file: ElevationFile, rows: _Indices, columns: _Indices) -> FloatArray:
        """Return elevations at points inside a file's grid, read block by block; voids become nan."""
        grid = file.grid
        across = -(-grid.columns // grid.block_columns)
        block = rows // grid.block_rows * across + columns // grid.block_columns
        values = np.empty(rows.shape)
        for one in np.flatnonzero(np.bincount(block.ravel())).tolist():
            down, right = divmod(one, across)
            points = self._block(cell, file, down, right)
            here = block == one
            with np.errstate(invalid="ignore"):  # A damaged file may contain a signalling nan.
                values[here] = points[rows[here] - down * grid.block_rows, columns[here] - right * grid.block_columns]
        values[~((values > _LOWEST_M) & (values < _HIGHEST_M))] = np.nan
        return values

    def _block(self, cell: Cell, file: ElevationFile, row: int, column: int) -> NDArray[Any]:
        """Return a block from the LRU cache or the file. Raises ElevationFileError if the file is damaged."""
        key = (file.path, row, column)
        with self._lock:
            points = self._blocks.get(key)
            if points is not None:
                self._blocks.move_to_end(key)
                return points
            try:
                points = file.block(row, column)
            except Exception as error:  # A damaged file can make a decoder raise anything.
                if self._open.get(cell) is file:
                    self._drop(cell, error)
                raise ElevationFileError("dropped") from None
            self._blocks[key] = points
            self._room_bytes -= points.nbytes
            while self._room_bytes < 0 and len(self._blocks) > 1:
                self._room_bytes += self._blocks.popitem(last=False)[1].nbytes
            return points

    def _file(self, cell: Cell) -> ElevationFile | None:
        """Return the best valid tile of a cell; None if there is none."""
        file = self._open.get(cell)
        if file is not None or cell not in self._files:
            return file
        with self._lock:
            while cell not in self._open and self._files.get(cell):
                path = self._files[cell][0]
                try:
                    self._open[cell] = (open_geotiff if cell_of_geotiff(path.name) else open_hgt)(path, cell)
                except Exception as error:  # An unrelated file can make a parser raise anything.
                    self._drop(cell, error)
            return self._open.get(cell)

    def _drop(self, cell: Cell, error: Exception) -> None:
        """Report the problem with a cell's best file, and ignore that file from now on."""
        self._open.pop(cell, None)
        path = self._files[cell].pop(0)
        reason = str(error)
        if not isinstance(error, ElevationFileError):
            reason = f"it is damaged or can't be read ({type(error).__name__}: {reason[:_MAX_REASON_CHARS]})"
        self._report(f"{str(path)!r} is skipped: {reason}")

    def _report(self, problem: str) -> None:
        self._problems.append(problem)
        _log.warning("%s", problem)

    def _list(self, folder: Path) -> None:
        def unreadable(error: OSError) -> None:
            self._report(f"{str(error.filename)!r} can't be read: {error.strerror}")

        found: dict[Cell, list[tuple[int, str]]] = {}
        listed = 0
        for parent, _, names in os.walk(folder, onerror=unreadable):
            for name in names:
                tile = _named(name)
                if tile is not None:
                    found.setdefault(tile[0], []).append((tile[1], str(Path(parent, name))))
            listed += len(names)
            if listed > _MAX_FILES:
                self._report(f"{str(folder)!r} has too many files: only the first {_MAX_FILES} were checked")
                break
        self._files = {cell: [Path(path) for _, path in sorted(files)] for cell, files in found.items()}
        self._revision = _revision_of(folder, (path for files in found.values() for _, path in files))
        if not found and not self._problems:
            self._report(f"{str(folder)!r} has no elevation tile, such as N27E086.hgt")


def _revision_of(folder: Path, paths: Iterable[str]) -> str:
    """Hash the tiles' sizes and their names relative to the folder, so that moving the folder changes nothing."""
    known = hashlib.sha256()
    for path in sorted(paths):
        try:
            size = Path(path).stat().st_size
        except OSError:
            size = -1
        known.update(f"{os.path.relpath(path, folder)} {size}\n".encode("utf-8", "surrogateescape"))
    return known.hexdigest()[:16]


def _named(name: str) -> tuple[Cell, int] | None:
    """Return the cell of a file's name and the file's rank, lower for finer tiles; None if it is not a tile's name."""
    copernicus = cell_of_geotiff(name)
    if copernicus is not None:
        return copernicus
    srtm = cell_of_hgt(name)
    return (srtm, 20) if srtm else None


def _nearest(grid: Grid, y: FloatArray, x: FloatArray) -> tuple[_Indices, _Indices]:
    """Return row and column of the grid points nearest to places in degrees north and east of the cell's corner."""
    row = np.rint((grid.north_deg - y) / grid.row_step_deg).astype(np.intp)
    column = np.rint((x - grid.west_deg) / grid.column_step_deg).astype(np.intp)
    return np.clip(row, 0, grid.rows - 1), np.clip(column, 0, grid.columns - 1)
