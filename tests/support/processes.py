"""Run, kill and query real `cumbre` processes: commands and servers."""

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
from typing import Any

CUMBRE = Path(sys.executable).with_name("cumbre")
PATIENCE_S = 60.0


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a command on this home, with the bundled encoder."""
    return {**os.environ, "CUMBRE_HOME": str(home), "CUMBRE_MODEL": "lite", **more}


def cumbre(home: Path, *arguments: object, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run a command beside its home, where no .env file is, and wait until it ends."""
    return subprocess.run(
        [CUMBRE, *map(str, arguments)],
        cwd=home.parent,
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def begin(home: Path, *arguments: object, **more: str) -> "subprocess.Popen[str]":
    """Start a command beside its home without waiting; the test has to end it."""
    return subprocess.Popen(
        [CUMBRE, *map(str, arguments)],
        cwd=home.parent,
        env=environment(home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill(process: "subprocess.Popen[str]") -> str:
    """Kill a process with SIGKILL, wait until its descendants have ended, too, and return its standard error."""
    started = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    _, err = process.communicate(timeout=PATIENCE_S)
    eventually(lambda: not any(map(is_alive, started)))
    return err


def descendants(pid: int) -> list[int]:
    """Return the ids of all running descendants of a process. Needs /proc."""
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in tasks.read_text().split()]
        except OSError:
            continue
        found += [pid for child in children for pid in (child, *descendants(child))]
    return found


def is_alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not count. Needs /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until the condition is true; fail the test after `patience_s` seconds."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.05)


class Server:
    """A running `cumbre serve` on a free port."""

    def __init__(self, home: Path, *arguments: object, **more: str) -> None:
        self.process = begin(home, "serve", "--port", "0", *arguments, **more)
        assert self.process.stdout
        announced = re.search(r"http://\S+", self.process.stdout.readline())
        assert announced, self.process.communicate()
        self.address = announced[0]

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON of an address."""
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def status(self) -> dict[str, Any]:
        return self.get("/api/status")

    def found(self, query: str) -> list[str]:
        """Return the file names that a search finds."""
        return [Path(r["path"]).name for r in self.get(f"/api/search?q={query}&k=100")["results"]]

    def stop(self, with_signal: int = signal.SIGTERM) -> tuple[int, str]:
        """End the server and return its exit code and standard error."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        _, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, err
