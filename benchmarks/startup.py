"""Measure start-up times: `cumbre --help`, `cumbre search`, and `cumbre serve` until its first answer.

    python -m benchmarks.startup [--runs 5]

Each run is a new process. The sample album is drawn and indexed first, which is also measured. Needs nothing but
Cumbre.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

CUMBRE = str(Path(sys.executable).with_name("cumbre"))


def seconds(action: Callable[[], None], runs: int) -> str:
    """Time several runs; return the median and the slowest as text."""
    times = []
    for _ in range(runs):
        started = time.monotonic()
        action()
        times.append(time.monotonic() - started)
    return f"median {statistics.median(times):.2f} s, slowest {max(times):.2f} s of {runs} runs"


def run(*arguments: str, environment: dict[str, str]) -> None:
    """Run a cumbre command. Raises CalledProcessError."""
    subprocess.run([CUMBRE, *arguments], env=environment, check=True, capture_output=True)


def first_page_answer(environment: dict[str, str]) -> None:
    """Start the server, make one search through the API, and stop the server."""
    command = [CUMBRE, "serve", "--port", "0"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout
        match = re.search(r"http://\S+", server.stdout.readline())
        assert match
        with urllib.request.urlopen(f"{match[0]}/api/search?q=ama+dablam") as answer:
            assert answer.status == 200
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "CUMBRE_HOME": home, "CUMBRE_MODEL": "lite"}
        started = time.monotonic()
        run("demo", environment=environment)
        print(f"cumbre demo (draws the album): {time.monotonic() - started:.1f} s")
        started = time.monotonic()
        run("ingest", environment=environment)
        print(f"cumbre ingest (indexes it): {time.monotonic() - started:.1f} s")
        print("cumbre --help:", seconds(lambda: run("--help", environment=environment), runs))
        print("cumbre search stupa:", seconds(lambda: run("search", "stupa", environment=environment), runs))
        print("cumbre serve, until its first answer:", seconds(lambda: first_page_answer(environment), runs))


if __name__ == "__main__":
    main()
