"""Types shared by the readers of elevation tiles: the square degree that a tile covers, and its grid of points."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from cumbre.errors import CumbreError

# One arc second, both edges included: 3600 rows in Copernicus' tiles, 3601 in SRTM's.
MAX_POINTS = 3601


class ElevationFileError(CumbreError):
    """Raised for a file that is damaged, is not an elevation tile, or does not match its name."""


class Cell(NamedTuple):
    """A square degree, named after its south-western corner in whole degrees: lat -90 to 89, lon -180 to 179."""

    lat: int
    lon: int

    def neighbour(self, north: int, east: int) -> "Cell":
        """Return the cell this many degrees to the north and east; longitudes wrap around at 180 degrees."""
        return Cell(self.lat + north, (self.lon + east + 180) % 360 - 180)


def named_cell(north_south: str, lat: str, east_west: str, lon: str) -> Cell | None:
    """Return the cell for the parts of a tile's name, such as N, 27, E, 086; None if there is no such place.

    >>> named_cell("S", "34", "W", "071")
    Cell(lat=-34, lon=-71)
    """
    cell = Cell(int(lat) if north_south in "Nn" else -int(lat), int(lon) if east_west in "Ee" else -int(lon))
    return cell if -90 <= cell.lat < 90 and -180 <= cell.lon < 180 else None


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of points, with rows from north to south and columns from west to east, read block by block.

    north_deg, west_deg: the distance of the first point to the north and east of the cell's south-western corner.
    block_rows, block_columns: the size of a block in points.
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
    """An open elevation tile with a valid header. Points are read on demand, from any thread."""

    @property
    def path(self) -> Path:
        """Return the path of the tile's file."""
        ...

    @property
    def grid(self) -> Grid:
        """Return the grid of the tile's points."""
        ...

    def block(self, row: int, column: int) -> NDArray[Any]:
        """Return the elevations of one block in metres, [block_rows, block_columns]; row and column count blocks.

        The last block of a row or column may be smaller. A void is nan or far from any elevation on Earth. May raise
        any exception if the file is damaged.
        """
        ...
