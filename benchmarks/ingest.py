"""How fast photos are indexed, with a model of full size: against its forward pass alone and against a plain loop.

    python -m benchmarks.ingest [--photos 32] [--rounds 3] [--model DIRECTORY] [--formats jpeg heic]

Photos are of 12 megapixels: the HEIC originals beside the project where they are, else pictures of the sample album.
Every file has bytes of its own, so that no photo is taken for a copy. Rates of one round are compared with each other,
and the median ratio is printed. The processor-time bound is the share of the forward pass in all processor time that a
photo takes: no arrangement of the same work can come nearer to the forward pass alone on a machine whose cores are all
busy with it.
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
    """Different pictures of 12 megapixels."""
    originals = sorted(_ORIGINALS.glob("*.HEIC"))[:most]
    if originals:
        return [read_photo(path.read_bytes(), PhotoLimits(max_pixels=100_000_000)).image for path in originals]
    catalog = bundled_catalog()
    return [render(scene, catalog).image.resize(_SIZE) for scene in trail_scenes(catalog)[:most]]


def files(file_format: str) -> list[bytes]:
    """Picture files of 12 megapixels in a format."""
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
    """An album of `count` files; what follows a JPEG's end or a HEIC's last box makes each one's bytes its own."""
    folder.mkdir(parents=True)
    sources = files(file_format)
    paths = []
    for number in range(count):
        own = number.to_bytes(8, "big")
        tail = own if file_format == "jpeg" else (16).to_bytes(4, "big") + b"free" + own
        paths.append(folder / f"{number:05}.{'jpg' if file_format == 'jpeg' else 'heic'}")
        paths[-1].write_bytes(sources[number % len(sources)] + tail)
    return paths


def processor_s() -> float:
    """Processor time of this process and its ended children, in seconds."""
    return sum(
        use.ru_utime + use.ru_stime
        for use in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor time in seconds."""
    wall, processor = time.perf_counter(), processor_s()
    work()
    return time.perf_counter() - wall, processor_s() - processor


def forward_alone(encoder: OnnxEncoder, tensors: np.ndarray, batch_size: int) -> None:
    for start in range(0, len(tensors), batch_size):
        encoder.encode_images(tensors[start : start + batch_size])


def prepare(path: Path, encoder: OnnxEncoder) -> np.ndarray:
    """What the plain loop does with a file before the forward pass: decode in full, turn upright, resize."""
    with Image.open(path) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    description = encoder.description
    height, width = description.image_size
    resized = upright.resize((width, height), Image.Resampling(description.resample))
    return pixel_values(resized, description)


def plain_loop(encoder: OnnxEncoder, paths: list[Path]) -> None:
    for path in paths:
        encoder.encode_images(prepare(path, encoder)[None])


def ingest(library: Library, folder: Path) -> None:
    """Index the folder into an empty index, as `cumbre ingest` does after its start."""
    library.generations.create_building(library.encoders.wanted().space)
    generation = library.building()
    assert generation is not None
    report = scan(library.ingestor(generation), library.storage(str(folder)))
    library.generations.drop_building()
    assert report.indexed == len(list(folder.iterdir())), report


def measure(library: Library, folder: Path, paths: list[Path], rounds: int) -> None:
    encoder = library.encoders.wanted()
    assert isinstance(encoder, OnnxEncoder)
    batch_size = library.options.batch_size
    tensors = np.stack([prepare(path, encoder) for path in paths])
    reader, description = InProcessPictureReader(library.options.limits), encoder.description
    contents = [path.read_bytes() for path in paths]
    _, reading_cpu_s = timed(
        lambda: [reader.read(data, description.image_size, description.resample) for data in contents]
    )
    encoder.encode_images(tensors[:1])
    encoder.encode_images(tensors[:2])  # one and several have a session each
    # The texts of a new home (backgrounds, prototypes of the peaks) are encoded once and kept: not part of the rate.
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
            f"  round {number + 1}: forward alone {count / forward_s:.2f}/s ({forward_cpu_s / count * 1e3:.0f} ms of "
            f"processor each), Cumbre {count / ingest_s:.2f}/s, plain loop "
            f"{count / loop_s:.2f}/s ({loop_cpu_s / count * 1e3:.0f} ms)"
        )
        bounds.append(forward_cpu_s / (forward_cpu_s + reading_cpu_s))
    print(
        f"  Cumbre is {statistics.median(to_forward):.2f} x the forward pass alone "
        f"(processor-time bound {statistics.median(bounds):.2f}) "
        f"and {statistics.median(to_loop):.2f} x the plain loop"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", type=Path)
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
                encoder = library.encoders.wanted()
                size_mb = statistics.mean(path.stat().st_size for path in paths) / 1e6
                print(f"{file_format}: {len(paths)} photos of {size_mb:.1f} MB, on the {encoder.device}")
                measure(library, scratch / file_format, paths, options.rounds)
            finally:
                library.close()


if __name__ == "__main__":
    main()
