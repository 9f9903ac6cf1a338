"""Read damaged pictures in child processes; a crash or a hang is recorded for its seed, and the run continues."""

import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.corpus import pictures
from tests.fuzz.mutations import mutation
from tests.support.paths import ROOT

# Processor time for one picture.
MAX_SECONDS = 5.0
# Time without output, because a decoder that waits for ever uses no processor time.
_MAX_SILENCE_S = 120.0


@dataclass
class Report:
    """The outcomes of all seeds; `faults` has one line per faulty seed."""

    kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: dict[int, str] = field(default_factory=dict)
    slowest_s: float = 0.0
    slowest: str = ""
    peak_bytes: int = 0

    def take(self, line: dict[str, object]) -> None:
        """Add a child's result for one seed."""
        seed, what = int(str(line["seed"])), str(line["what"])
        self.kinds[str(line["kind"])] += 1
        if line["reason"]:
            self.reasons[str(line["reason"])] += 1
        if line["fault"]:
            self.faults[seed] = f"seed {seed} ({what}): {line['fault']}"
        seconds = float(str(line["seconds"]))
        if seconds > self.slowest_s:
            self.slowest_s, self.slowest = seconds, f"seed {seed}: {what}"
        self.peak_bytes = max(self.peak_bytes, int(str(line["peak_bytes"])))


def run(first: int, count: int, children: int = 2, keep: Path | None = None) -> Report:
    """Read the damaged pictures of the seeds from `first` to first + count - 1; write files with faults to `keep`."""
    report, corpus = Report(), pictures()
    with TemporaryDirectory() as folder, ThreadPoolExecutor(children) as pool:
        for name, data in corpus.items():
            (Path(folder) / name).write_bytes(data)
        parts = [(folder, first + i, children, first + count, report, corpus) for i in range(children)]
        list(pool.map(lambda part: _run_part(*part), parts))
    if keep:
        for seed in report.faults:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"seed-{seed}.bin").write_bytes(mutation(corpus, seed).data)
    return report


def _run_part(folder: str, first: int, step: int, end: int, report: Report, corpus: dict[str, bytes]) -> None:
    while first < end:
        died_at, how = _run_child(folder, first, step, end, report)
        if died_at is None:
            if how:
                raise RuntimeError(f"a child process failed outside of any picture: {how}")
            return
        report.kinds[how] += 1
        report.faults[died_at] = f"seed {died_at} ({mutation(corpus, died_at).what}): {how}"
        first = died_at + step


def _run_child(folder: str, first: int, step: int, end: int, report: Report) -> tuple[int | None, str]:
    """Return the seed at which the child died (None if it finished or died between seeds) and how it died."""
    seeds = map(str, (first, step, end, MAX_SECONDS))
    command = [sys.executable, "-W", "error", "-X", "faulthandler", "-m", "tests.fuzz.child", folder, *seeds]
    begun: int | None = None
    with (
        TemporaryDirectory() as scratch,
        (Path(scratch) / "stderr").open("w+") as stderr,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr) as child,
    ):
        for line in _lines(child):
            message = json.loads(line)
            if "begun" in message:
                begun = message["begun"]
            else:
                report.take(message)
                begun = None
        code = child.wait()
        stderr.seek(0)
        errors = stderr.read()
    if code == 0:
        return None, ""
    if code in (-signal.SIGPROF, -signal.SIGKILL):
        return begun, "hung"
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return begun, f"crashed: {name} {errors[-400:]}"


def _lines(child: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """Yield the child's output line by line; kill a child that stays silent for too long."""
    assert child.stdout
    unread = b""
    while True:
        ready, _, _ = select.select([child.stdout], [], [], _MAX_SILENCE_S)
        if not ready:
            child.kill()
            return
        more = os.read(child.stdout.fileno(), 65_536)
        if not more:
            return
        *lines, unread = (unread + more).split(b"\n")
        yield from lines
