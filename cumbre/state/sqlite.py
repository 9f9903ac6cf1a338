"""StateStore in one SQLite file."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cumbre.errors import CumbreError

_BUSY_TIMEOUT_S = 10.0
_SCHEMA_VERSION = 1
# "Cmbr": tells this file from other SQLite files, the index among them.
_APPLICATION_ID = 0x436D6272

# DynamoDB holds items of up to 400 KB; every adapter has this limit, so that a home can move to the cloud.
MAX_VALUE_BYTES = 350 * 1024

_PAGE = 100

_SCHEMA = (
    "CREATE TABLE records (kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, expires_at REAL, "
    "PRIMARY KEY (kind, key))",
    "CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL",
)
_PUT = (
    "INSERT INTO records (kind, key, value, expires_at) VALUES (:kind, :key, :value, :expires_at) "
    "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"
)
_LIVE = "(expires_at IS NULL OR expires_at > :now)"


class SqliteStateStore:
    """One connection behind a lock; other processes wait for each other's writes up to 10 s.

    A new file is readable by its owner only. Raises CumbreError where the file can't be used.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        with self._faults():
            _create_private(path)
            # Autocommit: each statement is a transaction of its own.
            connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            try:
                self._set_up(connection)
            except BaseException:
                connection.close()
                raise
        self._connection = connection

    def get(self, kind: str, key: str) -> bytes | None:
        with self._use() as connection:
            row = connection.execute(
                f"SELECT value FROM records WHERE kind = :kind AND key = :key AND {_LIVE}",  # noqa: S608  constants
                {"kind": kind, "key": key, "now": self._clock()},
            ).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> None:
        """See StateStore.put. Raises CumbreError if the value is larger than MAX_VALUE_BYTES."""
        record = _record(kind, key, value, expires_at)
        with self._use() as connection:
            connection.execute(_PUT, record)
            self._forget_expired(connection)

    def put_if_absent(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> bool:
        """See StateStore.put_if_absent. One statement, so of all threads and processes exactly one stores it."""
        record = _record(kind, key, value, expires_at)
        with self._use() as connection:
            done = connection.execute(f"{_PUT} WHERE NOT {_LIVE}", {**record, "now": self._clock()})
            return done.rowcount > 0

    def delete(self, kind: str, key: str) -> None:
        with self._use() as connection:
            connection.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key))

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """See StateStore.items. Read page by page: the store may be used and changed between two items."""
        last = None
        while True:
            with self._use() as connection:
                page = connection.execute(
                    f"SELECT key, value FROM records WHERE kind = :kind AND (:last IS NULL OR key > :last) AND {_LIVE} "  # noqa: S608  constants
                    "ORDER BY key LIMIT :page",
                    {"kind": kind, "last": last, "now": self._clock(), "page": _PAGE},
                ).fetchall()
            for key, value in page:
                yield key, bytes(value)
            if len(page) < _PAGE:
                return
            last = page[-1][0]

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _set_up(self, connection: sqlite3.Connection) -> None:
        # Before anything is changed: the file may belong to something else.
        if self._is_new(connection):
            _use_wal(connection)
        # Nothing can rebuild this file, so a commit is on the disk when it returns.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been first while this one waited for the lock.
        if self._is_new(connection):
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        connection.execute("COMMIT")
        self._forget_expired(connection)

    def _is_new(self, connection: sqlite3.Connection) -> bool:
        """Whether the file is empty. Raises CumbreError if it is anything but a state file of this version."""
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application_id == 0 and version == 0 and tables == 0:
            return True
        if application_id != _APPLICATION_ID:
            raise CumbreError(f"{self._path} is a database, but not Cumbre's state: name another file (CUMBRE_STATE)")
        if version > _SCHEMA_VERSION:
            raise CumbreError(f"the state {self._path} was written by a newer Cumbre: update Cumbre")
        return False

    def _forget_expired(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM records WHERE expires_at <= ?", (self._clock(),))

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._faults():
            if self._connection is None:
                raise CumbreError(f"the state {self._path} has been closed")
            yield self._connection

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turns SQLite's errors into a CumbreError that says what to do."""
        try:
            yield
        except UnicodeEncodeError as error:
            raise CumbreError(f"{error.object!r} can't be stored: it is no valid Unicode") from error
        except (sqlite3.OperationalError, OSError) as error:
            raise CumbreError(f"the state {self._path} can't be used: {error}. {_advice(str(error))}") from error
        except sqlite3.DatabaseError as error:
            raise CumbreError(
                f"the state {self._path} is damaged or no state: {error}. It holds what people told Cumbre "
                "(corrections, imported peaks, albums) and can't be rebuilt: restore the file from a backup, or move "
                "it away to start without"
            ) from error


def _record(kind: str, key: str, value: bytes, expires_at: float | None) -> dict[str, object]:
    if len(value) > MAX_VALUE_BYTES:
        raise CumbreError(f"{kind} {key} has {len(value)} bytes, a record holds at most {MAX_VALUE_BYTES}")
    return {"kind": kind, "key": key, "value": value, "expires_at": expires_at}


def _create_private(path: Path) -> None:
    """Create an empty file that its owner alone may read; SQLite gives its companions (-wal, -shm) the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Change to write-ahead logging. SQLite does not wait here while another process does the same, so this does."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _advice(message: str) -> str:
    if "locked" in message:
        return "Another Cumbre is writing to it: try again when it has finished"
    if "disk" in message or "full" in message:
        return "Make room on the disk and try again"
    return "Check that the file and its folder may be written (CUMBRE_HOME, CUMBRE_STATE)"
