"""How Cumbre opens its SQLite files: for writing, or for reading where nothing may be written."""

import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from cumbre.errors import CumbreError

_BEGINS = b"SQLite format 3\0"


def is_other_file(file: Path) -> bool:
    """Whether a file is there that is no SQLite database. SQLite itself overwrites a short one without a word."""
    if not file.is_file() or file.stat().st_size == 0:
        return False
    with file.open("rb") as opened:
        begins, versions = opened.read(len(_BEGINS)), opened.read(4)[2:]
    # With other numbers SQLite would read the file and refuse to write it.
    return begins != _BEGINS or not set(versions) <= {1, 2}


def read_only(file: Path) -> bool:
    """Whether a file is there that may be read and not written (a drive mounted for reading alone, permissions)."""
    return file.is_file() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def connect(file: Path, reading: bool = False, timeout_s: float = 15.0) -> sqlite3.Connection:
    """A connection that any thread may close; statements are transactions of their own.

    reading: nothing is written, not even what SQLite tidies up when it closes a file. Raises CumbreError where a file
    that may not be written can't be read without that.
    """
    if not reading:
        return sqlite3.connect(file, timeout=timeout_s, isolation_level=None, check_same_thread=False)
    mode = "mode=ro"
    if not os.access(file.parent, os.W_OK):
        if _size(file, "-wal") and not _size(file, "-shm"):
            raise CumbreError(
                f"{file} may not be written, and what was written last is still in {file.name}-wal, which can't be "
                "read without that: make the folder writable"
            )
        if not _size(file, "-wal"):
            mode = "immutable=1"
    # An address needs each character that means something in one to be escaped.
    address = f"file:{quote(str(file.absolute()))}?{mode}"
    return sqlite3.connect(address, uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False)


def use_wal(connection: sqlite3.Connection, patience_s: float) -> None:
    """Change to write-ahead logging. SQLite does not wait here while another process does the same, so this does."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def is_of_file(error: sqlite3.OperationalError) -> bool:
    """Whether an error lies in what the file holds (a table that is gone, an unknown format), not in the disk or locks.

    Cumbre's own statements are right, so one that SQLite can't carry out has met another file than it was made for.
    """
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def text(data: bytes) -> str:
    """For text_factory: text that is damaged is no error of its own; it fails its checksum."""
    return data.decode("utf-8", "surrogateescape")


def side_files(file: Path) -> list[Path]:
    """The files that SQLite keeps beside a database: the write-ahead log comes first, as it must when they move."""
    return [file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm")]


def _size(file: Path, end: str) -> int:
    try:
        return file.with_name(f"{file.name}{end}").stat().st_size
    except OSError:
        return 0
