"""The state file: its permissions, damage to it, its backup copy and older versions."""

import os
import random
import re
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from cumbre.errors import CumbreError
from cumbre.state.sqlite import SqliteStateStore

_FLIPS = 10 * int(os.environ.get("CUMBRE_TEST_ROUNDS", "6"))


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


def test_a_damaged_file_is_named_with_what_to_do_and_not_changed(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(CumbreError, match="backup") as caught:
        SqliteStateStore(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"not a database" * 1000


def test_a_newer_file_requires_a_newer_cumbre(path: Path) -> None:
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


def test_a_path_that_is_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CumbreError, match="CUMBRE_STATE"):
        SqliteStateStore(tmp_path)


def test_expiry_follows_the_clock_and_expired_records_are_deleted(path: Path) -> None:
    now = 1000.0
    with closing(SqliteStateStore(path, clock=lambda: now)) as store:
        store.put("file", "a", b"x", expires_at=1010.0)
        assert store.get("file", "a") == b"x"
        now = 1010.0
        assert store.get("file", "a") is None
        store.put("file", "b", b"y")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT key FROM records").fetchall() == [("b",)]


def test_text_that_is_not_valid_unicode_is_a_cumbre_error(path: Path) -> None:
    with closing(SqliteStateStore(path)) as store, pytest.raises(CumbreError, match="Unicode"):
        store.put("album", "/photos/\udcff", b"")


def test_a_closed_store_raises_an_error(path: Path) -> None:
    store = SqliteStateStore(path)
    store.close()
    store.close()
    with pytest.raises(CumbreError, match="closed"):
        store.get("album", "a")


@pytest.fixture
def saved(path: Path) -> dict[str, bytes]:
    """The records in a closed state file."""
    records = {f"key {number}": f"said {number}".encode() * 20 for number in range(60)}
    with closing(SqliteStateStore(path)) as store:
        for key, value in records.items():
            store.put("correction", key, value)
    return records


def flip(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def test_no_flipped_bit_changes_records_unnoticed(path: Path, saved: dict[str, bytes]) -> None:
    """Either the records are read unchanged, or the damage is reported and the file is left as it is."""
    whole = path.read_bytes()
    chance = random.Random(11)
    noticed = 0
    for _ in range(_FLIPS):
        damaged = flip(whole, chance.randrange(len(whole)), chance.randrange(8))
        path.write_bytes(damaged)
        try:
            with closing(SqliteStateStore(path)) as store:
                assert dict(store.items("correction")) == saved
                assert store.get("correction", "key 7") == saved["key 7"]
        except CumbreError as error:
            noticed += 1
            message = re.search("damaged or not a state file|newer Cumbre|not Cumbre's state", str(error))
            assert message
            assert path.read_bytes() == damaged
        for file in path.parent.glob("state.sqlite-*"):
            file.unlink()
    assert noticed > 10


def test_a_backup_copy_is_kept_and_named_as_the_way_to_recover(path: Path, saved: dict[str, bytes]) -> None:
    copy = path.with_name("state.sqlite.bak")
    with closing(SqliteStateStore(path)) as store:
        store.write_backup()
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(CumbreError, match=r"delete it and state\.sqlite-wal, and rename state\.sqlite\.bak"):
        SqliteStateStore(path)
    path.unlink()
    copy.rename(path)
    with closing(SqliteStateStore(path)) as store:
        assert dict(store.items("correction")) == saved
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_copy_is_renewed_only_after_a_change(path: Path, saved: dict[str, bytes]) -> None:
    copy = path.with_name("state.sqlite.bak")
    with closing(SqliteStateStore(path)) as store:
        store.write_backup()
        made = copy.stat().st_mtime_ns
        store.write_backup()
        assert copy.stat().st_mtime_ns == made
        os.utime(copy, ns=(made - 10**10, made - 10**10))
        store.put("correction", "one more", b"x")
        store.write_backup()
        assert copy.stat().st_mtime_ns >= made
    assert sorted(file.name for file in path.parent.iterdir()) == ["state.sqlite", "state.sqlite.bak"]
    with closing(SqliteStateStore(copy)) as store:
        assert store.get("correction", "one more") == b"x"


def test_simultaneous_starts_on_a_new_home_report_no_damage(tmp_path: Path) -> None:
    together = Barrier(3)

    def start(number: int) -> None:
        together.wait()
        SqliteStateStore(tmp_path / f"{number}.sqlite").close()

    with ThreadPoolExecutor(3) as pool:
        for number in range(60):
            for started in [pool.submit(start, number) for _ in range(3)]:
                started.result()


def test_the_copy_is_intact_at_every_moment_even_if_several_stores_make_it(path: Path) -> None:
    copy = path.with_name("state.sqlite.bak")
    with closing(SqliteStateStore(path)) as store:
        store.write_backup()

    def start_again_and_again(who: int) -> None:
        for number in range(20):
            with closing(SqliteStateStore(path)) as store:
                store.put("correction", f"{who} {number}", bytes(20_000))
                store.write_backup()

    records = 0
    with ThreadPoolExecutor(3) as pool:
        starts = [pool.submit(start_again_and_again, who) for who in range(3)]
        while not all(start.done() for start in starts):
            with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                lengths = [length for (length,) in connection.execute("SELECT length(value) FROM records")]
            assert set(lengths) <= {20_000}
            # No older copy replaces a newer one.
            assert len(lengths) >= records
            records = len(lengths)
    for start in starts:
        start.result()
    assert sorted(file.name for file in path.parent.iterdir()) == ["state.sqlite", "state.sqlite.bak"]
    with closing(SqliteStateStore(copy)) as store:
        assert len(list(store.items("correction"))) == 60


def test_a_damaged_state_never_replaces_its_copy(path: Path, saved: dict[str, bytes]) -> None:
    copy = path.with_name("state.sqlite.bak")
    with closing(SqliteStateStore(path)) as store:
        store.write_backup()
        kept = copy.read_bytes()
        os.utime(copy, (1, 1))
        with closing(sqlite3.connect(path)) as connection:
            (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'records'").fetchone()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 100)
    with pytest.raises(CumbreError, match="damaged"), closing(SqliteStateStore(path)) as store:
        store.write_backup()
    assert copy.read_bytes() == kept


def test_a_state_that_has_become_empty_is_not_taken_for_a_new_one(path: Path, saved: dict[str, bytes]) -> None:
    with closing(SqliteStateStore(path)) as store:
        store.write_backup()
    path.write_bytes(b"")
    with pytest.raises(CumbreError, match="it is empty"):
        SqliteStateStore(path)
    assert path.read_bytes() == b""


def test_a_file_of_the_first_version_gets_checksums(path: Path, saved: dict[str, bytes]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE records DROP COLUMN checksum")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with closing(SqliteStateStore(path)) as store:
        assert dict(store.items("correction")) == saved
