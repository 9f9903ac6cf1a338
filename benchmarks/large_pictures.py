"""Measure the time and memory of reading the largest allowed picture in each format.

    python -m benchmarks.large_pictures

Writes pictures of 120 megapixels (a few minutes, mostly for encoding) and reads each in its own process, as ingest
does. Prints the seconds, and the peak memory above that of the process before. Needs the development dependencies.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from pillow_heif import register_heif_opener

from cumbre.imaging.decode import PhotoLimits, read_photo
from tests.support.pictures import encoded, exif, landscape

_WIDTH, _HEIGHT = 12_000, 10_000
_WANTED_PX = 224
# A TIFF may be larger than the default limit of a file.
_LIMITS = PhotoLimits(max_bytes=500_000_000)
_PICTURES: dict[str, tuple[str, str, dict[str, object]]] = {
    "JPEG": ("RGB", "JPEG", {}),
    "JPEG, progressive, full colour": ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
    "HEIC": ("RGB", "HEIF", {}),
    "PNG": ("RGB", "PNG", {"compress_level": 1}),
    "PNG, turned": ("RGB", "PNG", {"compress_level": 1, "exif": exif(orientation=6)}),
    "PNG, transparent": ("RGBA", "PNG", {"compress_level": 1}),
    "PNG, 16 bits of grey": ("I;16", "PNG", {"compress_level": 1}),
    "TIFF, LZW": ("RGB", "TIFF", {"compression": "tiff_lzw"}),
    "AVIF": ("RGB", "AVIF", {"speed": 10}),
    "WebP": ("RGB", "WEBP", {"method": 0}),
}


def write(file: Path, mode: str, file_format: str, options: dict[str, object]) -> None:
    """Write a picture; mode is that of Pillow."""
    register_heif_opener()
    ramp = np.linspace(0, 65_535, _WIDTH, dtype=np.uint16)[None, :].repeat(_HEIGHT, 0)
    if mode == "I;16":
        image = Image.fromarray(ramp)
    else:
        level = (ramp >> 8).astype(np.uint8)
        image = Image.fromarray(np.stack([level, level[:, ::-1], level // 2], -1))
        if mode == "RGBA":
            image.putalpha(128)
    image.save(file, file_format, **options)


def read(file: Path) -> tuple[float, int]:
    """Read a picture; return the seconds, and the peak memory in bytes above that of the process before."""
    data = file.read_bytes()
    read_photo(encoded(landscape()), _LIMITS)
    before = _peak_bytes()
    started = time.perf_counter()
    read_photo(data, _LIMITS, _WANTED_PX)
    return time.perf_counter() - started, _peak_bytes() - before


def _peak_bytes() -> int:
    # ru_maxrss is in kilobytes on Linux, in bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Run the benchmark."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    fresh = multiprocessing.get_context("spawn")
    print(f"{_WIDTH} x {_HEIGHT} pixels, decoded for {_WANTED_PX} pixels; time and peak memory:")
    with TemporaryDirectory() as folder:
        for name, (mode, file_format, options) in _PICTURES.items():
            file = Path(folder) / "picture"
            with ProcessPoolExecutor(1, fresh, max_tasks_per_child=1) as pool:
                pool.submit(write, file, mode, file_format, options).result()
                seconds, peak_bytes = pool.submit(read, file).result()
            per_pixel = peak_bytes / (_WIDTH * _HEIGHT)
            print(f"{name:32} {seconds:5.1f} s {peak_bytes / 1e6:7.0f} MB {per_pixel:6.1f} bytes per pixel")


if __name__ == "__main__":
    main()
