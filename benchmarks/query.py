"""Measure query times in an album of 100 000 photos with a model of full size.

    python -m benchmarks.query [--photos 100000] [--questions 60] [--model DIRECTORY]

The index is the embedded one, filled with random unit vectors and realistic documents. The time of a new query in words
is compared with the encoder's own time for the prompts of another new query, measured alternately. When a query is
repeated, its vector is cached and only the search remains. Filters let 1 % of the photos pass. The first query of a
process is measured in a new process. Finally two processes query while a third one writes.

Needs a model of full size (benchmarks/model_of_full_size.py).
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.model_of_full_size import model_directory
from cumbre.bootstrap import open_library
from cumbre.geo.geodesy import Position
from cumbre.index.port import Circle, PhotoIndex, PhotoWrite
from cumbre.library.library import Library
from cumbre.photos.document import PeakPrediction, PhotoDocument, PhotoFacts
from cumbre.search.query import SearchRequest
from cumbre.services.local_query_service import LocalQueryService
from cumbre.settings import Settings
from cumbre.system.cpu import usable_cores

_FIRST_SHOT = datetime(2024, 1, 1, tzinfo=UTC)
_BETWEEN_SHOTS = timedelta(minutes=5)
_BATCH = 1000
_K = 24
_ASKED_BESIDE_WRITER = 200
# 1 % of the photos show the first peak, 2 % the second, 3 % the third and 4 % the fourth.
_PEAKS = ("ama-dablam", "lhotse", "nuptse", "pumori")


def documents(count: int, dimensions: int, start: int = 0) -> Iterator[PhotoWrite]:
    """Yield photos along 100 degrees of longitude, one every five minutes, each showing up to 4 peaks."""
    rng = np.random.default_rng(start)
    for number in range(start, start + count):
        vector = rng.standard_normal(dimensions).astype(np.float32)
        shown = tuple(peak for share, peak in enumerate(_PEAKS, start=1) if number % 100 < share)
        taken_at = _FIRST_SHOT + number * _BETWEEN_SHOTS
        facts = PhotoFacts(
            width=4032,
            height=3024,
            format="HEIC",
            position=Position(27.9, number / 1000.0 % 100.0, 4000.0),
            heading_deg=number % 360,
            focal_length_35mm=26.0,
            taken_at=taken_at,
            utc_offset_min=345,
            camera="Phone",
        )
        peaks = tuple(
            PeakPrediction(peak, 0.4, 0.9, 12_000.0, 139.0, 8.0, 27.8, None, -20.0) for peak in shown or _PEAKS
        )
        document = PhotoDocument(
            bucket="/album",
            key=f"day {number // 500}/IMG_{number:06}.HEIC",
            etag=f"{number}-{number}",
            content_sha256=f"{number:064x}",
            size_bytes=2_000_000,
            indexed_at=taken_at,
            model_id="full-size",
            facts=facts,
            heading_true_deg=float(number % 360),
            hfov_deg=69.4,
            sky_fraction=0.5,
            peaks=peaks,
            predicted_peaks=shown,
            used=("geometry",),
        )
        yield PhotoWrite(document, vector / np.linalg.norm(vector), None)


def fill(index: PhotoIndex, count: int, start: int = 0) -> None:
    """Write documents() into an index."""
    batch: list[PhotoWrite] = []
    for write in documents(count, index.space.dimensions, start):
        batch.append(write)
        if len(batch) == _BATCH:
            index.write(batch)
            batch = []
    index.write(batch)


def milliseconds(action: Callable[[], object]) -> float:
    """Return the duration of a call in milliseconds."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1e3


def shown(times_ms: list[float]) -> str:
    """Format the median and the 95th percentile of times."""
    p50, p95 = np.percentile(times_ms, [50, 95])
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms"


def ask(service: LocalQueryService, text: str, **filters: object) -> None:
    """Search for a text; filters are fields of SearchRequest."""
    answer = service.search(SearchRequest(text, k=_K, **filters))  # type: ignore[arg-type]
    assert answer.hits, answer.note


def measure(library: Library, photos: int, questions: int) -> None:
    """Measure and print the query times of one process."""
    service = LocalQueryService(library)
    encoder = library.active().encoder
    templates = encoder.description.calibration.templates
    ask(service, "a warm question")
    own, whole, again = [], [], []
    for number in range(questions):
        wordings = [template.format(f"a red tent {number} beside a river") for template in templates]
        own.append(milliseconds(partial(encoder.encode_texts, wordings)))
        text = f"a blue tent {number} beside a lake"
        whole.append(milliseconds(partial(ask, service, text)))
        again.append(milliseconds(partial(ask, service, text)))
    ratios = [np.percentile(whole, share) / np.percentile(own, share) for share in (50, 95)]
    print(f"the encoder alone ({len(templates)} prompts per question): {shown(own)}")
    print(f"a new question in words: {shown(whole)}; p50 {ratios[0]:.2f} x, p95 {ratios[1]:.2f} x the encoder alone")
    print(f"asked again: {shown(again)}")
    until = _FIRST_SHOT + photos // 100 * _BETWEEN_SHOTS
    filters: dict[str, dict[str, object]] = {
        "1 % by time": {"since": _FIRST_SHOT, "until": until},
        "1 % by place": {"near": Circle(27.9, 50.0, photos / 200_000 * 98_300.0)},
        "1 % by peak": {"peak_ids": ("ama-dablam",)},
        "50 % by time": {"since": _FIRST_SHOT, "until": _FIRST_SHOT + photos // 2 * _BETWEEN_SHOTS},
    }
    for name, filter_ in filters.items():
        times = [milliseconds(partial(ask, service, "a red tent", **filter_)) for _ in range(questions)]
        print(f"asked again, {name}: {shown(times)}")
    for text in ("ama dablam", "ama dablam with a red tent"):
        times = [milliseconds(partial(ask, service, text)) for _ in range(questions)]
        print(f"“{text}” (1 % of the photos show it), asked again: {shown(times)}")
    times = [milliseconds(lambda: service.search(SearchRequest(sort="time", k=_K))) for _ in range(questions)]
    print(f"the newest photos: {shown(times)}")


def role(settings: Settings, name: str, photos: int) -> None:
    """Run one of the child processes: "first" (the first question of a process), "read" or "write"."""
    started = time.perf_counter()
    library = open_library(settings)
    try:
        if name == "write":
            print("ready", flush=True)
            sys.stdin.readline()
            for batch in range(50):
                library.active().index.write(list(documents(8, 768, photos + 8 * batch)))
            print(json.dumps(50 * 8), flush=True)
            return
        service = LocalQueryService(library)
        if name == "first":
            ask(service, "a red tent beside a river")
            print(json.dumps(time.perf_counter() - started))
            return
        ask(service, "a red tent")
        print("ready", flush=True)
        sys.stdin.readline()
        times = [milliseconds(lambda: ask(service, "a red tent")) for _ in range(_ASKED_BESIDE_WRITER)]
        print(json.dumps(times), flush=True)
        assert sys.stdin.readline()
        ask(service, "a red tent")
        assert library.active().index.count() == photos + 400
        assert len(library.active().index.nearest(np.ones(768, np.float32), photos + 1000)) == photos + 400
    finally:
        library.close()


def start(settings: Settings, name: str, photos: int) -> "subprocess.Popen[str]":
    """Start a child process with a role."""
    command = [sys.executable, "-m", "benchmarks.query", "--role", name, "--photos", str(photos)]
    command += ["--home", str(settings.home), "--model", settings.model]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def say(process: "subprocess.Popen[str]", word: str) -> None:
    """Send a line to a child process."""
    assert process.stdin
    process.stdin.write(word + "\n")
    process.stdin.flush()


def hear(process: "subprocess.Popen[str]") -> str:
    """Read a line from a child process."""
    assert process.stdout
    return process.stdout.readline()


def first_question(settings: Settings, photos: int) -> None:
    """Measure and print the first question of new processes."""
    seconds = [json.loads(start(settings, "first", photos).communicate()[0]) for _ in range(3)]
    print(
        f"the first question of a process, with loading of model and vectors: median {statistics.median(seconds):.2f} s"
    )


def side_by_side(settings: Settings, photos: int) -> None:
    """Measure and print the times of two readers while a writer adds photos."""
    readers, writer = [start(settings, "read", photos) for _ in range(2)], start(settings, "write", photos)
    for process in (*readers, writer):
        assert hear(process) == "ready\n"
    for process in (*readers, writer):
        say(process, "go")
    times = [time_ms for reader in readers for time_ms in json.loads(hear(reader))]
    written = json.loads(hear(writer))
    for reader in readers:
        say(reader, "check that every photo is found")
    codes = [process.wait() for process in (*readers, writer)]
    assert codes == [0, 0, 0], codes
    print(f"asked again in two processes while a third writes {written} photos: {shown(times)}; both find all photos")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=60, help="questions of each kind")
    parser.add_argument("--model", type=Path, help="directory of the model")
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--role", choices=["first", "read", "write"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        role(Settings(home=options.home, model=str(options.model)), options.role, options.photos)
        return
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        settings = Settings(home=scratch / "home", model=str(model_directory(scratch, options.model)))
        print(f"{usable_cores()} cores, {options.photos} photos of 768 dimensions, model {settings.model}")
        library = open_library(settings)
        try:
            print(f"filling the index: {milliseconds(lambda: fill(library.index(), options.photos)) / 1e3:.0f} s")
            size = sum(file.stat().st_size for file in settings.home.glob("index.sqlite*"))
            print(f"the index's files: {size / 1e6:.0f} MB")
            measure(library, options.photos, options.questions)
        finally:
            library.close()
        first_question(settings, options.photos)
        side_by_side(settings, options.photos)


if __name__ == "__main__":
    main()
