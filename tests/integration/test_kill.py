"""kill -9 at any moment: the next `cumbre ingest` ends as if nothing had happened.

The moments are seeded and spread over the whole run; CUMBRE_TEST_ROUNDS says how many. What a power cut would lose
beyond that (writes that the disk has not taken yet) can't be tested here.
"""

import hashlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from cumbre.bootstrap import open_library
from cumbre.cli import cli, run
from cumbre.settings import Settings
from tests.changing_album import ChangingAlbum, draw
from tests.processes import begin, cumbre, environment, kill
from tests.same_index import Held, assert_same, assert_sound, etags, held, records

_ROUNDS = int(os.environ.get("CUMBRE_TEST_ROUNDS", "0"))
_PHOTOS = 10
# Small batches: more transactions that a kill can hit.
_SETTINGS = {"CUMBRE_BATCH_SIZE": "2"}
_SERVE_S = 4.0

pytestmark = pytest.mark.slow


@pytest.fixture
def album(tmp_path: Path) -> Path:
    draw(tmp_path / "album", _PHOTOS)
    return tmp_path / "album"


@pytest.fixture
def told_home(home: Path, album: Path) -> Path:
    """A home that was told things which no scan brings back: a correction and a peak."""
    library = open_library(Settings(home=home, model="lite"))
    library.corrections.put(hashlib.sha256((album / "0.jpg").read_bytes()).hexdigest(), ("makalu", "lhotse"))
    peak = library.catalog().peak("ama-dablam")
    library.store.import_peaks([replace(peak, id="own-peak", names=("Own Peak",), lat=peak.lat + 0.1)])
    library.close()
    return home


@pytest.fixture
def ingest(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, Path], Held]:
    """One `cumbre ingest` of an album, and what the home holds then."""

    def command(home: Path, album: Path) -> Held:
        for name, value in environment(home, **_SETTINGS).items():
            if name.startswith("CUMBRE_"):
                monkeypatch.setenv(name, value)
        assert run(cli, ["ingest", str(album)]) == 0
        assert_sound(home)
        return held(home)

    return command


def moments(rounds: int, seconds: float, seed: int) -> list[float]:
    """Moments in seconds: one at random in each of as many equal parts of the time."""
    chance = random.Random(seed)
    return [(number + chance.random()) / rounds * seconds for number in range(rounds)]


def wait(process: "subprocess.Popen[str]", seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def wait_for_documents(process: "subprocess.Popen[str]", home: Path, count: int) -> None:
    """Until the index holds so many, or the process has ended."""
    while process.poll() is None and len(etags(home)) < count:
        wait(process, 0.002)


def test_an_ingest_that_is_killed(told_home, album, ingest, tmp_path):
    """Every second kill waits for some photos to be in the index, so that the work itself is hit on every machine."""
    rounds = _ROUNDS or 6
    chance = random.Random(11)
    told = records(told_home)
    shutil.copytree(told_home, tmp_path / "undisturbed")
    began = time.monotonic()
    assert cumbre(tmp_path / "undisturbed", "ingest", album, **_SETTINGS).returncode == 0
    seconds = time.monotonic() - began
    expected = held(tmp_path / "undisturbed")
    assert len(expected.vectors) == _PHOTOS + 1
    assert any(document.corrected for document in expected.documents.values())

    indexed = []
    for number, moment in enumerate(moments(rounds, seconds, seed=9)):
        home = tmp_path / f"home {number}"
        shutil.copytree(told_home, home)
        process = begin(home, "ingest", album, **_SETTINGS)
        if number % 2:
            wait_for_documents(process, home, chance.randrange(len(expected.documents)))
            wait(process, chance.uniform(0, 0.1))
        else:
            wait(process, moment)
        kill(process)
        indexed.append(len(etags(home)))
        assert_same(ingest(home, album), expected)
        assert records(home) == told
        shutil.rmtree(home)
    print(f"{rounds} kills within {seconds:.1f} s; photos in the index at each: {indexed}")  # noqa: T201  for pytest -s
    assert any(0 < count < len(expected.documents) for count in indexed), "no kill hit the work itself"


def test_a_server_that_is_killed_while_the_album_changes(told_home, album, ingest, tmp_path):
    rounds = _ROUNDS or 4
    told = records(told_home)
    changes = 0
    for number, moment in enumerate(moments(rounds, _SERVE_S, seed=10)):
        process = begin(told_home, "serve", "--port", "0", "--photos", album, **_SETTINGS)
        with ChangingAlbum(album, seed=number) as changing:
            wait(process, moment)
            assert process.poll() is None
            kill(process)
        changes += changing.changes
        undisturbed = tmp_path / f"undisturbed {number}"
        shutil.copytree(told_home, undisturbed, ignore=shutil.ignore_patterns("index.sqlite*"))
        assert_same(ingest(told_home, album), ingest(undisturbed, album))
        assert records(told_home) == told
        shutil.rmtree(undisturbed)
    print(f"{rounds} kills under {changes} changes")  # noqa: T201  for pytest -s
