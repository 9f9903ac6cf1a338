"""Processes killed by SIGKILL at any moment: the next `cumbre ingest` ends as if nothing had happened.

The moments are drawn from a seed and spread over the whole run; CUMBRE_TEST_ROUNDS sets how many. A power cut could
also lose writes that the disk has not stored yet, which can't be tested here.
"""

import hashlib
import json
import os
import random
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cumbre.bootstrap import open_library
from cumbre.cli import cli, run
from cumbre.settings import Settings
from tests.support.changing_album import ChangingAlbum, draw, picture
from tests.support.home_contents import HomeContents, assert_same, assert_sound, etags, read_contents, records
from tests.support.processes import Server, begin, cumbre, environment, eventually, kill

_ROUNDS = int(os.environ.get("CUMBRE_TEST_ROUNDS", "0"))
# Enough that even a fast machine is still working when the first photos are in the index.
_PHOTOS = 30
# Small batches: more transactions that a kill can hit.
_SETTINGS = {"CUMBRE_BATCH_SIZE": "2"}
_SERVE_S = 4.0

pytestmark = pytest.mark.slow


@pytest.fixture
def album(tmp_path: Path) -> Path:
    draw(tmp_path / "album", _PHOTOS)
    return tmp_path / "album"


@pytest.fixture
def home_with_records(home: Path, album: Path) -> Path:
    """A home with records that no scan can restore: a correction and a peak."""
    library = open_library(Settings(home=home, model="lite"))
    library.corrections.put(hashlib.sha256((album / "0.jpg").read_bytes()).hexdigest(), ("makalu", "lhotse"))
    peak = library.catalog().peak("ama-dablam")
    library.catalog_store.import_peaks([replace(peak, id="own-peak", names=("Own Peak",), lat=peak.lat + 0.1)])
    library.close()
    return home


@pytest.fixture
def ingest(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, Path], HomeContents]:
    """Return a function that runs `cumbre ingest` on an album and returns the contents of the home."""

    def command(home: Path, album: Path) -> HomeContents:
        for name, value in environment(home, **_SETTINGS).items():
            if name.startswith("CUMBRE_"):
                monkeypatch.setenv(name, value)
        assert run(cli, ["ingest", str(album)]) == 0
        assert_sound(home)
        return read_contents(home)

    return command


def moments(rounds: int, seconds: float, seed: int) -> list[float]:
    """Return moments in seconds: a random one in each of `rounds` equal parts of the time."""
    chance = random.Random(seed)
    return [(number + chance.random()) / rounds * seconds for number in range(rounds)]


def wait(process: "subprocess.Popen[str]", seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def wait_for_documents(process: "subprocess.Popen[str]", home: Path, count: int) -> None:
    """Wait until the index has this many documents or the process has ended."""
    while process.poll() is None and len(etags(home)) < count:
        wait(process, 0.002)


def test_an_ingest_completes_the_work_of_a_killed_one(
    home_with_records: Path, album: Path, ingest: Callable[[Path, Path], HomeContents], tmp_path: Path
) -> None:
    """Every second kill waits until some photos are indexed, so that it hits the work itself on every machine."""
    rounds = _ROUNDS or 6
    chance = random.Random(11)
    expected_records = records(home_with_records)
    shutil.copytree(home_with_records, tmp_path / "undisturbed")
    began = time.monotonic()
    assert cumbre(tmp_path / "undisturbed", "ingest", album, **_SETTINGS).returncode == 0
    seconds = time.monotonic() - began
    expected = read_contents(tmp_path / "undisturbed")
    assert len(expected.vectors) == _PHOTOS + 1
    assert any(document.corrected for document in expected.documents.values())

    indexed = []
    for number, moment in enumerate(moments(rounds, seconds, seed=9)):
        home = tmp_path / f"home {number}"
        shutil.copytree(home_with_records, home)
        process = begin(home, "ingest", album, **_SETTINGS)
        if number % 2:
            wait_for_documents(process, home, chance.randrange(1, len(expected.documents) // 2))
            wait(process, chance.uniform(0, 0.02))
        else:
            wait(process, moment)
        kill(process)
        indexed.append(len(etags(home)))
        assert_same(ingest(home, album), expected)
        assert records(home) == expected_records
        shutil.rmtree(home)
    print(f"{rounds} kills within {seconds:.1f} s; photos in the index at each: {indexed}")  # noqa: T201  for pytest -s
    assert any(0 < count < len(expected.documents) for count in indexed), "no kill hit the work itself"


def test_an_ingest_completes_the_work_of_a_server_killed_during_changes(
    home_with_records: Path, album: Path, ingest: Callable[[Path, Path], HomeContents], tmp_path: Path
) -> None:
    rounds = _ROUNDS or 4
    expected_records = records(home_with_records)
    changes = 0
    for number, moment in enumerate(moments(rounds, _SERVE_S, seed=10)):
        process = begin(home_with_records, "serve", "--port", "0", "--photos", album, **_SETTINGS)
        with ChangingAlbum(album, seed=number) as changing:
            wait(process, moment)
            assert process.poll() is None
            kill(process)
        changes += changing.changes
        undisturbed = tmp_path / f"undisturbed {number}"
        shutil.copytree(home_with_records, undisturbed, ignore=shutil.ignore_patterns("index.sqlite*"))
        assert_same(ingest(home_with_records, album), ingest(undisturbed, album))
        assert records(home_with_records) == expected_records
        shutil.rmtree(undisturbed)
    print(f"{rounds} kills under {changes} changes")  # noqa: T201  for pytest -s


def post_photo(address: str, name: str, data: bytes) -> dict[str, Any]:
    boundary = "a-photo-follows"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="{name}"\r\n\r\n'
    request = urllib.request.Request(
        f"{address}/api/photos",
        data=head.encode() + data + f"\r\n--{boundary}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201
        added: dict[str, Any] = json.load(answer)
        return added


class Visitors:
    """Two people: one adds photos, the other views all of them. They continue until the server no longer answers."""

    def __init__(self, server: Server, first: int) -> None:
        self.server = server
        self.sent: list[bytes] = []
        self.confirmed: dict[str, bytes] = {}
        self.refused: list[str] = []
        self._number = first
        self._chance = random.Random(first)
        self._threads = [threading.Thread(target=self._run, args=(one,)) for one in (self._add, self._view)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self, visit: Callable[[], None]) -> None:
        try:
            while True:
                visit()
        except urllib.error.HTTPError as error:
            self.refused.append(f"{error} {error.read()!r}")
        except (OSError, HTTPException):
            pass  # the server was killed

    def _add(self) -> None:
        self._number += 1
        self.sent.append(picture(self._number))
        document = post_photo(self.server.address, f"{self._number}.jpg", self.sent[-1])
        self.confirmed[document["id"]] = self.sent[-1]

    def _view(self) -> None:
        for photo_id in list(self.confirmed):
            size = self._chance.choice((320, 640, 1280, 2560))
            with urllib.request.urlopen(f"{self.server.address}/api/photos/{photo_id}/rendition?size={size}") as answer:
                assert Image.open(answer).format == "JPEG"


def test_a_server_killed_while_people_add_and_view_photos_keeps_every_confirmed_photo(
    home: Path, ingest: Callable[[Path, Path], HomeContents]
) -> None:
    """A photo whose upload was confirmed is kept; any other one is stored completely or not at all."""
    rounds = max(2, _ROUNDS // 4)
    inbox = home / "inbox"
    sent: set[bytes] = set()
    confirmed: dict[str, bytes] = {}
    for number, moment in enumerate(moments(rounds, 2.0, seed=12)):
        server = Server(home, **_SETTINGS)
        with Visitors(server, first=5000 + 500 * number) as visitors:
            eventually(lambda: bool(visitors.confirmed))
            wait(server.process, moment)
            kill(server.process)
        assert visitors.refused == []
        sent |= set(visitors.sent)
        confirmed |= visitors.confirmed
        stored = [file.read_bytes() for file in inbox.iterdir()]
        assert len(stored) == len(set(stored))
        assert set(confirmed.values()) <= set(stored) <= sent
        renditions = list((home / "cache" / "renditions").rglob("*.jpg"))
        for rendition in renditions:
            Image.open(rendition).load()
        delete_abandoned_renditions(home)
        contents = ingest(home, inbox)
        assert len(contents.vectors) == len(stored)
        assert {document.id for document in contents.documents.values()} >= set(confirmed)
    print(f"{rounds} kills, {len(confirmed)} of {len(stored)} photos confirmed, {len(renditions)} renditions")  # noqa: T201  for pytest -s


def delete_abandoned_renditions(home: Path) -> None:
    """Trim the renditions after making half-written ones look so old that no process can still be writing them."""
    for partial in (home / "cache" / "renditions").rglob("*.part"):
        os.utime(partial, (1, 1))
    library = open_library(Settings(home=home, model="lite"))
    library.trim_renditions()
    library.close()


def test_drawing_the_sample_album_can_be_killed_and_completed(home: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn"
    command = ["demo", "--first", "6", drawn]
    for moment in moments(max(1, _ROUNDS // 20), 4.0, seed=13):
        shutil.rmtree(drawn, ignore_errors=True)
        process = begin(home, *command)
        wait(process, moment)
        kill(process)
        for path in drawn.glob("*"):
            assert path.suffix == ".jpg"
            Image.open(path).load()
    assert cumbre(home, *command).returncode == 0
    assert len(list(drawn.iterdir())) == 6
    assert_sound(home)
