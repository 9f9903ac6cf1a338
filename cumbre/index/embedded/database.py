"""Opens the SQLite file of the embedded index: connections, transactions and errors.

The file is in WAL mode: one writer at a time, and readers never wait.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from cumbre.errors import IndexFault
from cumbre.index.embedded.connections import ThreadConnections
from cumbre.index.embedded.lock import IndexLock
from cumbre.index.embedded.schema import SCHEMA_VERSION, create, damaged, new_file_content, not_a_database, schema
from cumbre.system import sqlite_connection
from cumbre.system.atomic_file import write_new_file

_log = logging.getLogger(__name__)

_BUSY_TIMEOUT_S = 15.0


class EmbeddedDatabase:
    """One SQLite file, with one connection per thread. A file without write permission is opened read-only.

    scanning: the caller scans the whole album next, so a warning about missing photos is not needed.
    Raises IndexFault if the file is not a usable index, DamagedIndex if it is damaged, OldIndex if an older version
    wrote it.
    """

    def __init__(self, path: Path, scanning: bool = False) -> None:
        self.path = path
        self._scanning = scanning
        self._connections = ThreadConnections(self._connect)
        self._index_lock = IndexLock(path)
        self._read_only = sqlite_connection.read_only(path)
        self._damage_logged = False
        with self.faults():
            self._refuse_foreign_file()
            if not self._read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    # The file appears complete, because other processes may start at the same time. Mode 0600: the
                    # photos' places are private. SQLite gives its side files the mode of this file.
                    with suppress(FileExistsError):
                        write_new_file(path, new_file_content(), mode=0o600)
            self._index_lock.acquire_shared()
            try:
                self._set_up()
            except BaseException:
                self.close()
                raise

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection, which is closed when the thread ends."""
        return self._connections.get()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that holds the write lock from its start, so its reads stay valid until it commits.

        An exception rolls it back. Raises IndexFault if the file is read-only, and the errors of faults().
        """
        if self._read_only:
            raise IndexFault(
                f"the index {self.path} is read-only: change its permissions or those of its folder, or choose "
                "another place (CUMBRE_HOME, CUMBRE_INDEX)"
            )
        with self.faults():
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite itself has already rolled back a transaction that met a full disk.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Raise SQLite's and the system's errors as an IndexFault that says what to do, DamagedIndex for damage."""
        try:
            yield
        except UnicodeDecodeError as error:
            # SQLite's error message quotes the damaged bytes, so even the message can't be decoded.
            raise damaged(self.path, "it contains invalid text") from error
        except sqlite3.OperationalError as error:
            if sqlite_connection.is_file_error(error):
                raise damaged(self.path, str(error)) from error
            raise IndexFault(f"the index {self.path} can't be used: {error}. {_advice(str(error))}") from error
        except sqlite3.DatabaseError as error:
            raise damaged(self.path, str(error)) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise IndexFault(f"the index {self.path} can't be used: {reason}. {_advice(reason)}") from error

    def next_version(self, connection: sqlite3.Connection) -> int:
        """Increment the version counter and return its new value. Call it only inside writing()."""
        (value,) = connection.execute("UPDATE counter SET value = value + 1 RETURNING value").fetchone()
        return int(value)

    def version(self) -> int:
        """Return the version counter, which grows with every write of any process."""
        with self.faults():
            row = self.connection().execute("SELECT value FROM counter").fetchone()
        if row is None or not isinstance(row[0], int):
            raise damaged(self.path, "its version counter is missing")
        return row[0]

    def close(self) -> None:
        """Close the connections of all threads and release the lock."""
        self._connections.close()
        self._index_lock.release()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite_connection.connect(self.path, self._read_only, _BUSY_TIMEOUT_S)
        connection.text_factory = sqlite_connection.decode_text
        if not self._read_only:
            sqlite_connection.use_wal(connection, _BUSY_TIMEOUT_S)
            # A power cut may lose the last transactions, but never damages the file. The album is the source of
            # truth, so a scan brings them back.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _refuse_foreign_file(self) -> None:
        """Check, before anything is changed, that the file does not belong to another program."""
        if sqlite_connection.is_foreign_file(self.path):
            raise not_a_database(self.path)
        if not self.path.is_file():
            return
        if self.path.stat().st_size == 0:
            # A new file is empty for a moment too, but then another process has it open.
            was_used = self._index_lock.was_used()
            self._index_lock.acquire_shared()
            if was_used and self._index_lock.try_acquire_exclusive():
                self._index_lock.release()
                raise damaged(self.path, "it is empty")
        else:
            with closing(sqlite_connection.connect(self.path, reading=True)) as connection:
                schema(self.path, connection)

    def _set_up(self) -> None:
        if not self._read_only:
            self._index_lock.detect_crash()
        if self._index_lock.is_incomplete() and not self._scanning:
            _log.warning(
                "The index may lack photos, because it was damaged or a command was interrupted: run `cumbre ingest` "
                "to add them"
            )
        connection = self.connection()
        if schema(self.path, connection) == SCHEMA_VERSION:
            return
        if self._read_only:
            raise IndexFault(
                f"the index {self.path} is empty and read-only: change its permissions and run `cumbre ingest`"
            )
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have created the tables while this one waited for the lock.
        if schema(self.path, connection) == 0:
            create(connection)
        connection.execute("COMMIT")

    @property
    def incomplete(self) -> bool:
        """Whether photos of the album may be missing; stays so until the whole album has been scanned."""
        return self._index_lock.is_incomplete()

    @incomplete.setter
    def incomplete(self, incomplete: bool) -> None:
        if incomplete != self._index_lock.is_incomplete():
            self._index_lock.set_incomplete(incomplete)

    def note_damaged_row(self) -> None:
        """Log, only once, that a row with a wrong checksum was skipped."""
        if not self._damage_logged:
            self._damage_logged = True
            _log.warning(
                "The index %s has damaged rows, which are skipped: run `cumbre ingest` to index their photos again",
                self.path,
            )


def _advice(message: str) -> str:
    message = message.lower()
    if "locked" in message:
        return "Another Cumbre process is writing to it: try again when it has finished"
    if "full" in message or "no space" in message or "too large" in message:
        return "Make room on the disk and run the same command again; finished work is kept"
    if "read" in message or "unable to open" in message or "permission" in message or "exists" in message:
        return "Check that the folder exists and that its permissions allow writing (CUMBRE_HOME, CUMBRE_INDEX)"
    if "disk" in message:
        return "Check that the drive is connected, healthy and not full"
    return "Run `cumbre doctor` to check every part"
