"""Measure the time of each stage of indexing a photo and of answering a question, and the memory of each part.

    python -m benchmarks.stages [--photos 100000] [--model DIRECTORY]

Each stage runs alone, for one photo or question after another, and the median is printed. So the stages of a photo add
up to more than the time of an ingest, which decodes and encodes in parallel. Memory is the growth of the process's
resident memory. Needs Linux and a model of full size (benchmarks/model_of_full_size.py).
"""

import argparse
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.ingest import write_album
from benchmarks.large_album import resident_bytes
from benchmarks.model_of_full_size import model_directory
from benchmarks.query import fill
from cumbre.bootstrap import open_library
from cumbre.encoding.prompts import query_vector
from cumbre.imaging.decode import read_photo
from cumbre.imaging.resize import resize
from cumbre.imaging.skyline import find_skylines, reduce_for_skyline, sky_fraction
from cumbre.imaging.skyline_codec import encode_skylines
from cumbre.index.port import PhotoWrite
from cumbre.library.library import Library
from cumbre.photos.document import PhotoDocument
from cumbre.search.peak_names import PeakNames
from cumbre.settings import Settings
from cumbre.system.cpu import usable_cores

_FILES = 8
_QUESTIONS = 40
_SHOWN = 24
T = TypeVar("T")
R = TypeVar("R")


def median_ms(work: Callable[[T], R], inputs: Sequence[T]) -> tuple[float, list[R]]:
    """Call work with each input; return the median time of a call in milliseconds, and all results."""
    times, results = [], []
    for one in inputs:
        started = time.perf_counter()
        results.append(work(one))
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times), results


def show(stage: str, milliseconds: float) -> None:
    """Print the time of a stage."""
    print(f"  {stage:<58}{milliseconds:9.2f} ms")


def of_a_photo(library: Library, folder: Path, file_format: str) -> None:
    """Measure and print each stage of indexing the same few files."""
    paths = write_album(folder, file_format, _FILES)
    encoder, limits = library.encoders.configured(), library.options.limits
    size, resample = encoder.description.image_size, encoder.description.resample
    print(f"indexing a photo of 12 megapixels, {file_format}:")
    took, contents = median_ms(Path.read_bytes, paths)
    show("read the file", took)
    took, hashes = median_ms(lambda data: hashlib.sha256(data).hexdigest(), contents)
    show("hash its content", took)
    read_photo(contents[0], limits, max(size))
    decoding, photos = median_ms(lambda data: read_photo(data, limits, max(size)), contents)
    show("check, decode, read EXIF", decoding)
    reducing, small = median_ms(lambda photo: reduce_for_skyline(photo.image), photos)
    show("reduce to 512 pixels", reducing)
    sky, skies = median_ms(sky_fraction, small)
    show("estimate the share of sky", sky)
    ridge, lines = median_ms(lambda one: encode_skylines(find_skylines(one)), small)
    show("find the skylines", ridge)
    resizing, pixels = median_ms(lambda photo: resize(photo.image, size, resample), photos)
    show("resize for the encoder", resizing)
    library.pictures.read(contents[0], size, resample)
    isolated, _ = median_ms(lambda data: library.pictures.read(data, size, resample), contents)
    together = decoding + reducing + sky + ridge + resizing
    show(f"the last five ({together:.0f} ms) in a picture process", isolated)
    embedder = library.active().embedder
    embedder.embed(pixels[:1])
    took, _ = median_ms(lambda one: embedder.embed([one]), pixels)
    show(f"encode one photo with {usable_cores()} cores", took)
    embedder.embed(pixels[:2])
    took, embedded = median_ms(embedder.embed, [pixels] * 3)
    show(f"encode {_FILES} photos, each", took / _FILES)
    documents = [
        PhotoDocument(
            bucket=str(folder),
            key=path.name,
            etag=str(number),
            content_sha256=content_sha256,
            size_bytes=len(data),
            indexed_at=datetime.now(UTC),
            model_id=encoder.description.model_id,
            facts=photo.facts,
            sky_fraction=sky_share,
            skylines=skylines,
        )
        for number, (path, content_sha256, data, photo, sky_share, skylines) in enumerate(
            zip(paths, hashes, contents, photos, skies, lines, strict=True)
        )
    ]
    vectors = list(embedded[0][0])
    annotator = library.active().annotator()
    took, named = median_ms(lambda pair: annotator.annotate(*pair), list(zip(documents, vectors, strict=True)))
    show("fit its skyline, name its peaks", took)
    writes = [PhotoWrite(document, vector, None) for document, vector in zip(named, vectors, strict=True)]
    took, _ = median_ms(lambda write: library.index().write([write]), writes)
    show("write it to the index, one photo at a time", took)
    again = [
        replace(write, document=replace(write.document, id=f"{number:032x}")) for number, write in enumerate(writes)
    ]
    took, _ = median_ms(library.index().write, [again])
    show(f"write {_FILES} at once, each", took / _FILES)


def of_a_question(library: Library, photos: int) -> None:
    """Measure and print each stage of a question in words, in an album with this many photos."""
    before = resident_bytes()
    generation, index = library.active(), library.index()
    calibration = generation.encoder.description.calibration
    names = PeakNames(library.catalog())
    texts = [f"a blue tent {number} beside a lake" for number in range(_QUESTIONS)]
    print(f"answering a question in words, {photos} photos of {index.space.dimensions} dimensions:")
    index.nearest(np.ones(index.space.dimensions, np.float32), 1)
    took, _ = median_ms(names.find, texts)
    show("find names of peaks in it", took)
    took, vectors = median_ms(
        lambda text: query_vector(generation.encoder, text, calibration.templates, calibration.anti_concept_weight),
        texts,
    )
    show("encode its prompts", took)
    took, found = median_ms(lambda vector: index.nearest(vector, 500), vectors)
    show("score all photos and find the best 500", took)
    took, _ = median_ms(lambda best: index.get_many([one.photo_id for one in best[:_SHOWN]]), found)
    show(f"read the documents of the {_SHOWN} photos shown", took)
    print(f"  memory: {(resident_bytes() - before) / 1e6:.0f} MB for the vectors, their columns and the text encoder")


def memory(library: Library) -> None:
    """Measure and print the memory of each part."""
    print(f"memory of a process: {resident_bytes() / 1e6:.0f} MB before any model")
    encoder = library.encoders.configured()
    height, width = encoder.description.image_size
    pixels = np.zeros((2, 3, height, width), np.float32)
    steps: dict[str, Callable[[], object]] = {
        "the image encoder for one photo": lambda: encoder.encode_images(pixels[:1]),
        "the image encoder for several photos": lambda: encoder.encode_images(pixels),
        "a picture process before its first picture": library.pictures.warm_up,
    }
    for part, work in steps.items():
        before = resident_bytes()
        work()
        print(f"  {part:<58}{(resident_bytes() - before) / 1e6:9.0f} MB")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        model = str(model_directory(scratch, options.model))
        print(f"{usable_cores()} cores, model {model}")
        library = open_library(Settings(home=scratch / "home", model=model))
        try:
            memory(library)
            for file_format in ("jpeg", "heic"):
                of_a_photo(library, scratch / file_format, file_format)
        finally:
            library.close()
        library = open_library(Settings(home=scratch / "home-of-questions", model=model))
        try:
            fill(library.index(), options.photos)
        finally:
            library.close()
        library = open_library(Settings(home=scratch / "home-of-questions", model=model))
        try:
            of_a_question(library, options.photos)
        finally:
            library.close()


if __name__ == "__main__":
    main()
