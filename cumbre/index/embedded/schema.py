"""The form of the embedded index's file, and the errors for a file that has another one."""

import sqlite3
from contextlib import closing
from pathlib import Path

from cumbre.errors import IndexFault

SCHEMA_VERSION = 4
# "Cmb" and the version once more: a header in which a byte was changed contradicts itself.
APPLICATION_ID = 0x436D6200 + SCHEMA_VERSION

_OWN_NAME = "index.sqlite"
# A part of the schema, which stands near the beginning of a file.
_OWN_WORDS = b"CREATE TABLE photo_peaks"
_LOOKED_AT_BYTES = 1_000_000


# `version` numbers come from one counter, so one that was seen never comes back: a stale writer can't mistake a
# re-created document for the one it read. `vectors.version` and `removals.version` tell other processes' matrices
# what to load again.
#
# SQLite keeps no checksums. A row of photos and vectors has one, and every other column that an answer depends on is in
# two trees of the file, which `PRAGMA integrity_check` compares: so damage is noticed wherever it is.
_SCHEMA = """
CREATE TABLE counter (value INTEGER NOT NULL);
INSERT INTO counter VALUES (0);
CREATE TABLE generations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    state TEXT NOT NULL UNIQUE CHECK (state IN ('active', 'building', 'previous'))
);
CREATE INDEX generations_once_more ON generations (model_id, dimensions, state);
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
    checksum INTEGER NOT NULL,
    UNIQUE (generation, photo_id)
);
CREATE INDEX photos_by_key ON photos (generation, bucket, key, etag);
CREATE INDEX photos_by_content ON photos (generation, content_sha256);
CREATE INDEX photos_by_time ON photos (generation, failed, taken_at DESC, photo_id);
CREATE INDEX photos_by_place ON photos (generation, lat, lon);
CREATE INDEX photos_that_teach ON photos (generation, photo_id, teaches, content_sha256) WHERE teaches IS NOT NULL;
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
    checksum INTEGER NOT NULL,
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
CREATE INDEX photo_peaks_by_photo ON photo_peaks (generation, photo_id, peak_id, certainty);
"""


def create(connection: sqlite3.Connection) -> None:
    """The tables of this version in an empty database."""
    for statement in _SCHEMA.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def new_file_content() -> bytes:
    """What the file of an index without photos holds; empty where SQLite was built without a way to tell."""
    if not hasattr(sqlite3.Connection, "serialize"):
        return b""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        create(connection)
        return connection.serialize()


def schema(path: Path, connection: sqlite3.Connection) -> int:
    """SCHEMA_VERSION, or 0 for an empty file. Raises IndexFault for any other file."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if (version, application) == (SCHEMA_VERSION, APPLICATION_ID):
        return SCHEMA_VERSION
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if (version, application) == (0, 0) and not tables:
        return 0
    if not {"photos", "vectors"} <= tables and version != SCHEMA_VERSION and application != APPLICATION_ID:
        raise IndexFault(f"{path} is a database, but no index of Cumbre: name another file (CUMBRE_INDEX)")
    if version < SCHEMA_VERSION and application in (0, APPLICATION_ID - SCHEMA_VERSION + version):
        raise OldIndex(
            f"the index {path} was written by an older Cumbre: `cumbre ingest` takes it over, without looking at the "
            "photos again"
        )
    if version > SCHEMA_VERSION and application - APPLICATION_ID == version - SCHEMA_VERSION:
        raise IndexFault(f"the index {path} was written by a newer Cumbre: update Cumbre")
    raise damaged(path, "its header contradicts itself")


class DamagedIndex(IndexFault):
    """The file is not what Cumbre has written."""


class OldIndex(IndexFault):
    """The file has the form of an older version."""


def damaged(path: Path, found: str) -> DamagedIndex:
    """The error for a damaged file, with the way out."""
    return DamagedIndex(
        f"the index {path} is damaged: {found}. `cumbre ingest` builds it again from the album; what is whole in it is "
        "kept"
    )


def no_database(path: Path) -> IndexFault:
    """The error for a file that does not begin as a database; one that never was an index is left alone."""
    with path.open("rb") as file:
        ours = path.name == _OWN_NAME or _OWN_WORDS in file.read(_LOOKED_AT_BYTES)
    if ours:
        return damaged(path, "it does not begin as a database")
    return IndexFault(f"{path} is a file, but no index of Cumbre: name another file (CUMBRE_INDEX)")
