"""Measure the cold start of the functions: time to the first answer of a new process, and its memory.

    python -m benchmarks.cold_start [--runs 5] [--sizes lite,full]

Each start is a new process of Lambda's own runtime client (awslambdaric), measured from the start of the process to its
first answer: imports, opening the library, loading the encoder, one query or photo, but no reading of secrets. The
index is the embedded one with one photo; text vectors are precomputed, as in an image. "full" uses graphs of SigLIP-2's
size, written to files of its size. Files are in the page cache after the first run, so neither reading from Lambda's
disk nor pulling the image is included. Memory is the peak of the function's process, and of its picture processes.

Needs Linux, the development dependencies and the package onnx; "full" also needs a model of full size
(benchmarks/model_of_full_size.py).
"""

import argparse
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.model_files import written_model
from cumbre.bootstrap import open_library
from cumbre.ingest.queue import s3_event
from cumbre.settings import read_settings
from functions import warm_cache
from tests.support.aws.lambda_runtime import LambdaRuntime
from tests.support.processes import descendants
from tests.support.small_album import TO_AMA_DABLAM, ingest, photo_towards

_SAMPLE_EVERY_S = 0.02
_KIB = 1024


@dataclass
class Memory:
    """Samples the peak memory, in bytes, of a process and of its descendants while it runs."""

    pid: int
    own_peak: int = 0
    others_peak: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Sample until `ended` is set."""
        while not self.ended.wait(_SAMPLE_EVERY_S):
            self.own_peak = max(self.own_peak, _peak(self.pid))
            self.others_peak = max(self.others_peak, sum(map(_peak, descendants(self.pid))))


def _peak(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * _KIB for line in lines if line.startswith("VmHWM")), 0)


@dataclass
class Start:
    """One cold start: seconds to the first and to the second answer, peak memory in bytes."""

    first_s: float
    second_s: float
    own_peak: int
    others_peak: int


def measure(handler: str, environment: dict[str, str], ask: Callable[[LambdaRuntime], Any]) -> Start:
    """Start a function, ask it twice, and return the figures."""
    with LambdaRuntime(handler, environment) as runtime:
        began = time.monotonic()
        memory: list[Memory] = []

        def look() -> None:
            while (process := runtime.process) is None:
                time.sleep(_SAMPLE_EVERY_S)
            memory.append(Memory(process.pid))
            memory[0].watch()

        watching = threading.Thread(target=look)
        watching.start()
        ask(runtime)
        first = time.monotonic()
        ask(runtime)
        second = time.monotonic()
        memory[0].ended.set()
        watching.join()
    return Start(first - began, second - first, memory[0].own_peak, memory[0].others_peak)


def tell(what: str, starts: list[Start]) -> None:
    """Print the figures of several starts."""
    first = [one.first_s for one in starts]
    print(
        f"{what}: first answer median {statistics.median(first):.1f} s, slowest {max(first):.1f} s; "
        f"second answer median {statistics.median(one.second_s for one in starts) * 1000:.0f} ms; "
        f"peak memory {max(one.own_peak for one in starts) / 1e6:.0f} MB, "
        f"picture processes {max(one.others_peak for one in starts) / 1e6:.0f} MB"
    )


def answer(runtime: LambdaRuntime) -> None:
    """Ask the query function a question with words that it has not encoded before."""
    reply = runtime.invoke({"call": "search", "arguments": {"request": {"text": f"a violin {time.monotonic()}"}}})
    assert "result" in reply, reply


def measure_functions(scratch: Path, model: str, runs: int, name: str) -> None:
    """Measure and print the cold starts of both functions with one model."""
    album = scratch / "album"
    album.mkdir(exist_ok=True)
    (album / "first.jpg").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:29 08:00:00"))
    home = scratch / f"home-{name}"
    settings = {"CUMBRE_MODEL": model, "CUMBRE_HOME": str(home), "CUMBRE_STORAGE": f"folder:{album}"}
    warm_cache.build(read_settings(settings), home / "cache")
    library = open_library(read_settings(settings))
    ingest(library, album)
    library.close()
    tell(
        f"query, {name}",
        [measure("functions.query.entry.handler", settings, answer) for _ in range(runs)],
    )

    def photo(runtime: LambdaRuntime) -> None:
        number = len(list(album.iterdir()))
        shutil.copyfile(album / "first.jpg", album / f"{number}.jpg")
        # Different bytes: a copy of an indexed photo would not be embedded.
        with (album / f"{number}.jpg").open("ab") as file:
            file.write(os.urandom(8))
        body = s3_event(str(album.resolve()), f"{number}.jpg")
        record = {"messageId": "1", "eventSource": "aws:sqs", "body": body}
        assert runtime.invoke({"Records": [record]}) == {"batchItemFailures": []}

    tell(
        f"ingest, {name}",
        [measure("functions.ingest.entry.handler", settings, photo) for _ in range(runs)],
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="starts of each function and model")
    parser.add_argument("--sizes", default="lite,full", help="models, separated by commas: lite, full")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for size in options.sizes.split(","):
            model = "lite" if size == "lite" else str(written_model(scratch))
            measure_functions(scratch, model, options.runs, size)


if __name__ == "__main__":
    main()
