"""Read elevation tiles of the Shuttle Radar Topography Mission (SRTM): .hgt files, plain or in a ZIP archive."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cumbre.terrain.grid import Cell, ElevationFileError, Grid, named_cell

# File size in bytes -> points along a side: three arc seconds and one, both edges included.
_POINTS_OF_SIZE: Final = {2 * points**2: points for points in (1201, 3601)}
# The largest tile has 26 MB and its archive hardly more. The limit keeps out archives with millions of entries.
_MAX_ARCHIVE_BYTES: Final = 40_000_000
_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})(\.[^/]*)?\.(hgt|zip)", re.IGNORECASE)


def cell_of_hgt(name: str) -> Cell | None:
    """Return the cell of a name like N27E086.hgt, N27E086.SRTMGL1.hgt.zip or S34W071.zip; None for other names.

    >>> cell_of_hgt("S34W071.hgt.zip")
    Cell(lat=-34, lon=-71)
    """
    named = _NAME.fullmatch(name)
    return named_cell(*named.groups()[:4]) if named else None


@dataclass(frozen=True, slots=True)
class HgtFile:
    """A tile of big-endian 16 bit integers, -32768 for a void ("SRTM Topography", USGS, SRTM_Topo.txt, section 2.1).

    member: the tile's name inside the archive; empty if the path is a plain file.
    """

    path: Path
    points: int
    member: str = ""

    @property
    def grid(self) -> Grid:
        """Return the grid; its outermost rows and columns lie on the cell's edges."""
        step_deg = 1.0 / (self.points - 1)
        return Grid(self.points, self.points, 1.0, 0.0, step_deg, step_deg, self.points, self.points)

    def block(self, row: int, column: int) -> NDArray[Any]:  # noqa: ARG002 - the tile is one block
        shape = (self.points, self.points)
        if not self.member:
            # Not memory-mapped: if another program shortened the file, reading it would end the process (SIGBUS).
            heights = np.fromfile(self.path, dtype=">i2", count=self.points**2)
            if heights.size != self.points**2:
                raise ElevationFileError("it has become shorter since it was opened")
            return heights.reshape(shape)
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
            return np.frombuffer(file.read(2 * self.points**2), dtype=">i2").reshape(shape)


def open_hgt(path: Path, cell: Cell) -> HgtFile:
    """Open a cell's tile, plain or zipped, without reading its points.

    Raises ElevationFileError if the file is not that tile, BadZipFile for a damaged archive, and OSError if the file
    can't be read.
    """
    size = path.stat().st_size
    if path.suffix.lower() != ".zip":
        return HgtFile(path, _points(size))
    if size > _MAX_ARCHIVE_BYTES:
        raise ElevationFileError(
            f"it is larger than {_MAX_ARCHIVE_BYTES // 10**6} MB, too large for the archive of one tile"
        )
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            name = entry.filename.rpartition("/")[2]
            if name.lower().endswith(".hgt") and cell_of_hgt(name) == cell:
                return HgtFile(path, _points(entry.file_size), entry.filename)
    raise ElevationFileError("the archive has no .hgt file of that name")


def _points(size: int) -> int:
    points = _POINTS_OF_SIZE.get(size)
    if points is None:
        raise ElevationFileError(f"{size} bytes are neither 1201 x 1201 nor 3601 x 3601 points")
    return points
