"""The file of the embedded index: connections, transactions. One writer at a time, readers never wait (WAL)."""

import logging
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from cumbre.errors import IndexFault
from cumbre.index.embedded.lock import IndexLock
from cumbre.index.embedded.schema import SCHEMA_VERSION, create, damaged, new_file_content, no_database, schema
from cumbre.system import sqlite_connection
from cumbre.system.atomic_file import write_new_file

_log = logging.getLogger(__name__)

_BUSY_TIMEOUT_S = 15.0


class _Held:
    """A thread's connection: goes with the thread, whose pools come and go with every batch of photos."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class EmbeddedDatabase:
    """One SQLite file, a connection for each thread that uses it. A file that may not be written is only read.

    scanning: the album will be scanned, so that the index may lack photos needn't be said.
    """

    def __init__(self, path: Path, scanning: bool = False) -> None:
        self.path = path
        self._scanning = scanning
        self._local = threading.local()
        self._held: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._use = IndexLock(path)
        self._read_only = sqlite_connection.read_only(path)
        self._noted = False
        with self.faults():
            self._refuse_other_files()
            if not self._read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    # Whole from its first moment, for other processes may start together with this one. Where people
                    # were is nobody else's business; SQLite gives its side files the rights of this one.
                    with suppress(FileExistsError):
                        write_new_file(path, new_file_content(), mode=0o600)
            self._use.acquire_shared()
            try:
                self._set_up()
            except BaseException:
                self.close()
                raise

    def connection(self) -> sqlite3.Connection:
        """This thread's connection; it is closed when the thread ends."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            connection = sqlite_connection.connect(self.path, self._read_only, _BUSY_TIMEOUT_S)
            held = _Held(connection)
            connection.text_factory = sqlite_connection.text
            if not self._read_only:
                sqlite_connection.use_wal(connection, _BUSY_TIMEOUT_S)
                # A power cut may cost the last transactions, never the file; the album has the truth.
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA foreign_keys = ON")
            self._local.held = held
            with self._lock:
                self._held.add(held)
        return held.connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start, so what it reads stays true until it ends."""
        if self._read_only:
            raise IndexFault(
                f"the index {self.path} may not be written: change its permissions or those of its folder, or name "
                "another place (CUMBRE_HOME, CUMBRE_INDEX)"
            )
        with self.faults():
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite has taken back a transaction itself that found no room on the disk.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turns SQLite's errors into an IndexFault that says what to do."""
        try:
            yield
        except UnicodeDecodeError as error:
            # Not even SQLite's message is text, which quotes what it found.
            raise damaged(self.path, "it holds text that is no text") from error
        except sqlite3.OperationalError as error:
            if sqlite_connection.is_of_file(error):
                raise damaged(self.path, str(error)) from error
            raise IndexFault(f"the index {self.path} can't be used: {error}. {_advice(str(error))}") from error
        except sqlite3.DatabaseError as error:
            raise damaged(self.path, str(error)) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise IndexFault(f"the index {self.path} can't be used: {reason}. {_advice(reason)}") from error

    def next_version(self, connection: sqlite3.Connection) -> int:
        """The next number of the counter; only inside `writing`."""
        (value,) = connection.execute("UPDATE counter SET value = value + 1 RETURNING value").fetchone()
        return int(value)

    def version(self) -> int:
        """The counter's last number: it has grown whenever anything was written, by whichever process."""
        with self.faults():
            row = self.connection().execute("SELECT value FROM counter").fetchone()
        if row is None or not isinstance(row[0], int):
            raise damaged(self.path, "the counter of versions is gone")
        return row[0]

    def close(self) -> None:
        with self._lock:
            for held in list(self._held):
                held.connection.close()
            self._held.clear()
        self._local = threading.local()
        self._use.release()

    def _refuse_other_files(self) -> None:
        """Before anything is changed: the file may belong to something else."""
        if sqlite_connection.is_other_file(self.path):
            raise no_database(self.path)
        if not self.path.is_file():
            return
        if self.path.stat().st_size == 0:
            # New files are empty for a moment, too; but then somebody is at it.
            was_used = self._use.was_used()
            self._use.acquire_shared()
            if was_used and self._use.exclusive():
                self._use.release()
                raise damaged(self.path, "it is empty")
        else:
            with closing(sqlite_connection.connect(self.path, reading=True)) as connection:
                schema(self.path, connection)

    def _set_up(self) -> None:
        if not self._read_only:
            self._use.detect_crash()
        if self._use.is_incomplete() and not self._scanning:
            _log.warning(
                "The index may lack photos, because it was damaged or left in the middle of work: `cumbre ingest` "
                "brings them"
            )
        connection = self.connection()
        if schema(self.path, connection) == SCHEMA_VERSION:
            return
        if self._read_only:
            raise IndexFault(f"the index {self.path} is empty and may not be written: run `cumbre ingest` where it may")
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been first while this one waited for the lock.
        if schema(self.path, connection) == 0:
            create(connection)
        connection.execute("COMMIT")

    @property
    def incomplete(self) -> bool:
        """Whether photos of the album may be missing until the whole of it has been scanned."""
        return self._use.is_incomplete()

    @incomplete.setter
    def incomplete(self, incomplete: bool) -> None:
        if incomplete != self._use.is_incomplete():
            self._use.set_incomplete(incomplete)

    def note_damaged_row(self) -> None:
        """Say that a row was left out because its checksum is wrong; once is enough."""
        if not self._noted:
            self._noted = True
            _log.warning(
                "The index %s has damaged rows, which are left out: `cumbre ingest` takes their photos up again",
                self.path,
            )


def _advice(message: str) -> str:
    message = message.lower()
    if "locked" in message:
        return "Another Cumbre is writing to it: try again when it has finished"
    if "full" in message or "no space" in message or "too large" in message:
        return "Make room on the disk and run the same command again; what is done is kept"
    if "read" in message or "unable to open" in message or "permission" in message or "exists" in message:
        return "Check that the folder exists and may be written (CUMBRE_HOME, CUMBRE_INDEX)"
    if "disk" in message:
        return "Check the drive: that it is connected, whole and has room"
    return "`cumbre doctor` checks every part"
