"""Real full disks and read-only homes: messages are plain, and no photo is missing once there is room again."""

import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cumbre.errors import CumbreError
from cumbre.state.sqlite import SqliteStateStore
from functions.ingest.events import ObjectEvent, ObjectEventKind
from local.bucket_events.ledger import EventLedger, TooManyEvents
from tests.support.changing_album import draw, picture
from tests.support.home_contents import HomeContents, assert_same, assert_sound, read_contents
from tests.support.processes import CUMBRE, PATIENCE_S, Server, cumbre, environment, eventually
from tests.support.small_disk import SmallDisk, read_only, small_disk

_LONG = bool(os.environ.get("CUMBRE_TEST_ROUNDS"))
_PHOTOS = 12

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="needs mounts, limits and permissions of Unix"),
]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    draw(tmp_path / "album", _PHOTOS)
    return tmp_path / "album"


@pytest.fixture
def undisturbed(home: Path, album: Path, tmp_path: Path) -> HomeContents:
    """The contents of a home after an ingest onto a disk with enough room."""
    roomy = tmp_path / "roomy"
    shutil.copytree(home, roomy)
    assert cumbre(roomy, "ingest", album).returncode == 0
    return read_contents(roomy)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 12) as made:
        yield made


def assert_plain(ran: "subprocess.CompletedProcess[str]") -> None:
    assert ran.returncode == 1, ran
    assert "Traceback" not in ran.stderr
    assert "this is a bug" not in ran.stderr
    assert "oom" in ran.stderr or "not full" in ran.stderr, ran.stderr


@pytest.mark.parametrize("free_kb", [0, 40, 150, 400] if _LONG else [0, 150])
def test_an_ingest_onto_a_full_disk_fails_plainly_and_succeeds_later(
    disk: SmallDisk, home: Path, album: Path, undisturbed: HomeContents, free_kb: int
) -> None:
    on_disk = disk.path / "home"
    shutil.copytree(home, on_disk)
    disk.fill(but_bytes=free_kb * 1000)
    ran = cumbre(on_disk, "ingest", album, CUMBRE_BATCH_SIZE="2")
    assert_plain(ran)
    assert "make room" in ran.stderr.lower()
    disk.make_room()
    again = cumbre(on_disk, "ingest", album)
    assert again.returncode == 0, again
    assert_same(read_contents(on_disk), undisturbed)
    assert_sound(on_disk)


def test_an_ingest_at_a_file_size_limit_fails_plainly_and_succeeds_later(
    home: Path, album: Path, undisturbed: HomeContents
) -> None:
    """Needs no mount: the system refuses to let a file grow beyond a limit."""

    def no_larger_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))

    ran = subprocess.run(
        [CUMBRE, "ingest", album],
        cwd=home.parent,
        env=environment(home, CUMBRE_BATCH_SIZE="2"),
        preexec_fn=no_larger_files,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert_plain(ran)
    assert cumbre(home, "ingest", album).returncode == 0
    assert_same(read_contents(home), undisturbed)


def test_events_refused_by_a_full_disk_do_not_count_as_waiting(disk: SmallDisk) -> None:
    state = SqliteStateStore(disk.path / "state.sqlite")
    ledger = EventLedger(state, most=3)
    three = [ObjectEvent("trek", f"{number} {'x' * 900}.jpg", ObjectEventKind.CREATED) for number in range(3)]
    disk.fill()
    with pytest.raises(CumbreError, match="Make room on the disk"):
        ledger.record(three)
    disk.make_room()
    ledger.record(three)
    assert len(ledger.waiting(10)) == 3
    with pytest.raises(TooManyEvents):
        ledger.record(three[:1])
    state.close()


def test_a_server_on_a_full_disk_keeps_answering_and_indexes_the_rest_later(
    disk: SmallDisk, home: Path, album: Path
) -> None:
    on_disk = disk.path / "home"
    shutil.copytree(home, on_disk)
    server = Server(on_disk, "--photos", album)
    try:
        eventually(lambda: server.status()["photos"] == _PHOTOS + 1)
        before = server.found("ama+dablam")
        disk.fill()
        for number in range(100, 120):
            (album / f"new {number}.jpg").write_bytes(picture(number))
        eventually(lambda: any("room" in notice for notice in server.status()["notices"]))
        assert set(before) <= set(server.found("ama+dablam"))
        assert server.status()["failures"] == [one for one in server.status()["failures"] if "damaged" in one["path"]]
        disk.make_room()
        if _LONG:
            # The server retries by itself, which takes up to a minute.
            eventually(lambda: server.status()["photos"] == _PHOTOS + 21, 90.0)
            eventually(lambda: "room" not in " ".join(server.status()["notices"]))
    finally:
        code, err = server.stop()
    assert cumbre(on_disk, "ingest", "--json").returncode == 0
    assert len(read_contents(on_disk).vectors) == _PHOTOS + 21
    assert code == 0
    assert "Traceback" not in err
    assert_sound(on_disk)


def test_drawing_the_sample_album_onto_a_full_disk_fails_plainly_and_succeeds_later(
    disk: SmallDisk, home: Path
) -> None:
    on_disk = disk.path / "home"
    shutil.copytree(home, on_disk)
    assert cumbre(on_disk, "peaks", "list").returncode == 0
    disk.fill(but_bytes=100_000)
    assert_plain(cumbre(on_disk, "demo", "--first", "3"))
    disk.make_room()
    assert cumbre(on_disk, "demo", "--first", "3").returncode == 0
    assert len(list((on_disk / "sample-album").iterdir())) == 3


def test_importing_peaks_on_a_full_disk_fails_plainly_and_succeeds_later(
    disk: SmallDisk, home: Path, album: Path, tmp_path: Path
) -> None:
    on_disk = disk.path / "home"
    shutil.copytree(home, on_disk)
    assert cumbre(on_disk, "ingest", album).returncode == 0
    rows = "".join(f"own-{n},27.{n:04},86.{n:04},5000,Own {n}|{'x' * 150}\n" for n in range(1, 3000))
    (tmp_path / "own.csv").write_text("id,lat,lon,elev_m,names\n" + rows)
    disk.fill()
    assert_plain(cumbre(on_disk, "peaks", "import", tmp_path / "own.csv"))
    disk.make_room()
    assert cumbre(on_disk, "peaks", "list").returncode == 0
    assert cumbre(on_disk, "peaks", "import", tmp_path / "own.csv").returncode == 0
    assert len(json.loads(cumbre(on_disk, "peaks", "list", "--json").stdout)["peaks"]) == 25 + 2999


def test_a_read_only_home_still_answers(home: Path, album: Path, tmp_path: Path) -> None:
    assert cumbre(home, "ingest", album).returncode == 0
    questions = (
        ["search", "ama dablam", "--json"],
        ["search", "snow", "--near", "27.8,86.7,50"],
        ["identify", str(album / "0.jpg"), "--json"],
        ["peaks", "list", "--json"],
        ["status", "--json"],
        ["models", "list"],
    )
    before = [cumbre(home, *question) for question in questions]
    (tmp_path / "own.csv").write_text("id,lat,lon,elev_m,names\nown,27.7,86.7,5000,Own\n")
    with read_only(home):
        for question, expected in zip(questions, before, strict=True):
            ran = cumbre(home, *question)
            assert (ran.returncode, ran.stdout) == (0, expected.stdout), (question, ran)
            assert ran.stderr == expected.stderr
        (album / "new.jpg").write_bytes(picture(50))
        for command in (["ingest"], ["peaks", "import", str(tmp_path / "own.csv")], ["demo", "--first", "1"]):
            ran = cumbre(home, *command)
            assert ran.returncode == 1, (command, ran)
            assert "Traceback" not in ran.stderr
            assert "this is a bug" not in ran.stderr
            assert re.search("may (not )?be written|writable|permissions", ran.stderr), ran.stderr
        doctor = cumbre(home, "doctor")
        assert doctor.returncode == 1
        assert "FAIL  home folder" in doctor.stdout
        assert "ok    index" in doctor.stdout
    assert cumbre(home, "ingest").returncode == 0


def test_a_read_only_index_with_unapplied_changes_is_reported(home: Path, album: Path, tmp_path: Path) -> None:
    """A copy of a home in use, on a read-only drive: its latest changes are in a log that must be applied first."""
    copied = tmp_path / "copied"
    assert cumbre(home, "ingest", album).returncode == 0
    with closing(sqlite3.connect(home / "index.sqlite")) as connection:
        connection.execute("UPDATE counter SET value = value + 1")
        connection.commit()
        shutil.copytree(home, copied, ignore=shutil.ignore_patterns("*-shm"))
    with read_only(copied):
        ran = cumbre(copied, "search", "snow")
    assert ran.returncode == 1
    assert "index.sqlite is read-only, and its latest changes are still in index.sqlite-wal" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert cumbre(copied, "search", "snow").returncode == 0
