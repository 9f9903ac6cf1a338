"""Measure the time of the terrain model with synthetic tiles of 30 m, in the formats of Copernicus and SRTM.

    python -m benchmarks.terrain

Needs the development dependencies.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cumbre.geo.geodesy import Position, apparent_elevation_deg
from cumbre.terrain.line_of_sight import TerrainModel
from tests.support.elevation_tiles import Floats, geotiff, hgt

CAMERA = Position(27.85, 86.75, 3900.0)
_SUMMITS = 30
_RUNS = 15


def rolling(lat: Floats, lon: Floats) -> Floats:
    """Return elevations in metres: hills of some hundred metres, one and ten kilometres apart."""
    fine = 150.0 * np.sin(lat * 700.0) * np.cos(lon * 650.0)
    return 3500.0 + 400.0 * np.sin(lat * 60.0) * np.cos(lon * 55.0) + fine


def tiles(folder: Path, make: Callable[..., Path], **how: int) -> TerrainModel:
    """Write the four tiles within 60 km of the camera and return their terrain model."""
    for lat in (27, 28):
        for lon in (86, 87):
            make(folder, lat, lon, rolling, **how)
    return TerrainModel(folder)


def times_ms(terrain: TerrainModel) -> tuple[float, float]:
    """Return the time of the first call, which reads the tiles, and the median of the following calls, in ms."""
    rng = np.random.default_rng(1)
    bearing, distance = rng.uniform(0.0, 360.0, _SUMMITS), rng.uniform(5_000.0, 60_000.0, _SUMMITS)
    elevation = apparent_elevation_deg(3900.0, rng.uniform(5000.0, 8000.0, _SUMMITS), distance)
    taken = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        terrain.lines_of_sight(CAMERA, bearing, distance, elevation)
        taken.append(1000.0 * (time.perf_counter() - started))
    return taken[0], float(np.median(taken[1:]))


def main() -> None:
    """Run the benchmark."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print(f"line of sight to {_SUMMITS} summits, 5 to 60 km away in all directions; four tiles:")
    for name, make, how in (
        ("GLO-30 (GeoTIFF)", geotiff, {"rows": 3600, "columns": 3600, "tile": 1024}),
        ("SRTM, 1 arc second (.hgt)", hgt, {"points": 3601}),
    ):
        with tempfile.TemporaryDirectory() as folder:
            first, warm = times_ms(tiles(Path(folder), make, **how))
        print(f"  {name:28} first call {first:5.0f} ms, then {warm:5.1f} ms (median)")


if __name__ == "__main__":
    main()
