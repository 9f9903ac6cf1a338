"""A large album: memory while it is indexed, and how fast it is compared when nothing has changed.

    python -m benchmarks.large_album [--photos 5000]

Most files are of 1440 x 1080 pixels, as the sample album's; one in twelve has 12 megapixels, one in fifty is a HEIC of
12 megapixels, one in a hundred is broken. Each has bytes of its own. The bundled encoder indexes them, so that memory
comes from the handling of pictures and not from a large model. Memory is what the process and its picture processes
hold (resident, Linux only).
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
    """Small JPEGs, JPEGs of 12 megapixels, and a HEIC of 12 megapixels."""
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
    """Write the files; returns how many are broken."""
    small, large, heic = sources()
    broken = 0
    for number in range(count):
        own = number.to_bytes(8, "big")
        path = folder / f"{number // 500:02}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % 100 == 99:
            path.write_bytes(small[0][:9000] + own)
            broken += 1
        elif number % 50 == 49:
            path.with_suffix(".heic").write_bytes(heic + (16).to_bytes(4, "big") + b"free" + own)
        elif number % 12 == 11:
            path.write_bytes(large[number % len(large)] + own)
        else:
            path.write_bytes(small[number % len(small)] + own)
    return broken


def resident_bytes(pid: int | str = "self") -> int:
    """Memory of a process and its children; 0 for one that has ended."""
    try:
        own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
        children = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:
        return 0
    return own + sum(resident_bytes(child) for child in children)


class Memory(ScanProgress):
    """Notes the memory after every 50 photos."""

    def __init__(self) -> None:
        super().__init__()
        self.samples: list[tuple[int, int]] = []

    def advance(self, outcome: Outcome) -> None:
        super().advance(outcome)
        if self.done % 50 == 0:
            self.samples.append((self.done, resident_bytes()))

    def report(self) -> str:
        settled = [(photos, memory) for photos, memory in self.samples if photos > _WARM_UP_PHOTOS]
        peak = max(memory for _, memory in self.samples)
        if len(settled) < 2:
            return f"peak {peak / 1e6:.0f} MB (too few photos for a slope)"
        photos, memory = (np.array(column, dtype=float) for column in zip(*settled, strict=True))
        slope, _ = np.polyfit(photos, memory, 1)
        return (
            f"median {statistics.median(memory) / 1e6:.0f} MB, peak {peak / 1e6:.0f} MB, slope after the first "
            f"{_WARM_UP_PHOTOS} photos {slope * 1000 / 1e6:+.1f} MB per 1000 photos"
        )


def main() -> None:
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
                f"unchanged: median {statistics.median(rates):.0f} photos/s, slowest {min(rates):.0f} of {len(rates)}"
            )
        finally:
            library.close()


if __name__ == "__main__":
    main()
