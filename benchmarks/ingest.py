"""Measure the ingest rate with a model of full size, relative to its forward pass alone and to a plain loop.

    python -m benchmarks.ingest [--photos 32] [--rounds 3] [--model DIRECTORY] [--formats jpeg heic]

Photos have 12 megapixels: the HEIC originals of ../shared if they exist, otherwise pictures of the sample album. Every
file has different bytes, so that no photo is taken for a copy. Rates are compared within a round, and the median ratio
is printed. The processor-time bound is the share of the forward pass in the processor time of a photo: if the forward
pass alone keeps all cores busy, no schedule of the same work can get closer to its rate.

Needs a model of full size (benchmarks/model_of_full_size.py).
"""

import argparse
import io
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from benchmarks.model_of_full_size import model_directory
from cumbre.bootstrap import open_library
from cumbre.demo.render import render
from cumbre.demo.trail import trail_scenes
from cumbre.encoding.normalize import pixel_values
from cumbre.encoding.onnx_encoder import OnnxEncoder
from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.ingest.scan import scan
from cumbre.library.library import Library
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.sandbox.in_process import InProcessPictureReader
from cumbre.settings import Settings
from cumbre.system.cpu import usable_cores

_ORIGINALS = Path(__file__).resolve().parents[2] / "shared" / "photos" / "heic"
_SIZE = (4032, 3024)


def pictures(most: int) -> list[Image.Image]:
    """Return at most this many different pictures of 12 megapixels."""
    originals = sorted(_ORIGINALS.glob("*.HEIC"))[:most]
    if originals:
        return [read_photo(path.read_bytes(), PhotoLimits(max_pixels=100_000_000)).image for path in originals]
    catalog = bundled_catalog()
    return [render(scene, catalog).image.resize(_SIZE) for scene in trail_scenes(catalog)[:most]]


def files(file_format: str) -> list[bytes]:
    """Return picture files of 12 megapixels in a format."""
    originals = sorted(_ORIGINALS.glob("*.HEIC"))
    if file_format == "heic" and originals:
        return [path.read_bytes() for path in originals]
    encoded = []
    for picture in pictures(8):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG" if file_format == "jpeg" else "HEIF", quality=90)
        encoded.append(buffer.getvalue())
    return encoded


def write_album(folder: Path, file_format: str, count: int) -> list[Path]:
    """Write an album of `count` files and return their paths.

    Bytes after a JPEG's end or a HEIC's last box make each file unique.
    """
    folder.mkdir(parents=True)
    sources = files(file_format)
    paths = []
    for number in range(count):
        unique = number.to_bytes(8, "big")
        tail = unique if file_format == "jpeg" else (16).to_bytes(4, "big") + b"free" + unique
        paths.append(folder / f"{number:05}.{'jpg' if file_format == 'jpeg' else 'heic'}")
        paths[-1].write_bytes(sources[number % len(sources)] + tail)
    return paths


def processor_s() -> float:
    """Return the processor time of this process and its ended children in seconds."""
    return sum(
        use.ru_utime + use.ru_stime
        for use in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Do the work; return its wall time and processor time in seconds."""
    wall, processor = time.perf_counter(), processor_s()
    work()
    return time.perf_counter() - wall, processor_s() - processor


def forward_alone(encoder: OnnxEncoder, tensors: np.ndarray, batch_size: int) -> None:
    """Encode prepared pictures [N, 3, H, W] in batches."""
    for start in range(0, len(tensors), batch_size):
        encoder.encode_images(tensors[start : start + batch_size])


def prepare(path: Path, encoder: OnnxEncoder) -> np.ndarray:
    """Return the pixels [3, H, W] of a file, as the plain loop prepares them: decode in full, turn upright, resize."""
    with Image.open(path) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    description = encoder.description
    height, width = description.image_size
    resized = upright.resize((width, height), Image.Resampling(description.resample))
    return pixel_values(resized, description)


def plain_loop(encoder: OnnxEncoder, paths: list[Path]) -> None:
    """Prepare and encode one file after another."""
    for path in paths:
        encoder.encode_images(prepare(path, encoder)[None])


def ingest(library: Library, folder: Path) -> None:
    """Index a folder into an empty index, as `cumbre ingest` does once it has started."""
    library.generations.create_building(library.encoders.configured().space)
    generation = library.building()
    assert generation is not None
    report = scan(library.ingestor(generation), library.storage(str(folder)))
    library.generations.drop_building()
    assert report.indexed == len(list(folder.iterdir())), report


def measure(library: Library, folder: Path, paths: list[Path], rounds: int) -> None:
    """Measure and print the rates of one album."""
    encoder = library.encoders.configured()
    assert isinstance(encoder, OnnxEncoder)
    batch_size = library.options.batch_size
    tensors = np.stack([prepare(path, encoder) for path in paths])
    reader, description = InProcessPictureReader(library.options.limits), encoder.description
    contents = [path.read_bytes() for path in paths]
    _, reading_cpu_s = timed(
        lambda: [reader.read(data, description.image_size, description.resample) for data in contents]
    )
    encoder.encode_images(tensors[:1])
    encoder.encode_images(tensors[:2])  # one picture and several use separate sessions
    # Text vectors (backgrounds, prototypes of the peaks) are computed once per home: keep them out of the rates.
    library.active().embedder.backgrounds(encoder.encode_texts(["a mountain"]))
    library.active().annotator()
    count = len(paths)
    to_forward, to_loop, bounds = [], [], []
    for number in range(rounds):
        forward_s, forward_cpu_s = timed(lambda: forward_alone(encoder, tensors, batch_size))
        ingest_s, _ = timed(lambda: ingest(library, folder))
        loop_s, loop_cpu_s = timed(lambda: plain_loop(encoder, paths))
        to_forward.append(forward_s / ingest_s)
        to_loop.append(loop_s / ingest_s)
        print(
            f"  round {number + 1}: forward pass alone {count / forward_s:.2f} photos/s "
            f"({forward_cpu_s / count * 1e3:.0f} ms of processor time each), Cumbre {count / ingest_s:.2f} photos/s, "
            f"plain loop {count / loop_s:.2f} photos/s ({loop_cpu_s / count * 1e3:.0f} ms of processor time each)"
        )
        bounds.append(forward_cpu_s / (forward_cpu_s + reading_cpu_s))
    print(
        f"  Cumbre is {statistics.median(to_forward):.2f} x the forward pass alone "
        f"(processor-time bound {statistics.median(bounds):.2f}) "
        f"and {statistics.median(to_loop):.2f} x the plain loop"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=32, help="photos of each format")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", type=Path, help="directory of the model")
    parser.add_argument("--formats", nargs="+", choices=["jpeg", "heic"], default=["jpeg", "heic"])
    options = parser.parse_args()
    register_heif_opener()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        settings = Settings(home=scratch / "home", model=str(model_directory(scratch, options.model)))
        print(f"{usable_cores()} cores, model {settings.model}")
        for file_format in options.formats:
            paths = write_album(scratch / file_format, file_format, options.photos)
            library = open_library(replace(settings, home=scratch / f"home-{file_format}"))
            try:
                encoder = library.encoders.configured()
                size_mb = statistics.mean(path.stat().st_size for path in paths) / 1e6
                print(f"{file_format}: {len(paths)} photos of {size_mb:.1f} MB, on the {encoder.device}")
                measure(library, scratch / file_format, paths, options.rounds)
            finally:
                library.close()


if __name__ == "__main__":
    main()
