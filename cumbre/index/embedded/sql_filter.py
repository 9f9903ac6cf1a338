"""Applies a PhotoFilter to the embedded index: as a SQL condition, and to columns in memory.

SQL checks only the bounding box of a circle; `inside` then checks the circle itself.
"""

import math

import numpy as np
from numpy.typing import NDArray

from cumbre.geo.geodesy import within
from cumbre.index.port import Circle, PhotoFilter

Column = NDArray[np.float64]

# A little less than the shortest degree of latitude (110.57 km, at the equator), so that the box is never too small.
_METRES_PER_DEGREE = 110_000.0


def sql_condition(generation: int, where: PhotoFilter) -> tuple[str, tuple[object, ...]]:
    """Return the SQL condition for the photos (no failures) that pass, and its bound values.

    For where.near the condition is a box around the circle: pass the rows through inside() afterwards.
    """
    parts = ["generation = ? AND failed = 0"]
    bound: list[object] = [generation]
    if where.peak_ids:
        marks = ",".join("?" * len(where.peak_ids))
        shows_one = "SELECT photo_id FROM photo_peaks WHERE generation = ? AND peak_id IN"
        parts.append(f"photo_id IN ({shows_one} ({marks}))")
        bound += [generation, *where.peak_ids]
    if where.since is not None:
        parts.append("taken_at >= ?")
        bound.append(where.since.timestamp())
    if where.until is not None:
        parts.append("taken_at < ?")
        bound.append(where.until.timestamp())
    if where.near is not None:
        reach_deg = where.near.radius_m / _METRES_PER_DEGREE
        parts.append("lat BETWEEN ? AND ?")
        bound += [where.near.lat - reach_deg, where.near.lat + reach_deg]
        west, east = _longitudes(where.near, reach_deg)
        if west >= -180.0 and east <= 180.0:
            parts.append("lon BETWEEN ? AND ?")
            bound += [west, east]
    return " AND ".join(parts), tuple(bound)


def _longitudes(near: Circle, reach_deg: float) -> tuple[float, float]:
    """Return the western and eastern longitude of a box around the circle.

    One of them lies beyond +-180 if the circle contains a pole or crosses the date line.
    """
    farthest = abs(near.lat) + reach_deg
    if farthest >= 89.0:
        return -181.0, 181.0
    reach = reach_deg / math.cos(math.radians(farthest))
    return near.lon - reach, near.lon + reach


def rows_in_circle(near: Circle, rows: list[tuple]) -> list[tuple]:  # type: ignore[type-arg]
    """Return the rows inside the circle. Columns 1 and 2 of a row are its latitude and longitude in degrees."""
    if not rows:
        return []
    lats = np.array([row[1] for row in rows], dtype=np.float64)
    lons = np.array([row[2] for row in rows], dtype=np.float64)
    is_inside = within(near.lat, near.lon, near.radius_m, lats, lons)
    return [row for row, passes in zip(rows, is_inside.tolist(), strict=True) if passes]


def rows_that_pass(where: PhotoFilter, taken_at: Column, lat: Column, lon: Column) -> NDArray[np.intp]:
    """Return the indices in these columns [N] (NaN if unknown) that pass the filter; ignores where.peak_ids."""
    passes = np.ones(len(taken_at), dtype=bool)
    if where.since is not None:
        passes &= taken_at >= where.since.timestamp()
    if where.until is not None:
        passes &= taken_at < where.until.timestamp()
    if where.near is None:
        return np.flatnonzero(passes)
    rows = np.flatnonzero(passes)
    near = where.near
    return rows[within(near.lat, near.lon, near.radius_m, lat[rows], lon[rows])]
