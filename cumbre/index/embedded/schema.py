"""The SQL schema of the embedded index's file, and the errors for files that have another schema."""

import sqlite3
from contextlib import closing
from pathlib import Path

from cumbre.errors import IndexFault

SCHEMA_VERSION = 4
# "Cmb" and the version again, so that a header with one damaged byte contradicts itself.
APPLICATION_ID = 0x436D6200 + SCHEMA_VERSION

_DEFAULT_NAME = "index.sqlite"
# Part of the schema, which SQLite stores near the beginning of the file.
_SCHEMA_MARKER = b"CREATE TABLE photo_peaks"
_SEARCHED_BYTES = 1_000_000


# `version` numbers come from one counter, so no number is used twice: a stale writer can't mistake a re-created
# document for the one it read. The VectorMatrix of every process uses `vectors.version` and `removals.version` to load
# only what has changed.
#
# SQLite has no checksums. Each row of photos and vectors has one, and every other column that results depend on is in
# two B-trees of the file (a table and an index), which `PRAGMA integrity_check` compares. So damage is noticed
# wherever it is.
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
    """Create the tables of this version in an empty database."""
    for statement in _SCHEMA.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def new_file_content() -> bytes:
    """Return the file of an index without photos; empty if this SQLite was built without serialize()."""
    if not hasattr(sqlite3.Connection, "serialize"):
        return b""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        create(connection)
        return connection.serialize()


def schema(path: Path, connection: sqlite3.Connection) -> int:
    """Return the schema version of a file: SCHEMA_VERSION, or 0 for an empty file.

    Raises OldIndex for an older version, DamagedIndex for a damaged header, and IndexFault for a newer version or
    another program's database.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if (version, application) == (SCHEMA_VERSION, APPLICATION_ID):
        return SCHEMA_VERSION
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if (version, application) == (0, 0) and not tables:
        return 0
    if not {"photos", "vectors"} <= tables and version != SCHEMA_VERSION and application != APPLICATION_ID:
        raise IndexFault(f"{path} is a database, but not an index of Cumbre: choose another file (CUMBRE_INDEX)")
    if version < SCHEMA_VERSION and application in (0, APPLICATION_ID - SCHEMA_VERSION + version):
        raise OldIndex(
            f"the index {path} was written by an older Cumbre: run `cumbre ingest` to convert it, without reading the "
            "photos again"
        )
    if version > SCHEMA_VERSION and application - APPLICATION_ID == version - SCHEMA_VERSION:
        raise IndexFault(f"the index {path} was written by a newer Cumbre: update Cumbre")
    raise damaged(path, "its header contradicts itself")


class DamagedIndex(IndexFault):
    """The file is not as Cumbre wrote it."""


class OldIndex(IndexFault):
    """The file has the schema of an older version."""


def damaged(path: Path, found: str) -> DamagedIndex:
    """Return the error for a damaged file; `found` says what is wrong with it."""
    return DamagedIndex(
        f"the index {path} is damaged: {found}. `cumbre ingest` rebuilds it from the album and keeps what is intact"
    )


def not_a_database(path: Path) -> IndexFault:
    """Return the error for a file that does not begin as a SQLite database.

    DamagedIndex, which recovery may replace, only if the file was an index; a foreign file must never be touched.
    """
    with path.open("rb") as file:
        was_index = path.name == _DEFAULT_NAME or _SCHEMA_MARKER in file.read(_SEARCHED_BYTES)
    if was_index:
        return damaged(path, "it does not begin as a database")
    return IndexFault(f"{path} is a file, but not an index of Cumbre: choose another file (CUMBRE_INDEX)")
