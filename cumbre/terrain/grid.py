"""What the readers of elevation tiles share: which square degree a tile covers, and the grid of its points."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from cumbre.errors import CumbreError

# One arc second, both edges included: 3600 rows in Copernicus' tiles, 3601 in SRTM's.
MAX_POINTS = 3601


class ElevationFileError(CumbreError):
    """A file is no elevation tile, not that of its name, or damaged."""


class Cell(NamedTuple):
    """A square degree, named after its south-western corner in whole degrees: lat -90 to 89, lon -180 to 179."""

    lat: int
    lon: int

    def neighbour(self, north: int, east: int) -> "Cell":
        """The cell so many degrees north and east; the row of cells closes at 180 degrees."""
        return Cell(self.lat + north, (self.lon + east + 180) % 360 - 180)


def named_cell(north_south: str, lat: str, east_west: str, lon: str) -> Cell | None:
    """The cell of a corner as tiles are named, such as N, 27, E, 086; None if there is no such place.

    >>> named_cell("S", "34", "W", "071")
    Cell(lat=-34, lon=-71)
    """
    cell = Cell(int(lat) if north_south in "Nn" else -int(lat), int(lon) if east_west in "Ee" else -int(lon))
    return cell if -90 <= cell.lat < 90 and -180 <= cell.lon < 180 else None


@dataclass(frozen=True, slots=True)
class Grid:
    """Points in rows from north to south and columns from west to east, read in blocks of so many rows and columns.

    north_deg and west_deg: how far north and east of the cell's south-western corner the first point lies.
    """

    rows: int
    columns: int
    north_deg: float
    west_deg: float
    row_step_deg: float
    column_step_deg: float
    block_rows: int
    block_columns: int


class ElevationFile(Protocol):
    """A tile that was found to be one; its points are read when they are asked for, by any thread."""

    @property
    def path(self) -> Path: ...

    @property
    def grid(self) -> Grid: ...

    def block(self, row: int, column: int) -> NDArray[Any]:
        """Elevations in metres of the block in this row and column of blocks, [block_rows, block_columns].

        The last block of a row or column may be smaller. A void is nan or far from any elevation on Earth. Raises
        whatever a damaged file leads to.
        """
        ...
