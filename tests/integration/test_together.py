"""Several processes on one home while the album changes: nothing is lost, and every message is clear."""

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cumbre.storage.folder import FolderPhotoStorage
from tests.support.changing_album import ChangingAlbum, draw
from tests.support.encoders import lite_as
from tests.support.home_contents import HomeContents, assert_same, assert_sound, etags, read_contents
from tests.support.processes import Server, begin, cumbre, eventually, kill

_ROUNDS = int(os.environ.get("CUMBRE_TEST_ROUNDS", "0"))
_CHANGES = max(15, _ROUNDS)
_KILLED_REINDEXES = 5

pytestmark = pytest.mark.slow


@pytest.fixture
def album(tmp_path: Path) -> Path:
    draw(tmp_path / "album", 8)
    return tmp_path / "album"


@pytest.fixture
def other_model(tmp_path: Path, lite_cache: Path) -> Path:
    """An encoder with another id, whose vectors must never mix with those of lite. Its everyday texts are cached."""
    everyday = lite_cache / "everyday-lite-1.npz"
    shutil.copy(everyday, everyday.with_name("everyday-other-1.npz"))
    return lite_as(tmp_path / "other model", model_id="other-1")


@pytest.fixture
def undisturbed(tmp_path: Path, lite_cache: Path) -> Callable[..., HomeContents]:
    """Return a function that ingests the album as it is now into a new home and returns the contents of that home."""

    def ingest(album: Path, **environment: str) -> HomeContents:
        home = tmp_path / "undisturbed"
        shutil.copytree(lite_cache, home / "cache")
        assert cumbre(home, "ingest", album, **environment).returncode == 0
        return read_contents(home, environment.get("CUMBRE_MODEL", "lite"))

    return ingest


def assert_clear(*outputs: str) -> None:
    """Assert that there is no traceback and no raw message of SQLite."""
    for text in outputs:
        assert "Traceback" not in text, text
        assert "database is locked" not in text, text


def assert_ends_well(server: Server) -> None:
    code, err = server.stop()
    assert code == 0
    assert_clear(err)


def wait_for_changes(changing: ChangingAlbum, changes: int) -> None:
    eventually(lambda: changing.changes >= changes)


def settle(home: Path, album: Path) -> None:
    """Wait until the servers that follow the album have updated the index."""
    etags_of_files = {f"{album}/{one.key}": one.etag for one in FolderPhotoStorage(album).list()}
    eventually(lambda: etags(home) == etags_of_files)


def wait(process: "subprocess.Popen[str]", seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def finish(home: Path, album: Path, **environment: str) -> HomeContents:
    """Run one more ingest, check that it succeeds and the home is intact, and return the contents of the home."""
    ran = cumbre(home, "ingest", "--json", **environment)
    assert ran.returncode == 0, ran.stderr
    assert_clear(ran.stderr)
    assert_sound(home)
    return read_contents(home, environment.get("CUMBRE_MODEL", "lite"))


def test_two_servers_follow_one_album(
    start: Callable[..., Server], home: Path, album: Path, undisturbed: Callable[..., HomeContents]
) -> None:
    first, second = start("--photos", album), start()
    assert first.address != second.address
    with ChangingAlbum(album, seed=1) as changing:
        wait_for_changes(changing, _CHANGES)
    settle(home, album)
    assert_ends_well(first)
    assert_ends_well(second)
    assert_same(finish(home, album), undisturbed(album))


def test_ingests_run_together_with_a_server_and_each_other(
    start: Callable[..., Server], home: Path, album: Path, undisturbed: Callable[..., HomeContents]
) -> None:
    server = start("--photos", album)
    with ChangingAlbum(album, seed=2) as changing:
        wait_for_changes(changing, 3)
        for _ in range(max(1, _ROUNDS // 10)):
            both = [begin(home, "ingest", "--json") for _ in range(2)]
            for process in both:
                out, err = process.communicate(timeout=60)
                assert process.returncode == 0, err
                assert json.loads(out)["problems"] == []
                assert_clear(err)
        wait_for_changes(changing, _CHANGES)
    settle(home, album)
    assert_ends_well(server)
    assert_same(finish(home, album), undisturbed(album))


@pytest.mark.parametrize("attempt", range(max(1, _ROUNDS // 5)))
def test_processes_can_start_at_the_same_time_on_a_new_home(
    tmp_path: Path, lite_cache: Path, album: Path, undisturbed: Callable[..., HomeContents], attempt: int
) -> None:
    home = tmp_path / "new"
    shutil.copytree(lite_cache, home / "cache")
    together = [begin(home, "ingest", album) for _ in range(3)]
    for process in together:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert_clear(err)
    assert_same(finish(home, album), undisturbed(album))


def test_a_reindex_completes_after_being_killed_repeatedly(
    other_model: Path, home: Path, album: Path, undisturbed: Callable[..., HomeContents]
) -> None:
    """The old index answers until the new one is complete, and each run continues the one before it."""
    wanted = {"CUMBRE_MODEL": str(other_model), "CUMBRE_BATCH_SIZE": "1"}
    assert cumbre(home, "ingest", album).returncode == 0
    before = read_contents(home)
    chance = random.Random(5)
    for number in range(_KILLED_REINDEXES):
        process = begin(home, "reindex", **wanted)
        # The first kills come while it starts, the others while it works or ends.
        count = number and number * (len(before.documents) + 2) // _KILLED_REINDEXES
        while process.poll() is None and len(etags(home, "building")) < count:
            wait(process, 0.002)
        wait(process, chance.uniform(0, 0.2))
        kill(process)
        now = read_contents(home)
        assert now.model_id in ("lite-1", "other-1")
        if now.model_id == "lite-1":
            assert_same(now, before)
        assert_sound(home)
    ran = cumbre(home, "reindex", "--json", **wanted)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["model_id"] == "other-1"
    assert_clear(ran.stderr)
    assert_same(finish(home, album, **wanted), undisturbed(album, **wanted))


def test_reindexes_run_together_with_a_server_and_each_other(
    other_model: Path, start: Callable[..., Server], home: Path, album: Path, undisturbed: Callable[..., HomeContents]
) -> None:
    wanted = {"CUMBRE_MODEL": str(other_model)}
    server = start("--photos", album)
    settle(home, album)
    with ChangingAlbum(album, seed=3) as changing:
        wait_for_changes(changing, 3)
        both = [begin(home, "reindex", **wanted) for _ in range(2)]
        outputs = [process.communicate(timeout=60) for process in both]
        wait_for_changes(changing, _CHANGES)
    codes = [process.returncode for process in both]
    assert 0 in codes
    for code, (_, err) in zip(codes, outputs, strict=True):
        assert code in (0, 1)
        assert_clear(err)
        if code == 1:
            assert "another `cumbre reindex`" in err or "has replaced the index" in err
    settle(home, album)
    assert server.status()["model_id"] == "other-1"
    assert_ends_well(server)
    assert_same(finish(home, album, **wanted), undisturbed(album, **wanted))
