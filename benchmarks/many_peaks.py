"""Measure the time and memory of identifying one photo with a large catalogue.

    python -m benchmarks.many_peaks [--peaks 25 1000 6000]

Peaks are scattered evenly within 60 km of the camera, as many as in an import from OpenStreetMap. "hidden by nearer
ones" is the function that finds the summits hidden by nearer ones; "by pairs" computes the same by definition,
comparing all pairs of peaks. "ratio" is the ratio of their times in one run.
"""

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from cumbre.geo.geodesy import FloatArray, Position, apparent_elevation_deg, destination, signed_angle_deg
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.recognition.identifier import PeakIdentifier
from cumbre.viewshed.occlusion import occluded
from cumbre.viewshed.sighting import Sighting
from cumbre.viewshed.visibility import VisibilityModel, surroundings

HERE = Position(46.0, 8.0, 2000.0)


def scattered(count: int, range_m: float = 60_000.0) -> Catalog:
    """Return peaks of 1500 to 4500 m, scattered evenly over the disc around HERE; the same ones at every call."""
    rng = np.random.default_rng(1)
    places = zip(
        rng.uniform(0, 360, count),
        range_m * np.sqrt(rng.uniform(0, 1, count)),
        rng.uniform(1500, 4500, count),
        strict=True,
    )
    return Catalog(
        Peak(f"p{i}", *destination(HERE.lat, HERE.lon, bearing_deg, distance_m), float(elev_m), (f"Peak {i}",))
        for i, (bearing_deg, distance_m, elev_m) in enumerate(places)
    )


def hidden_by_pairs(
    bearing_deg: FloatArray, distance_m: FloatArray, elevation_deg: FloatArray, flank_slope: float
) -> np.ndarray:
    """Return the result [N] of occluded(), computed by definition with tables [N, N]."""
    apart = np.abs(signed_angle_deg(bearing_deg[:, None] - bearing_deg[None, :]))
    nearer = distance_m[None, :] < distance_m[:, None]
    higher = elevation_deg[None, :] - flank_slope * apart > elevation_deg[:, None]
    return np.asarray((nearer & higher).any(axis=1))


def measured(call: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Return the median time of a call in milliseconds, and its peak memory in megabytes."""
    call()
    durations_ms = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        durations_ms.append(1000 * (time.perf_counter() - start))
    tracemalloc.start()
    call()
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return statistics.median(durations_ms), peak_bytes / 1e6


def report(count: int) -> None:
    """Print the time and the peak memory of each case with this many peaks."""
    catalog = scattered(count)
    identifier = PeakIdentifier(catalog)
    model = VisibilityModel()
    around = surroundings(catalog, HERE, model)
    elevation = apparent_elevation_deg(2000.0, around.elev_m, around.distance_m)
    outlines = (around.bearing_deg, around.distance_m, elevation, model.flank_slope)
    known = Sighting(HERE, heading_deg=30.0, hfov_deg=70.0, vfov_deg=55.0, pitch_deg=3.0)
    without_altitude = replace(known, position=replace(HERE, altitude_m=None))
    without_lens = replace(without_altitude, fov_assumed=True)
    repeat = 200 if count < 500 else 5
    print(f"{count} peaks:")
    for name, seen in {
        "photo": known,
        "photo, altitude unknown": without_altitude,
        "photo, altitude and lens unknown": without_lens,
    }.items():
        _print(name, *measured(partial(identifier.identify, seen), repeat))
    swept = measured(partial(occluded, *outlines), repeat)
    paired = measured(partial(hidden_by_pairs, *outlines), repeat)
    _print("hidden by nearer ones", *swept)
    _print("hidden by nearer ones, by pairs", *paired)
    print(f"  ratio of the last two times {paired[0] / swept[0]:.1f}")


def _print(name: str, duration_ms: float, megabytes: float) -> None:
    print(f"  {name:33} {duration_ms:9.2f} ms {megabytes:8.2f} MB")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peaks", type=int, nargs="+", default=[25, 1000, 6000], help="numbers of peaks")
    for count in parser.parse_args().peaks:
        report(count)


if __name__ == "__main__":
    main()
