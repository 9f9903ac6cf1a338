"""`cumbre serve` as a real process: the page answers while the album is followed, and it ends cleanly."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import TO_AMA_DABLAM, photo_towards

CUMBRE = Path(sys.executable).with_name("cumbre")
_PATIENCE_S = 30.0


class Server:
    """A running `cumbre serve`."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [CUMBRE, "serve", "--port", "0", *arguments],
            env={**os.environ, "CUMBRE_HOME": str(home), "CUMBRE_MODEL": "lite", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        announced = re.search(r"http://\S+", self.process.stdout.readline())
        assert announced, self.process.communicate()
        self.address = announced[0]

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(self.address + path, timeout=10) as answer:
            return json.load(answer)

    def found(self, query: str) -> list[str]:
        return [Path(r["path"]).name for r in self.get(f"/api/search?q={query}&k=100")["results"]]

    def stop(self, with_signal: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code and standard error."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        _, err = self.process.communicate(timeout=_PATIENCE_S)
        return self.process.returncode, err


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until it holds; fails after a while."""
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.05)


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start_one(*arguments: str, **environment: str) -> Server:
        started.append(Server(home, *arguments, **environment))
        return started[-1]

    yield start_one
    for server in started:
        if server.process.poll() is None:
            server.stop()


def test_an_album_is_followed_while_the_page_answers(start, album):
    server = start("--photos", str(album))
    eventually(lambda: server.get("/api/status")["photos"] == 3)
    assert server.found("ama+dablam") == ["ama dablam.jpg"]

    (album / "new.jpg").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:30 09:00:00"))
    eventually(lambda: set(server.found("ama+dablam")) == {"ama dablam.jpg", "new.jpg"})
    (album / "new.jpg").rename(album / "renamed.jpg")
    eventually(lambda: set(server.found("ama+dablam")) == {"ama dablam.jpg", "renamed.jpg"})
    (album / "renamed.jpg").write_bytes(photo_towards(140.0, "2023:10:30 09:00:00"))
    eventually(lambda: server.found("ama+dablam") == ["ama dablam.jpg"])
    (album / "renamed.jpg").unlink()
    eventually(lambda: server.get("/api/status")["photos"] == 3)
    (album / "bad.jpg").write_bytes(b"no picture")
    eventually(lambda: len(server.get("/api/status")["failures"]) == 1)

    page = urllib.request.urlopen(server.address).read().decode()
    assert "Cumbre" in page
    assert server.stop() == (0, "")


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_and_a_second_start_does_nothing_twice(start, album, home, with_signal):
    first = start("--photos", str(album))
    eventually(lambda: first.get("/api/status")["photos"] == 3)
    assert first.stop(with_signal) == (0, "")
    second = start()
    assert second.get("/api/status")["photos"] == 3
    (result, *_) = second.get("/api/search?q=ama+dablam")["results"]
    indexed_at = second.get(f"/api/photos/{result['id']}")["indexed_at"]
    time.sleep(1.5)  # longer than the scan of three photos takes
    assert second.get(f"/api/photos/{result['id']}")["indexed_at"] == indexed_at


def test_the_command_line_works_beside_it(start, album, home):
    server = start("--photos", str(album))
    eventually(lambda: server.get("/api/status")["photos"] == 3)
    environment = {**os.environ, "CUMBRE_HOME": str(home), "CUMBRE_MODEL": "lite"}
    ran = subprocess.run([CUMBRE, "ingest", "--json"], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["unchanged"] == 3


def test_a_folder_that_is_named_meanwhile_is_followed(start, album, home, tmp_path):
    server = start()
    environment = {**os.environ, "CUMBRE_HOME": str(home), "CUMBRE_MODEL": "lite"}
    subprocess.run([CUMBRE, "ingest", album], env=environment, capture_output=True, check=True)
    assert server.get("/api/status")["photos"] == 3
    eventually(lambda: str(album) in server.get("/api/status")["albums"])
    time.sleep(1.0)  # the watcher begins anew
    (album / "new.jpg").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:30 09:00:00"))
    eventually(lambda: server.get("/api/status")["photos"] == 4)


def test_a_start_that_fails_changes_nothing(start, album, home):
    port = start().address.rpartition(":")[2]
    environment = {**os.environ, "CUMBRE_HOME": str(home), "CUMBRE_MODEL": "lite"}
    failed = subprocess.run(
        [CUMBRE, "serve", "--port", port, "--photos", album], env=environment, capture_output=True, timeout=_PATIENCE_S
    )
    assert failed.returncode == 1
    ran = subprocess.run([CUMBRE, "status", "--json"], env=environment, capture_output=True, text=True, check=True)
    assert str(album) not in json.loads(ran.stdout)["albums"]


def test_a_port_in_use_is_said_with_the_way_out(start, home):
    port = start().address.rpartition(":")[2]
    ran = subprocess.run(
        [CUMBRE, "serve", "--port", port],
        env={**os.environ, "CUMBRE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
    )
    assert ran.returncode == 1
    assert "--port" in ran.stderr


def test_beyond_loopback_it_wants_a_password(start, home):
    arguments = [CUMBRE, "serve", "--host", "0.0.0.0", "--port", "0"]
    environment = {**os.environ, "CUMBRE_HOME": str(home)}
    ran = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S)
    assert ran.returncode == 2
    assert "CUMBRE_PASSWORD" in ran.stderr

    server = start(CUMBRE_PASSWORD="ridge line")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        server.get("/api/status")


def test_an_album_that_goes_away_is_kept_and_said(start, album):
    server = start("--photos", str(album))
    eventually(lambda: server.get("/api/status")["photos"] == 3)
    album.rename(album.with_name("away"))
    server.stop()
    again = start()
    eventually(lambda: any(str(album) in notice for notice in again.get("/api/status")["notices"]))
    assert again.get("/api/status")["photos"] == 3
