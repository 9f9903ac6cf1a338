"""Real `cumbre` processes: commands, servers, and an end that nobody planned."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

CUMBRE = Path(sys.executable).with_name("cumbre")
PATIENCE_S = 60.0


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "CUMBRE_HOME": str(home), "CUMBRE_MODEL": "lite", **more}


def cumbre(home: Path, *arguments: object, **more: str) -> "subprocess.CompletedProcess[str]":
    """Runs a command to its end."""
    return subprocess.run(
        [CUMBRE, *map(str, arguments)],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def begin(home: Path, *arguments: object, **more: str) -> "subprocess.Popen[str]":
    """Begins a command that a test is going to end."""
    return subprocess.Popen(
        [CUMBRE, *map(str, arguments)],
        env=environment(home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill(process: "subprocess.Popen[str]") -> str:
    """kill -9, and nobody is left of those whom it had started. Returns its standard error."""
    started = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    _, err = process.communicate(timeout=PATIENCE_S)
    eventually(lambda: not any(map(is_alive, started)))
    return err


def descendants(pid: int) -> list[int]:
    """The processes that a process and its descendants have started and that still run. Needs /proc."""
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in tasks.read_text().split()]
        except OSError:
            continue
        found += [one for child in children for one in (child, *descendants(child))]
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Waits until it holds; fails after a while."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.05)


class Server:
    """A running `cumbre serve`."""

    def __init__(self, home: Path, *arguments: object, **more: str) -> None:
        self.process = begin(home, "serve", "--port", "0", *arguments, **more)
        assert self.process.stdout
        announced = re.search(r"http://\S+", self.process.stdout.readline())
        assert announced, self.process.communicate()
        self.address = announced[0]

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            return json.load(answer)

    def status(self) -> dict:
        return self.get("/api/status")

    def found(self, query: str) -> list[str]:
        return [Path(r["path"]).name for r in self.get(f"/api/search?q={query}&k=100")["results"]]

    def stop(self, with_signal: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code and standard error."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        _, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, err
