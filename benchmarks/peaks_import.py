"""Measure the import of a catalogue of peaks, and of a second one onto it.

    python -m benchmarks.peaks_import [--peaks 5000 50000]

The peaks are scattered over Central Europe, and each two share a name on average. Every second peak of the second
catalogue is one of the first under another id, 300 m away; the others are new. The time is that of
`cumbre peaks import` on an empty album: starting, reading the CSV file, merging and storing in the state.
"""

import argparse
import csv
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def write_catalogue(file: Path, prefix: str, count: int, moved_deg: float) -> None:
    """Write a CSV catalogue; with moved_deg, every second peak lies this far north and every other one far away."""
    rng = random.Random(1)
    with file.open("w", newline="", encoding="utf-8") as opened:
        rows = csv.writer(opened)
        rows.writerow(("id", "lat", "lon", "elev_m", "names"))
        for number in range(count):
            lat, lon, elev_m = rng.uniform(44, 49), rng.uniform(5, 17), rng.uniform(500, 4800)
            name = f"Peak {rng.randrange(count // 2)}"
            away_deg = 30.0 if moved_deg and number % 2 else 0.0
            rows.writerow(
                (f"{prefix}-{number}", f"{lat + moved_deg:.5f}", f"{lon + away_deg:.5f}", round(elev_m), name)
            )


def timed_import(home: Path, file: Path) -> tuple[float, str]:
    """Return the seconds that the command takes, and the counts that it prints."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "local.command", "peaks", "import", str(file)]
    environment = {**os.environ, "CUMBRE_HOME": str(home), "CUMBRE_MODEL": "lite"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    counts = re.match(r"\d+ added, \d+ changed", ran.stdout)
    return time.perf_counter() - start, counts[0] if counts else ran.stdout


def main() -> None:
    """Print the duration of both imports for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peaks", type=int, nargs="+", default=[5000, 50_000])
    for count in parser.parse_args().peaks:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for prefix, moved_deg in (("first", 0.0), ("second", 0.0027)):
                write_catalogue(root / f"{prefix}.csv", prefix, count, moved_deg)
                seconds, counts = timed_import(root / "home", root / f"{prefix}.csv")
                print(f"{count} peaks, {prefix} catalogue: {seconds:.1f} s ({counts})")


if __name__ == "__main__":
    main()
