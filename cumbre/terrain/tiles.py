"""A folder of elevation tiles, each a square degree, of which only what is asked for is read and little is kept."""

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

# Enough for all blocks of 30 m within 60 km.
_MEMORY_BYTES: Final = 200_000_000
# All land on Earth has 26,000 tiles, which come with a handful of other files each.
_MAX_FILES: Final = 500_000
# The lowest land lies at the Dead Sea, -430 m; whatever stands for a void lies far below or above.
_LOWEST_M, _HIGHEST_M = -1_000.0, 9_000.0
_MAX_REASON_CHARS: Final = 100

_Indices = NDArray[np.intp]


class TerrainTiles:
    """Elevations above sea level from a folder with the tiles of SRTM (.hgt) and Copernicus (.tif).

    The folder and those in it are listed once. Where several files have a cell, the finest is used: Copernicus' of one
    arc second, SRTM's, Copernicus' of three. A file that turns out not to be a tile is said once, in the log and in
    `problems`, and is no longer there. May be used by several threads.
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
        """What was found wrong with the folder and its files so far, in sentences."""
        return tuple(self._problems)

    @property
    def revision(self) -> str:
        """Another one where the folder holds other tiles."""
        return self._revision

    def elevation_m(self, lat: FloatArray, lon: FloatArray) -> FloatArray:
        """Elevations of N places (degrees; longitudes may wrap around), between four points each (bilinear); [N].

        nan where there is no tile, where one of the points is a void, and where a place is nan.
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
        """The distance between two rows of points of the tile at a place; None where there is none."""
        file = self._file(Cell(int(np.floor(lat)), 0).neighbour(0, int(np.floor(lon))))
        return file.grid.row_step_deg if file else None

    def _in_cell(self, cell: Cell, y: FloatArray, x: FloatArray) -> FloatArray:
        """Elevations of places given in degrees north and east of the cell's corner."""
        while (file := self._file(cell)) is not None:
            try:
                return self._between_points(cell, file, y, x)
            except ElevationFileError:
                continue  # The file, or a neighbour's, is given up now: once more without it.
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
        """Elevations at points of a file's grid, also beyond its edges: those are a neighbour's nearest, or its own."""
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
        """Elevations at points of a file's grid, block by block; voids become nan."""
        grid = file.grid
        across = -(-grid.columns // grid.block_columns)
        block = rows // grid.block_rows * across + columns // grid.block_columns
        values = np.empty(rows.shape)
        for one in np.flatnonzero(np.bincount(block.ravel())).tolist():
            down, right = divmod(one, across)
            points = self._block(cell, file, down, right)
            here = block == one
            with np.errstate(invalid="ignore"):  # A damaged file may hold a signalling nan.
                values[here] = points[rows[here] - down * grid.block_rows, columns[here] - right * grid.block_columns]
        values[~((values > _LOWEST_M) & (values < _HIGHEST_M))] = np.nan
        return values

    def _block(self, cell: Cell, file: ElevationFile, row: int, column: int) -> NDArray[Any]:
        """A block, kept until others need its room. Raises ElevationFileError once the file is given up."""
        key = (file.path, row, column)
        with self._lock:
            points = self._blocks.get(key)
            if points is not None:
                self._blocks.move_to_end(key)
                return points
            try:
                points = file.block(row, column)
            except Exception as error:  # A broken file can lead a decoder anywhere.
                if self._open.get(cell) is file:
                    self._give_up(cell, error)
                raise ElevationFileError("given up") from None
            self._blocks[key] = points
            self._room_bytes -= points.nbytes
            while self._room_bytes < 0 and len(self._blocks) > 1:
                self._room_bytes += self._blocks.popitem(last=False)[1].nbytes
            return points

    def _file(self, cell: Cell) -> ElevationFile | None:
        """The best tile of a cell that is one."""
        file = self._open.get(cell)
        if file is not None or cell not in self._files:
            return file
        with self._lock:
            while cell not in self._open and self._files.get(cell):
                path = self._files[cell][0]
                try:
                    self._open[cell] = (open_geotiff if cell_of_geotiff(path.name) else open_hgt)(path, cell)
                except Exception as error:  # A foreign file can lead a parser anywhere.
                    self._give_up(cell, error)
            return self._open.get(cell)

    def _give_up(self, cell: Cell, error: Exception) -> None:
        """Say what is wrong with the best file of a cell, and go on as if it were not there."""
        self._open.pop(cell, None)
        path = self._files[cell].pop(0)
        reason = str(error)
        if not isinstance(error, ElevationFileError):
            reason = f"it is damaged or can't be read ({type(error).__name__}: {reason[:_MAX_REASON_CHARS]})"
        self._say(f"{str(path)!r} is passed over: {reason}")

    def _say(self, problem: str) -> None:
        self._problems.append(problem)
        _log.warning("%s", problem)

    def _list(self, folder: Path) -> None:
        def unreadable(error: OSError) -> None:
            self._say(f"{str(error.filename)!r} can't be read: {error.strerror}")

        found: dict[Cell, list[tuple[int, str]]] = {}
        listed = 0
        for parent, _, names in os.walk(folder, onerror=unreadable):
            for name in names:
                tile = _named(name)
                if tile is not None:
                    found.setdefault(tile[0], []).append((tile[1], str(Path(parent, name))))
            listed += len(names)
            if listed > _MAX_FILES:
                self._say(f"{str(folder)!r} has too many files: {_MAX_FILES} were looked at")
                break
        self._files = {cell: [Path(path) for _, path in sorted(files)] for cell, files in found.items()}
        self._revision = _revision_of(folder, (path for files in found.values() for _, path in files))
        if not found and not self._problems:
            self._say(f"{str(folder)!r} has no elevation tile, such as N27E086.hgt")


def _revision_of(folder: Path, paths: Iterable[str]) -> str:
    """The same wherever the folder lies: files are known by their names in it, and their sizes."""
    known = hashlib.sha256()
    for path in sorted(paths):
        try:
            size = Path(path).stat().st_size
        except OSError:
            size = -1
        known.update(f"{os.path.relpath(path, folder)} {size}\n".encode("utf-8", "surrogateescape"))
    return known.hexdigest()[:16]


def _named(name: str) -> tuple[Cell, int] | None:
    """The cell of a file's name and its rank, the finest first."""
    copernicus = cell_of_geotiff(name)
    if copernicus is not None:
        return copernicus
    srtm = cell_of_hgt(name)
    return (srtm, 20) if srtm else None


def _nearest(grid: Grid, y: FloatArray, x: FloatArray) -> tuple[_Indices, _Indices]:
    row = np.rint((grid.north_deg - y) / grid.row_step_deg).astype(np.intp)
    column = np.rint((x - grid.west_deg) / grid.column_step_deg).astype(np.intp)
    return np.clip(row, 0, grid.rows - 1), np.clip(column, 0, grid.columns - 1)
