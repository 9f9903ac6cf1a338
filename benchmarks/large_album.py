"""Measure memory while a large album is indexed, and the rate of a scan in which nothing has changed.

    python -m benchmarks.large_album [--photos 5000]

Most files have 1440 x 1080 pixels, like those of the sample album; one in twelve has 12 megapixels, one in fifty is a
HEIC of 12 megapixels, and one in a hundred is broken. Every file has different bytes. The bundled encoder indexes them,
so that the memory comes from handling pictures and not from a large model. Memory is the resident memory of the process
and its picture processes. Needs Linux.
"""

import argparse
import io
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from cumbre.bootstrap import open_library
from cumbre.demo.render import render
from cumbre.demo.trail import trail_scenes
from cumbre.ingest.object_reader import Outcome
from cumbre.ingest.scan import ScanProgress, scan
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.settings import Settings
from cumbre.system.cpu import usable_cores

_SAMPLES = 8
_WARM_UP_PHOTOS = 1000
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def sources() -> tuple[list[bytes], list[bytes], bytes]:
    """Return small JPEGs, JPEGs of 12 megapixels, and a HEIC of 12 megapixels."""
    catalog = bundled_catalog()
    pictures = [render(scene, catalog).image for scene in trail_scenes(catalog)[:_SAMPLES]]
    large = [picture.resize((4032, 3024)) for picture in pictures[:2]]
    buffer = io.BytesIO()
    pillow_heif.from_pillow(large[0]).save(buffer, quality=70)
    return [_jpeg(picture) for picture in pictures], [_jpeg(picture) for picture in large], buffer.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def write_album(folder: Path, count: int) -> int:
    """Write an album of `count` files and return how many are broken."""
    small, large, heic = sources()
    broken = 0
    for number in range(count):
        unique = number.to_bytes(8, "big")
        path = folder / f"{number // 500:02}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % 100 == 99:
            path.write_bytes(small[0][:9000] + unique)
            broken += 1
        elif number % 50 == 49:
            path.with_suffix(".heic").write_bytes(heic + (16).to_bytes(4, "big") + b"free" + unique)
        elif number % 12 == 11:
            path.write_bytes(large[number % len(large)] + unique)
        else:
            path.write_bytes(small[number % len(small)] + unique)
    return broken


def resident_bytes(pid: int | str = "self") -> int:
    """Return the resident memory of a process and its descendants; 0 if it has ended."""
    try:
        own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
        children = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:
        return 0
    return own + sum(resident_bytes(child) for child in children)


class Memory(ScanProgress):
    """Samples the memory after every 50 photos."""

    def __init__(self) -> None:
        super().__init__()
        self.samples: list[tuple[int, int]] = []

    def advance(self, outcome: Outcome) -> None:
        super().advance(outcome)
        if self.done % 50 == 0:
            self.samples.append((self.done, resident_bytes()))

    def report(self) -> str:
        """Return a summary of the samples."""
        settled = [(photos, memory) for photos, memory in self.samples if photos > _WARM_UP_PHOTOS]
        peak = max(memory for _, memory in self.samples)
        if len(settled) < 2:
            return f"peak {peak / 1e6:.0f} MB (too few photos for a growth rate)"
        photos, memory = (np.array(column, dtype=float) for column in zip(*settled, strict=True))
        slope, _ = np.polyfit(photos, memory, 1)
        return (
            f"median {statistics.median(memory) / 1e6:.0f} MB, peak {peak / 1e6:.0f} MB, growth after the first "
            f"{_WARM_UP_PHOTOS} photos {slope * 1000 / 1e6:+.1f} MB per 1000 photos"
        )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=5000)
    count = parser.parse_args().photos
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        broken = write_album(scratch / "album", count)
        library = open_library(Settings(home=scratch / "home", model="lite"))
        try:
            storage = library.storage(str(scratch / "album"))
            memory = Memory()
            started = time.perf_counter()
            report = scan(library.ingestor(library.active()), storage, progress=memory)
            seconds = time.perf_counter() - started
            assert (report.indexed, len(report.failed)) == (count - broken, broken), report
            print(f"{usable_cores()} cores; {count} photos, {broken} of them broken")
            print(f"indexed: {count / seconds:.0f} photos/s; memory {memory.report()}")
            rates = []
            for _ in range(5):
                started = time.perf_counter()
                report = scan(library.ingestor(library.active()), storage)
                rates.append(count / (time.perf_counter() - started))
                assert (report.unchanged, len(report.failed)) == (count - broken, broken), report
            print(
                f"scan without changes: median {statistics.median(rates):.0f} photos/s, "
                f"slowest {min(rates):.0f} photos/s of {len(rates)} scans"
            )
        finally:
            library.close()


if __name__ == "__main__":
    main()
