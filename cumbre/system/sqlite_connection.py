"""Opening of SQLite files, also on drives and in folders that are read-only."""

import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from cumbre.errors import CumbreError

_BEGINS = b"SQLite format 3\0"


def is_foreign_file(file: Path) -> bool:
    """Return whether a non-empty file exists that is not a SQLite database. SQLite silently overwrites a short one."""
    if not file.is_file() or file.stat().st_size == 0:
        return False
    with file.open("rb") as opened:
        begins, versions = opened.read(len(_BEGINS)), opened.read(4)[2:]
    # Write version and read version: with other values SQLite would read the file but refuse to write it.
    return begins != _BEGINS or not set(versions) <= {1, 2}


def read_only(file: Path) -> bool:
    """Return whether a file exists but can't be written (a read-only drive, permissions)."""
    return file.is_file() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def connect(file: Path, reading: bool = False, timeout_s: float = 15.0) -> sqlite3.Connection:
    """Open a connection in autocommit mode. Any thread may close it.

    reading: write nothing at all, not even the usual clean-up when SQLite closes a file. Raises CumbreError if the
    latest changes can't be read that way.
    """
    if not reading:
        return sqlite3.connect(file, timeout=timeout_s, isolation_level=None, check_same_thread=False)
    mode = "mode=ro"
    if not os.access(file.parent, os.W_OK):
        if _size(file, "-wal") and not _size(file, "-shm"):
            raise CumbreError(
                f"{file} is read-only, and its latest changes are still in {file.name}-wal, which can't be read "
                "without writing: make the folder writable"
            )
        if not _size(file, "-wal"):
            mode = "immutable=1"
    uri = f"file:{quote(str(file.absolute()))}?{mode}"
    return sqlite3.connect(uri, uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False)


def use_wal(connection: sqlite3.Connection, patience_s: float) -> None:
    """Switch to write-ahead logging. SQLite's busy timeout does not apply to that switch, so this retries instead.

    Raises sqlite3.OperationalError if the file is still locked after patience_s seconds.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def is_file_error(error: sqlite3.OperationalError) -> bool:
    """Return whether the file's content caused an error (a missing table, an unknown format), not the disk or a lock.

    Cumbre's statements are correct, so a generic SQL error means that the file does not have the expected schema.
    """
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def decode_text(data: bytes) -> str:
    """Decode text for text_factory without raising: damaged text fails its checksum later."""
    return data.decode("utf-8", "surrogateescape")


def side_files(file: Path) -> list[Path]:
    """Return the companion files of a database: the write-ahead log first, because it must be moved first."""
    return [file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm")]


def _size(file: Path, end: str) -> int:
    try:
        return file.with_name(f"{file.name}{end}").stat().st_size
    except OSError:
        return 0
