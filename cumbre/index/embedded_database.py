"""The file of the embedded index: schema, connections, transactions. One writer at a time, readers never wait (WAL)."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cumbre.errors import GenerationReplaced, IndexFault

_SCHEMA_VERSION = 2
_BUSY_TIMEOUT_MS = 15_000

# `version` numbers come from one counter, so one that was seen never comes back: a stale writer can't mistake a
# re-created document for the one it read. `vectors.version` and `removals.version` tell other processes' matrices
# what to load again.
_SCHEMA = """
CREATE TABLE counter (value INTEGER NOT NULL);
INSERT INTO counter VALUES (0);
CREATE TABLE generations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    state TEXT NOT NULL UNIQUE CHECK (state IN ('active', 'building'))
);
CREATE TABLE notes (
    generation INTEGER NOT NULL REFERENCES generations(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (generation, name)
) WITHOUT ROWID;
CREATE TABLE photos (
    generation INTEGER NOT NULL REFERENCES generations(id) ON DELETE CASCADE,
    photo_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    etag TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    failed INTEGER NOT NULL,
    taken_at REAL,
    lat REAL,
    lon REAL,
    teaches TEXT,
    document TEXT NOT NULL,
    UNIQUE (generation, photo_id)
);
CREATE INDEX photos_by_key ON photos (generation, bucket, key, etag);
CREATE INDEX photos_by_content ON photos (generation, content_sha256);
CREATE INDEX photos_by_time ON photos (generation, failed, taken_at DESC, photo_id);
CREATE INDEX photos_by_place ON photos (generation, lat, lon);
CREATE INDEX photos_that_teach ON photos (generation, photo_id) WHERE teaches IS NOT NULL;
CREATE INDEX photos_that_failed ON photos (generation, bucket, key) WHERE failed;
CREATE TABLE vectors (
    generation INTEGER NOT NULL REFERENCES generations(id) ON DELETE CASCADE,
    photo_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    background REAL NOT NULL,
    taken_at REAL,
    lat REAL,
    lon REAL,
    vector BLOB NOT NULL,
    UNIQUE (generation, photo_id)
);
CREATE INDEX vectors_by_version ON vectors (generation, version);
CREATE TABLE removals (
    generation INTEGER NOT NULL REFERENCES generations(id) ON DELETE CASCADE,
    photo_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (generation, photo_id)
) WITHOUT ROWID;
CREATE INDEX removals_by_version ON removals (generation, version);
CREATE TABLE photo_peaks (
    generation INTEGER NOT NULL REFERENCES generations(id) ON DELETE CASCADE,
    peak_id TEXT NOT NULL,
    photo_id TEXT NOT NULL,
    certainty REAL NOT NULL,
    PRIMARY KEY (generation, peak_id, photo_id)
) WITHOUT ROWID;
CREATE INDEX photo_peaks_by_photo ON photo_peaks (generation, photo_id);
"""


class _Held:
    """A thread's connection: goes with the thread, whose pools come and go with every batch of photos."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class EmbeddedDatabase:
    """One SQLite file, a connection for each thread that uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._held: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._lock = threading.Lock()
        with self.faults():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Where people were is nobody else's business; SQLite gives its side files the rights of this one.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._set_up()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection; it is closed when the thread ends."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            # Autocommit: transactions are written out. close() may come from another thread than the one that opened.
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            held = _Held(connection)
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA journal_mode = WAL")
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
        with self.faults():
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turns SQLite's errors into an IndexFault that says what to do."""
        try:
            yield
        except sqlite3.IntegrityError as error:
            raise GenerationReplaced(
                "the index was built anew by `cumbre reindex` meanwhile: run the same command again"
            ) from error
        except sqlite3.OperationalError as error:
            raise IndexFault(f"the index {self.path} can't be used: {error}. {_advice(str(error))}") from error
        except (sqlite3.DatabaseError, OSError) as error:
            raise IndexFault(
                f"the index {self.path} is damaged or no index: {error}. Move the file away and run `cumbre ingest`: "
                "it is built again from the album"
            ) from error

    def next_version(self, connection: sqlite3.Connection) -> int:
        """The next number of the counter; only inside `writing`."""
        (value,) = connection.execute("UPDATE counter SET value = value + 1 RETURNING value").fetchone()
        return int(value)

    def version(self) -> int:
        """The counter's last number: it has grown whenever anything was written, by whichever process."""
        with self.faults():
            (value,) = self.connection().execute("SELECT value FROM counter").fetchone()
        return int(value)

    def close(self) -> None:
        with self._lock:
            for held in list(self._held):
                held.connection.close()
            self._held.clear()
        self._local = threading.local()

    def _set_up(self) -> None:
        connection = self.connection()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == _SCHEMA_VERSION:
            return
        if version > _SCHEMA_VERSION:
            raise IndexFault(f"the index {self.path} was written by a newer Cumbre: update Cumbre")
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been first while this one waited for the lock.
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _SCHEMA.split(";"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        connection.execute("COMMIT")


def _advice(message: str) -> str:
    if "locked" in message:
        return "Another Cumbre is writing to it: try again when it has finished"
    if "disk" in message or "full" in message:
        return "Make room on the disk and try again"
    if "readonly" in message or "unable to open" in message:
        return "Check that the folder exists and may be written (CUMBRE_HOME, CUMBRE_INDEX)"
    return "`cumbre doctor` checks every part"
