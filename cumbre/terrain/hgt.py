"""Elevation tiles of the Shuttle Radar Topography Mission: .hgt files, also inside a ZIP archive."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cumbre.terrain.grid import Cell, ElevationFileError, Grid, named_cell

# Points along a side, by the size of the file: three arc seconds and one, both edges included.
_POINTS_OF_SIZE: Final = {2 * points**2: points for points in (1201, 3601)}
# The largest tile has 26 MB, and its archive hardly more; so a directory of millions of entries is never read.
_MAX_ARCHIVE_BYTES: Final = 40_000_000
_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})(\.[^/]*)?\.(hgt|zip)", re.IGNORECASE)


def cell_of_hgt(name: str) -> Cell | None:
    """The cell of N27E086.hgt, N27E086.SRTMGL1.hgt.zip or S34W071.zip; None for other names.

    >>> cell_of_hgt("S34W071.hgt.zip")
    Cell(lat=-34, lon=-71)
    """
    named = _NAME.fullmatch(name)
    return named_cell(*named.groups()[:4]) if named else None


@dataclass(frozen=True, slots=True)
class HgtFile:
    """Big-endian 16 bit integers, -32768 for a void; "SRTM Topography", USGS (SRTM_Topo.txt), section 2.1.

    member: the name inside the archive, where the path is one.
    """

    path: Path
    points: int
    member: str = ""

    @property
    def grid(self) -> Grid:
        """The outermost rows and columns lie on the cell's edges."""
        step_deg = 1.0 / (self.points - 1)
        return Grid(self.points, self.points, 1.0, 0.0, step_deg, step_deg, self.points, self.points)

    def block(self, row: int, column: int) -> NDArray[Any]:  # noqa: ARG002 - the tile is one block
        shape = (self.points, self.points)
        if not self.member:
            # Not mapped: whoever shortened the file meanwhile would end the process (SIGBUS).
            heights = np.fromfile(self.path, dtype=">i2", count=self.points**2)
            if heights.size != self.points**2:
                raise ElevationFileError("it has become shorter")
            return heights.reshape(shape)
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
            return np.frombuffer(file.read(2 * self.points**2), dtype=">i2").reshape(shape)


def open_hgt(path: Path, cell: Cell) -> HgtFile:
    """The tile of a cell. Raises ElevationFileError if the file's size is not that of one, and OSError."""
    size = path.stat().st_size
    if path.suffix.lower() != ".zip":
        return HgtFile(path, _points(size))
    if size > _MAX_ARCHIVE_BYTES:
        raise ElevationFileError(f"larger than {_MAX_ARCHIVE_BYTES // 10**6} MB, so not the archive of one tile")
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            name = entry.filename.rpartition("/")[2]
            if name.lower().endswith(".hgt") and cell_of_hgt(name) == cell:
                return HgtFile(path, _points(entry.file_size), entry.filename)
    raise ElevationFileError("no .hgt file of that name is in the archive")


def _points(size: int) -> int:
    points = _POINTS_OF_SIZE.get(size)
    if points is None:
        raise ElevationFileError(f"{size} bytes are neither 1201 x 1201 nor 3601 x 3601 points")
    return points
