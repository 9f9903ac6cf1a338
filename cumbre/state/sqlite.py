"""StateStore in one SQLite file, with a checksum for each record and a backup copy of the file."""

import logging
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from cumbre.errors import CumbreError
from cumbre.state.port import MAX_VALUE_BYTES
from cumbre.system import sqlite_connection

_log = logging.getLogger(__name__)

_BUSY_TIMEOUT_S = 10.0
_SCHEMA_VERSION = 2
# A version beyond this many future ones means that the header is damaged.
_FUTURE_VERSIONS_MAX = 100
# "Cmbr": distinguishes this file from other SQLite files, such as the index.
_APPLICATION_ID = 0x436D6272

_PAGE = 100
# Checking the whole of a larger file takes longer than a command may wait.
_INTEGRITY_CHECK_MAX_BYTES = 50_000_000

_SCHEMA = (
    "CREATE TABLE records (kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, expires_at REAL, "
    "checksum INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, key))",
    "CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL",
)
_PUT = (
    "INSERT INTO records (kind, key, value, expires_at, checksum) VALUES (:kind, :key, :value, :expires_at, :checksum) "
    "ON CONFLICT (kind, key) DO UPDATE "
    "SET value = excluded.value, expires_at = excluded.expires_at, checksum = excluded.checksum"
)
_REPLACE = (
    "UPDATE records SET value = :value, expires_at = :expires_at, checksum = :checksum "
    "WHERE kind = :kind AND key = :key AND value = :before"
)
_LIVE = "(expires_at IS NULL OR expires_at > :now)"


class SqliteStateStore:
    """Shares one connection between threads by a lock. Processes wait up to 10 s for each other's writes.

    A new file is readable by its owner only; a read-only file is opened for reading. Raises CumbreError if the file
    can't be used or is damaged.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._read_only = sqlite_connection.read_only(path)
        with self._faults():
            if sqlite_connection.is_foreign_file(path):
                raise self._damaged("it does not begin like a SQLite database")
            if path.is_file() and path.stat().st_size == 0 and self._copy.is_file():
                raise self._damaged("it is empty")
            if not self._read_only:
                _create_private(path)
            connection = sqlite_connection.connect(path, self._read_only, _BUSY_TIMEOUT_S)
            connection.text_factory = sqlite_connection.decode_text
            try:
                self._set_up(connection)
            except BaseException:
                connection.close()
                raise
        self._connection = connection

    def get(self, kind: str, key: str) -> bytes | None:
        with self._use() as connection:
            row = connection.execute(
                f"SELECT value, expires_at, checksum FROM records WHERE kind = :kind AND key = :key AND {_LIVE}",  # noqa: S608  constants
                {"kind": kind, "key": key, "now": self._clock()},
            ).fetchone()
        return None if row is None else self._verified(kind, key, *row)

    def put(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> None:
        record = _record(kind, key, value, expires_at)
        with self._use() as connection:
            # Skip an unchanged record: that must succeed on a full or read-only disk, too.
            stored = connection.execute(
                "SELECT value, expires_at, checksum FROM records WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
            if stored != (value, expires_at, record["checksum"]):
                connection.execute(_PUT, record)
            self._delete_expired(connection)

    def put_many(self, kind: str, values: Mapping[str, bytes]) -> None:
        """See StateStore.put_many. Stores all or none, in one transaction."""
        records = [_record(kind, key, value, None) for key, value in values.items()]
        with self._use() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.executemany(_PUT, records)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def put_if_absent(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> bool:
        record = _record(kind, key, value, expires_at)
        with self._use() as connection:
            # One statement, so it is atomic among threads and processes.
            done = connection.execute(f"{_PUT} WHERE NOT {_LIVE}", {**record, "now": self._clock()})
            return done.rowcount > 0

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        found = ((key, self.get(kind, key)) for key in dict.fromkeys(keys))
        return {key: value for key, value in found if value is not None}

    def replace_if_same(
        self, kind: str, key: str, before: bytes, value: bytes, expires_at: float | None = None
    ) -> bool:
        record = _record(kind, key, value, expires_at)
        with self._use() as connection:
            # One statement, so it is atomic among threads and processes.
            done = connection.execute(f"{_REPLACE} AND {_LIVE}", {**record, "before": before, "now": self._clock()})
            return done.rowcount > 0

    def delete(self, kind: str, key: str) -> None:
        with self._use() as connection:
            connection.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key))

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """See StateStore.items. Reads page by page and does not hold the lock between pages."""
        last = None
        while True:
            with self._use() as connection:
                page = connection.execute(
                    "SELECT key, value, expires_at, checksum FROM records "  # noqa: S608  constants
                    f"WHERE kind = :kind AND (:last IS NULL OR key > :last) AND {_LIVE} ORDER BY key LIMIT :page",
                    {"kind": kind, "last": last, "now": self._clock(), "page": _PAGE},
                ).fetchall()
            for key, *row in page:
                yield key, self._verified(kind, key, *row)
            if len(page) < _PAGE:
                return
            last = page[-1][0]

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def write_backup(self) -> None:
        """Write a backup copy, state.sqlite.bak, if the state has changed since the last one.

        A copy that can't be written is logged, not raised. Raises CumbreError if the state itself is damaged.
        """
        if self._read_only or self._is_copied():
            return
        with self._use() as connection:
            _check_integrity(connection)
            # The write lock also guards the copy, because processes that start together share one partial file.
            connection.execute("BEGIN IMMEDIATE")
            try:
                if not self._is_copied():
                    self._make_copy()
            finally:
                connection.execute("ROLLBACK")

    def _make_copy(self) -> None:
        partial = self._copy.with_name(f"{self._copy.name}.part")
        try:
            partial.unlink(missing_ok=True)
            _create_private(partial)
            # A separate connection, because SQLite can't back up from one that holds the write lock.
            with (
                closing(sqlite_connection.connect(self._path)) as source,
                closing(sqlite_connection.connect(partial)) as target,
            ):
                source.backup(target)
            partial.replace(self._copy)
        except (sqlite3.Error, OSError) as error:
            _log.warning("The backup copy %s of the state could not be written: %s", self._copy, error)
        finally:
            for leftover in (partial, *sqlite_connection.side_files(partial)):
                with suppress(OSError):
                    leftover.unlink(missing_ok=True)

    def _is_copied(self) -> bool:
        return self._copy.is_file() and self._copy.stat().st_mtime_ns > self._written_ns()

    @property
    def _copy(self) -> Path:
        return self._path.with_name(f"{self._path.name}.bak")

    def _written_ns(self) -> int:
        files = [self._path, sqlite_connection.side_files(self._path)[0]]
        return max(file.stat().st_mtime_ns for file in files if file.is_file())

    def _set_up(self, connection: sqlite3.Connection) -> None:
        # Check before changing anything, because the file may belong to another program.
        if self._is_new(connection) and not self._read_only:
            sqlite_connection.use_wal(connection, _BUSY_TIMEOUT_S)
        if self._path.stat().st_size <= _INTEGRITY_CHECK_MAX_BYTES:
            _check_integrity(connection)
        if self._read_only:
            if self._version(connection) < _SCHEMA_VERSION:
                raise CumbreError(
                    f"the state {self._path} was written by an older Cumbre and is read-only: make it writable"
                )
            return
        # Nothing can rebuild this file, so a commit must be on disk when it returns.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        # Check again: another process may have created the schema while this one waited for the lock.
        if self._is_new(connection):
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        elif self._version(connection) < _SCHEMA_VERSION:
            _add_checksums(connection)
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        connection.execute("COMMIT")
        self._delete_expired(connection)

    def _is_new(self, connection: sqlite3.Connection) -> bool:
        """Return whether the file is empty. Raises CumbreError if it is not a state file, or is of a newer version."""
        # Read all three in one transaction, because another process may be creating the schema.
        began = not connection.in_transaction
        if began:
            connection.execute("BEGIN")
        try:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            (application_id,) = connection.execute("PRAGMA application_id").fetchone()
            version = self._version(connection)
        finally:
            if began:
                connection.execute("ROLLBACK")
        if application_id == 0 and version == 0 and not names:
            return True
        if {"records", "records_by_expiry"} <= names and (
            application_id != _APPLICATION_ID or not 0 < version < _SCHEMA_VERSION + _FUTURE_VERSIONS_MAX
        ):
            raise self._damaged("its header contradicts itself")
        if application_id != _APPLICATION_ID:
            raise CumbreError(f"{self._path} is a database, but not Cumbre's state: name another file (CUMBRE_STATE)")
        if version > _SCHEMA_VERSION:
            raise CumbreError(f"the state {self._path} was written by a newer Cumbre: update Cumbre")
        return False

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def _delete_expired(self, connection: sqlite3.Connection) -> None:
        if not self._read_only:
            connection.execute("DELETE FROM records WHERE expires_at <= ?", (self._clock(),))

    def _verified(self, kind: str, key: str, value: object, expires_at: float | None, expected: int) -> bytes:
        """Return a record's value. Raises CumbreError if its checksum is wrong."""
        if isinstance(value, bytes) and _checksum(kind, key, value, expires_at) == expected:
            return value
        raise self._damaged(f"the checksum of a record ({kind}) is wrong")

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._faults():
            if self._connection is None:
                raise CumbreError(f"the state {self._path} has been closed")
            yield self._connection

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Convert SQLite's errors to a CumbreError that says what to do."""
        try:
            yield
        except UnicodeEncodeError as error:
            raise CumbreError(f"{error.object!r} can't be stored: it is not valid Unicode") from error
        except UnicodeDecodeError as error:
            # SQLite's message can't be decoded, because it quotes the damaged bytes.
            raise self._damaged("it contains invalid text") from error
        except (sqlite3.OperationalError, OSError) as error:
            if isinstance(error, sqlite3.OperationalError) and sqlite_connection.is_file_error(error):
                raise self._damaged(str(error)) from error
            reason = getattr(error, "strerror", None) or str(error)
            raise CumbreError(f"the state {self._path} can't be used: {reason}. {_advice(reason)}") from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, found: str) -> CumbreError:
        try:
            day = datetime.fromtimestamp(self._copy.stat().st_mtime).astimezone()
            remedy = (
                f"delete it and {self._path.name}-wal, and rename {self._copy.name}, Cumbre's copy of "
                f"{day:%Y-%m-%d %H:%M}, to {self._path.name}"
            )
        except OSError:
            remedy = "restore the file from a backup"
        return CumbreError(
            f"the state {self._path} is damaged or not a state file: {found}. It contains what people entered "
            f"(corrections, imported peaks, albums), which can't be rebuilt: stop every Cumbre, then {remedy}. Or move "
            "it away to start with an empty state"
        )


def _record(kind: str, key: str, value: bytes, expires_at: float | None) -> dict[str, object]:
    if len(value) > MAX_VALUE_BYTES:
        raise CumbreError(f"{kind} {key} has {len(value)} bytes, a record holds at most {MAX_VALUE_BYTES}")
    return {
        "kind": kind,
        "key": key,
        "value": value,
        "expires_at": expires_at,
        "checksum": _checksum(kind, key, value, expires_at),
    }


def _checksum(kind: str, key: str, value: bytes, expires_at: float | None) -> int:
    return zlib.crc32(value, zlib.crc32(repr((kind, key, expires_at)).encode()))


def _add_checksums(connection: sqlite3.Connection) -> None:
    """Upgrade the schema from version 1, which had no checksums."""
    connection.execute("ALTER TABLE records ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
    connection.create_function("checksum_of", 4, _checksum, deterministic=True)
    connection.execute("UPDATE records SET checksum = checksum_of(kind, key, value, expires_at)")


def _check_integrity(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError if SQLite's integrity check fails."""
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(str(found).splitlines()[-1])


def _create_private(path: Path) -> None:
    """Create an empty file that only its owner may read; SQLite gives the -wal and -shm files the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)


def _advice(message: str) -> str:
    message = message.lower()
    if "locked" in message:
        return "Another Cumbre is writing to it: try again when it has finished"
    if "disk" in message or "full" in message or "space" in message or "large" in message:
        return "Make room on the disk and try again"
    return "Check that the file and its folder are writable (CUMBRE_HOME, CUMBRE_STATE)"
