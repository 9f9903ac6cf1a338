"""Damaged index files: each answer is right or an error with a remedy, and one ingest repairs the index.

The damaged places are drawn from a seed. CUMBRE_TEST_ROUNDS sets how many.
"""

import json
import os
import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from cumbre.bootstrap import open_library
from cumbre.cli import cli, run
from cumbre.settings import Settings
from tests.support.changing_album import draw
from tests.support.home_contents import HomeContents, assert_same, assert_sound, read_contents, records
from tests.support.processes import Server, eventually

_ROUNDS = int(os.environ.get("CUMBRE_TEST_ROUNDS", "0"))
_PHOTOS = 10

QUESTIONS = [
    ["search", "ama dablam", "--json"],
    ["search", "--json", "--sort", "time", "-k", "100"],
    ["search", "snow", "--near", "27.8030,86.7150,5", "--from", "2023-10-03", "--to", "2023-10-20", "--json"],
    ["search", "--peak", "thamserku", "--peak", "ama-dablam", "--json"],
    ["peaks", "list", "--json"],
    ["status", "--json"],
]
# The warnings that accompany an incomplete answer.
_WARNINGS = re.compile(r"damaged rows, which are skipped|The index may lack photos")


@dataclass
class Result:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def cumbre(
    home: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Command:
    """Return a function that runs a command on the home."""
    monkeypatch.setenv("CUMBRE_HOME", str(home))
    monkeypatch.setenv("CUMBRE_MODEL", "lite")

    def command(*arguments: object) -> Result:
        capfd.readouterr()
        caplog.clear()
        code = run(cli, [str(a) for a in arguments])
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        return Result(code, captured.out, captured.err + caplog.text)

    return command


@dataclass
class Filled:
    """A home with an indexed album, its answers and records, and copies of its index (with_log: with a full WAL)."""

    home: Path
    album: Path
    answers: list[str]
    contents: HomeContents
    state_records: set[tuple[str, str, bytes]]
    whole: Path
    with_log: Path


@pytest.fixture
def filled(home: Path, tmp_path: Path, cumbre: Command) -> Filled:
    album = tmp_path / "album"
    draw(album, _PHOTOS)
    assert cumbre("ingest", album).code == 0
    answers = [cumbre(*question) for question in QUESTIONS]
    assert all(ran.code == 0 for ran in answers)
    whole, with_log = tmp_path / "whole", tmp_path / "with log"
    copy_index(home, whole)
    library = open_library(Settings(home=home, model="lite"))
    try:
        # Write everything once more: the changes are in the log, but not in the file yet.
        for stored, _ in list(library.index().scan()):
            library.index().delete(stored.document.id, stored.version)
        assert run(cli, ["ingest"]) == 0
        copy_index(home, with_log)
    finally:
        library.close()
    assert (with_log / "index.sqlite-wal").stat().st_size > 100_000
    return Filled(home, album, [ran.out for ran in answers], read_contents(home), records(home), whole, with_log)


def copy_index(home: Path, to: Path) -> None:
    to.mkdir()
    for file in home.glob("index.sqlite*"):
        if not file.name.endswith((".lock", "-shm")):
            shutil.copy(file, to / file.name)


def damage(filled: Filled, copy: Path, name: str, alter: Callable[[bytes], bytes]) -> None:
    """Put a copy of the index into the home, with one altered file."""
    for file in filled.home.glob("index.sqlite*"):
        file.unlink()
    for file in copy.iterdir():
        data = file.read_bytes()
        (filled.home / file.name).write_bytes(alter(data) if file.name == name else data)


def assert_never_silent(filled: Filled, cumbre: Command, place: str) -> None:
    """Assert that each question is answered as before or with an error, and that one ingest restores the index."""
    for question, answer in zip(QUESTIONS, filled.answers, strict=True):
        ran = cumbre(*question)
        if ran.code == 0 and ran.out == answer:
            continue
        assert ran.code in (0, 1), (place, question, ran)
        if ran.code == 0:
            assert _WARNINGS.search(ran.err), (place, question, ran.out, ran.err)
        else:
            assert ran.err.count("cumbre: ") >= 1, (place, question, ran.err)
            assert "`cumbre ingest`" in ran.err, (place, question, ran.err)
    assert cumbre("doctor").code in (0, 1)
    ran = cumbre("ingest")
    assert ran.code == 0, (place, ran.err)
    assert_same(read_contents(filled.home), filled.contents)
    assert_sound(filled.home)
    for question, answer in zip(QUESTIONS, filled.answers, strict=True):
        assert cumbre(*question).out == answer, (place, question)
    assert records(filled.home) == filled.state_records


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["the file", "the log"])
def test_a_flipped_bit_anywhere_in_the_index_is_never_silent(filled: Filled, cumbre: Command, kind: str) -> None:
    copy, name = (filled.whole, "index.sqlite") if kind == "the file" else (filled.with_log, "index.sqlite-wal")
    size = (copy / name).stat().st_size
    chance = random.Random(f"flip {kind}")
    for number in range(_ROUNDS or 5):
        at, bit = chance.randrange(size), chance.randrange(8)

        def flip(data: bytes, at: int = at, bit: int = bit) -> bytes:
            return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]

        damage(filled, copy, name, flip)
        assert_never_silent(filled, cumbre, f"{number}: bit {bit} of byte {at} of {size} in {kind}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["the file", "the log"])
def test_an_index_truncated_anywhere_is_never_silent(filled: Filled, cumbre: Command, kind: str) -> None:
    copy, name = (filled.whole, "index.sqlite") if kind == "the file" else (filled.with_log, "index.sqlite-wal")
    size = (copy / name).stat().st_size
    chance = random.Random(f"cut {kind}")
    for number in range(-(-_ROUNDS // 10) or 2):
        at = chance.randrange(1, size)

        def cut(data: bytes, at: int = at) -> bytes:
            return data[:at]

        damage(filled, copy, name, cut)
        assert_never_silent(filled, cumbre, f"{number}: cut at {at} of {size} in {kind}")


def hide_from_searches(home: Path) -> None:
    """Damage the index so that SQLite doesn't notice: one B-tree of the file lacks a photo that the table has."""
    with closing(sqlite3.connect(home / "index.sqlite")) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        sql = "CREATE INDEX photos_by_time ON photos (generation, failed, taken_at DESC, photo_id)"
        narrow = f"{sql} WHERE key NOT LIKE '%0.jpg'"
        connection.execute("DROP INDEX photos_by_time")
        connection.execute(narrow)
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'photos_by_time'", (sql,))
        connection.commit()


def test_an_answer_from_a_damaged_index_exits_with_1(filled: Filled, cumbre: Command) -> None:
    hide_from_searches(filled.home)
    ran = cumbre("search", "--from", "2020-01-01", "-k", "100", "--json")
    assert ran.code == 1
    assert len(json.loads(ran.out)["results"]) < _PHOTOS + 1
    assert re.search(r"cumbre: the index .* is damaged: .*\. `cumbre ingest` rebuilds it", ran.err)
    assert "FAIL  index: the index" in cumbre("doctor").out


def test_ingesting_one_file_of_a_damaged_index_restores_the_whole_album(filled: Filled, cumbre: Command) -> None:
    with closing(sqlite3.connect(filled.home / "index.sqlite")) as connection:
        connection.execute("UPDATE photos SET document = '{}' WHERE key = 'day 1/3.jpg'")
        connection.commit()
    ran = cumbre("ingest", filled.album / "0.jpg", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["indexed"] == 1
    assert "scanning the whole album, because the index was damaged" in ran.err
    assert_same(read_contents(filled.home), filled.contents)


@pytest.mark.slow
def test_serve_rebuilds_a_damaged_index(filled: Filled) -> None:
    hide_from_searches(filled.home)
    server = Server(filled.home)
    try:
        eventually(lambda: server.status()["photos"] == _PHOTOS + 1)
    finally:
        code, err = server.stop()
    assert code == 0
    assert re.search(rf"was set aside as index\.sqlite\.damaged-[\d-]+; {_PHOTOS + 1} photos in it were intact", err)
    assert_same(read_contents(filled.home), filled.contents)


@pytest.mark.slow
def test_an_ingest_does_not_replace_an_index_that_serve_has_open(filled: Filled, cumbre: Command) -> None:
    server = Server(filled.home)
    try:
        hide_from_searches(filled.home)
        ran = cumbre("ingest")
        assert ran.code == 1
        assert re.search(r"another Cumbre process has it open: stop that one \(perhaps `cumbre serve`\)", ran.err)
        assert not list(filled.home.glob("*.damaged-*"))
    finally:
        server.stop()
    assert cumbre("ingest").code == 0
    assert_same(read_contents(filled.home), filled.contents)
