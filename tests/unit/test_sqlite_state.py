"""The file of the state: who may read it, and what happens if it is not what it should be."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from cumbre.errors import CumbreError
from cumbre.state.sqlite import SqliteStateStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "state.sqlite"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_only_the_owner_may_read_it_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(SqliteStateStore(path)) as store:
            store.put("chat", "7", b"x")
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert len(modes) > 1  # the write-ahead log too
    assert set(modes.values()) == {0o600}


def test_a_damaged_file_is_named_with_the_way_out_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(CumbreError, match="backup") as caught:
        SqliteStateStore(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"not a database" * 1000


def test_a_newer_file_asks_for_a_newer_cumbre(path: Path) -> None:
    SqliteStateStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(CumbreError, match="newer Cumbre"):
        SqliteStateStore(path)


def test_another_database_is_not_touched(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(CumbreError, match="not Cumbre's state"):
        SqliteStateStore(path)
    assert path.read_bytes() == before


def test_a_place_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CumbreError, match="CUMBRE_STATE"):
        SqliteStateStore(tmp_path)


def test_expiry_follows_the_clock_and_the_expired_are_dropped(path: Path) -> None:
    now = 1000.0
    with closing(SqliteStateStore(path, clock=lambda: now)) as store:
        store.put("file", "a", b"x", expires_at=1010.0)
        assert store.get("file", "a") == b"x"
        now = 1010.0
        assert store.get("file", "a") is None
        store.put("file", "b", b"y")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT key FROM records").fetchall() == [("b",)]


def test_text_that_is_no_unicode_is_an_error_of_ours(path: Path) -> None:
    with closing(SqliteStateStore(path)) as store, pytest.raises(CumbreError, match="Unicode"):
        store.put("album", "/photos/\udcff", b"")


def test_a_closed_store_says_so(path: Path) -> None:
    store = SqliteStateStore(path)
    store.close()
    store.close()
    with pytest.raises(CumbreError, match="closed"):
        store.get("album", "a")
