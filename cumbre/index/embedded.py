"""The embedded adapter of PhotoIndex: one SQLite file, exact kNN over a matrix in memory."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cumbre.documents import PhotoDocument
from cumbre.errors import IndexFault, VersionConflict
from cumbre.index.codec import checksum, from_text, to_text
from cumbre.index.embedded_database import EmbeddedDatabase
from cumbre.index.embedded_filter import inside, sql_condition
from cumbre.index.embedded_matrix import VectorMatrix
from cumbre.index.port import (
    EVERYTHING,
    KnownObject,
    Neighbour,
    PhotoFilter,
    PhotoWrite,
    RankBy,
    Reference,
    Showing,
    StoredPhoto,
    Vector,
    VectorSpace,
)
from cumbre.index.vector_rows import COLUMNS, whole_rows
from cumbre.index.vector_rows import checksum as checksum_of

_CHUNK = 500
# What a photo's checksum covers beside its document.
_OF_PHOTO = "generation, photo_id, version"

WhenAndWhere = tuple[float | None, float | None, float | None]


class EmbeddedPhotoIndex:
    """One generation in the file."""

    def __init__(self, database: EmbeddedDatabase, generation: int, space: VectorSpace) -> None:
        self._database = database
        self._generation = generation
        self._space = space
        self._matrix = VectorMatrix(database, generation, space.dimensions)

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def space(self) -> VectorSpace:
        return self._space

    def get(self, photo_id: str) -> StoredPhoto | None:
        rows = self._stored("photo_id = ?", (photo_id,))
        return rows[0] if rows else None

    def get_many(self, photo_ids: Sequence[str]) -> dict[str, PhotoDocument]:
        found: dict[str, PhotoDocument] = {}
        for chunk in _chunks(photo_ids):
            marks = ",".join("?" * len(chunk))
            for stored in self._stored(f"photo_id IN ({marks})", chunk):
                found[stored.document.id] = stored.document
        return found

    def vector(self, photo_id: str) -> Vector | None:
        with self._database.faults():
            found = self._vector_row(self._database.connection(), photo_id)
        return None if found is None else found[0]

    def find_by_content(self, content_sha256: str) -> StoredPhoto | None:
        rows = self._stored("content_sha256 = ? AND NOT failed LIMIT 1", (content_sha256,))
        return rows[0] if rows else None

    def with_content(self, content_sha256: str) -> list[StoredPhoto]:
        return self._stored("content_sha256 = ?", (content_sha256,))

    def known(self, bucket: str, prefix: str = "") -> Iterator[KnownObject]:
        rows = self._rows(
            "SELECT key, etag FROM photos WHERE generation = ? AND bucket = ? AND substr(key, 1, ?) = ?",
            (self._generation, bucket, len(prefix), prefix),
        )
        return (KnownObject(key, etag) for key, etag in rows)

    def write(self, writes: Sequence[PhotoWrite]) -> list[PhotoWrite]:
        conflicts = []
        with self._database.writing() as connection:
            for write in writes:
                if self._current_version(connection, write.document.id) == write.expected_version:
                    self._put(connection, write)
                else:
                    conflicts.append(write)
        return conflicts

    def delete(self, photo_id: str, expected_version: int) -> None:
        with self._database.writing() as connection:
            current = self._current_version(connection, photo_id)
            if current is None:
                return
            if current != expected_version:
                raise VersionConflict(f"photo {photo_id} was changed meanwhile")
            self._drop(connection, photo_id)

    def nearest(
        self, vector: Vector, k: int, where: PhotoFilter = EVERYTHING, rank_by: RankBy = RankBy.SCORE
    ) -> list[Neighbour]:
        if vector.shape != (self._space.dimensions,):
            raise IndexFault(
                f"a vector of shape {vector.shape} asked of an index of {self._space.dimensions} dimensions"
            )
        return self._matrix.nearest(vector, k, where, rank_by)

    def select(self, where: PhotoFilter = EVERYTHING, limit: int | None = None) -> list[PhotoDocument]:
        condition, values = sql_condition(self._generation, where)
        rows = self._rows(
            f"SELECT document, lat, lon, {_OF_PHOTO}, checksum FROM photos WHERE {condition} "  # noqa: S608  values are bound
            "ORDER BY taken_at DESC, photo_id" + ("" if where.near else " LIMIT ?"),
            (*values, *(() if where.near else (-1 if limit is None else limit,))),
        )
        if where.near is not None:
            rows = inside(where.near, rows)[:limit]
        return [from_text(row[0]) for row in rows if self._whole(*row[3:6], row[0], row[6])]

    def showing(self, peak_ids: Sequence[str], where: PhotoFilter = EVERYTHING) -> list[Showing]:
        marks = ",".join("?" * len(peak_ids))
        return self._showing(f"AND peak_id IN ({marks})", tuple(peak_ids), where)

    def newest(self, photo_ids: Sequence[str], k: int) -> list[str]:
        return self._matrix.newest(photo_ids, k)

    def teachers(self, limit: int) -> list[Reference]:
        rows = self._rows(
            f"SELECT {COLUMNS}, teaches, content_sha256 FROM photos JOIN vectors USING (generation, photo_id) "  # noqa: S608
            "WHERE photos.generation = ? AND teaches IS NOT NULL ORDER BY photos.photo_id LIMIT ?",
            (self._generation, limit),
        )
        vectors = self._vectors([row[:-2] for row in rows])
        return [
            Reference(peak_id, sha256, vectors[photo_id])
            for photo_id, *_, peak_id, sha256 in rows
            if photo_id in vectors
        ]

    def count(self, where: PhotoFilter = EVERYTHING) -> int:
        condition, values = sql_condition(self._generation, where)
        if where.near is not None:
            rows = self._rows(f"SELECT photo_id, lat, lon FROM photos WHERE {condition}", values)  # noqa: S608
            return len(inside(where.near, rows))
        return int(self._rows(f"SELECT count(*) FROM photos WHERE {condition}", values)[0][0])  # noqa: S608

    def peak_counts(self, where: PhotoFilter = EVERYTHING) -> dict[str, int]:
        if where == EVERYTHING:
            sql = "SELECT peak_id, count(*) FROM photo_peaks WHERE generation = ? GROUP BY peak_id"
            return dict(self._rows(sql, (self._generation,)))
        return dict(Counter(one.peak_id for one in self._showing("", (), where)))

    def failures(self) -> list[PhotoDocument]:
        return [stored.document for stored in self._stored("failed ORDER BY bucket, key", ())]

    def scan(self) -> Iterator[tuple[StoredPhoto, Vector]]:
        last = ""
        while True:
            photo_ids = self._rows(
                "SELECT photo_id FROM photos WHERE generation = ? AND failed = 0 AND photo_id > ? "
                "ORDER BY photo_id LIMIT ?",
                (self._generation, last, _CHUNK),
            )
            if not photo_ids:
                return
            first, last = photo_ids[0][0], photo_ids[-1][0]
            between = (self._generation, first, last)
            vectors = self._vectors(
                self._rows(
                    f"SELECT {COLUMNS} FROM vectors WHERE generation = ? AND photo_id BETWEEN ? AND ?",  # noqa: S608
                    between,
                )
            )
            for stored in self._stored("photo_id BETWEEN ? AND ? AND failed = 0 ORDER BY photo_id", between[1:]):
                if stored.document.id in vectors:
                    yield stored, vectors[stored.document.id]

    def forget_damaged(self) -> int:
        photos: set[str] = set()
        suspects: set[str] = set()
        for rows in self._batches(f"SELECT {_OF_PHOTO}, document, checksum, failed FROM photos"):  # noqa: S608
            for *row, failed in rows:
                if not self._whole(*row):
                    suspects.add(row[1])
                elif not failed:
                    photos.add(row[1])
        vectors: set[str] = set()
        for rows in self._batches(f"SELECT {COLUMNS} FROM vectors"):  # noqa: S608
            whole = self._vectors(rows).keys()
            vectors |= whole
            suspects |= {row[0] for row in rows} - whole
        suspects |= photos ^ vectors
        if not suspects:
            return 0
        forgotten = 0
        with self._database.writing() as connection:
            for photo_id in suspects:
                # Another process may have written it since it was read.
                if not self._is_sound(connection, photo_id):
                    self._drop(connection, photo_id)
                    forgotten += 1
        if forgotten:
            self._database.incomplete = True
        return forgotten

    def note(self, name: str) -> str | None:
        rows = self._rows("SELECT value FROM notes WHERE generation = ? AND name = ?", (self._generation, name))
        return rows[0][0] if rows else None

    def set_note(self, name: str, value: str) -> None:
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (self._generation, name, value))

    def _put(self, connection: sqlite3.Connection, write: PhotoWrite) -> None:
        document = write.document
        version = self._database.next_version(connection)
        taken_at, lat, lon = when_and_where = _when_and_where(document)
        text = to_text(document)
        connection.execute(
            "INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._generation,
                document.id,
                version,
                document.bucket,
                document.key,
                document.etag,
                document.content_sha256,
                document.failure is not None,
                taken_at,
                lat,
                lon,
                document.teaches,
                text,
                checksum(text, self._generation, document.id, version),
            ),
        )
        self._put_vector(connection, write, version, when_and_where)
        connection.execute(
            "DELETE FROM photo_peaks WHERE generation = ? AND photo_id = ?", (self._generation, document.id)
        )
        if document.failure is None:
            connection.executemany(
                "INSERT OR IGNORE INTO photo_peaks VALUES (?, ?, ?, ?)",
                [
                    (self._generation, peak_id, document.id, document.certainty(peak_id))
                    for peak_id in document.predicted_peaks
                ],
            )

    def _put_vector(
        self, connection: sqlite3.Connection, write: PhotoWrite, version: int, when_and_where: WhenAndWhere
    ) -> None:
        document = write.document
        if document.failure is not None:
            self._remove_vector(connection, document.id, version)
        elif write.vector is not None:
            vector = np.ascontiguousarray(write.vector, dtype=np.float32)
            if vector.shape != (self._space.dimensions,):
                raise IndexFault(
                    f"a vector of shape {vector.shape} for an index of {self._space.dimensions} dimensions"
                )
            beside = (document.background, *when_and_where)
            connection.execute(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self._generation, document.id, version, *beside, vector.tobytes(), checksum_of(vector, beside)),
            )
            connection.execute(
                "DELETE FROM removals WHERE generation = ? AND photo_id = ?", (self._generation, document.id)
            )
        else:
            self._keep_vector(connection, document, version, when_and_where)

    def _keep_vector(
        self, connection: sqlite3.Connection, document: PhotoDocument, version: int, when_and_where: WhenAndWhere
    ) -> None:
        """The stored vector stays; what lies beside it follows the document."""
        kept = self._vector_row(connection, document.id)
        if kept is None:
            raise IndexFault(f"{document.key} would be in the index without a vector, where no search finds it")
        vector, beside_before = kept
        beside = (document.background, *when_and_where)
        if beside_before != beside:
            connection.execute(
                "UPDATE vectors SET version = ?, background = ?, taken_at = ?, lat = ?, lon = ?, checksum = ? "
                "WHERE generation = ? AND photo_id = ?",
                (version, *beside, checksum_of(vector, beside), self._generation, document.id),
            )

    def _remove_vector(self, connection: sqlite3.Connection, photo_id: str, version: int) -> None:
        connection.execute("DELETE FROM vectors WHERE generation = ? AND photo_id = ?", (self._generation, photo_id))
        connection.execute("INSERT OR REPLACE INTO removals VALUES (?, ?, ?)", (self._generation, photo_id, version))

    def _current_version(self, connection: sqlite3.Connection, photo_id: str) -> int | None:
        row = connection.execute(
            f"SELECT {_OF_PHOTO}, document, checksum FROM photos WHERE generation = ? AND photo_id = ?",  # noqa: S608
            (self._generation, photo_id),
        ).fetchone()
        return int(row[2]) if row and self._whole(*row) else None

    def _stored(self, condition: str, values: tuple[object, ...]) -> list[StoredPhoto]:
        rows = self._rows(
            f"SELECT {_OF_PHOTO}, document, checksum FROM photos WHERE generation = ? AND {condition}",  # noqa: S608
            (self._generation, *values),
        )
        return [StoredPhoto(from_text(row[3]), row[2]) for row in rows if self._whole(*row)]

    def _whole(self, *row: Any) -> bool:
        """Whether a row's large value and its columns, the last two and those before, are what was written."""
        *columns, large, expected = row
        if checksum(large, *columns) == expected:
            return True
        self._database.note_damaged_row()
        return False

    def _vector_row(
        self, connection: sqlite3.Connection, photo_id: str
    ) -> tuple[Vector, tuple[float | None, ...]] | None:
        """A photo's vector, if it is what was written, and what lies beside it."""
        row = connection.execute(
            f"SELECT {COLUMNS} FROM vectors WHERE generation = ? AND photo_id = ?",  # noqa: S608
            (self._generation, photo_id),
        ).fetchone()
        found = self._vectors([] if row is None else [row])
        return (found[photo_id], row[1:5]) if photo_id in found else None

    def _vectors(self, rows: list[tuple]) -> dict[str, Vector]:  # type: ignore[type-arg]
        """The vectors of rows (COLUMNS) that are what was written, by photo."""
        whole = whole_rows(rows, self._space.dimensions)
        if len(whole.photo_ids) < len(rows):
            self._database.note_damaged_row()
        return dict(zip(whole.photo_ids, whole.vectors, strict=True))

    def _batches(self, select: str) -> Iterator[list[tuple]]:  # type: ignore[type-arg]
        """The rows of this generation, some hundred at a time."""
        with self._database.faults():
            found = self._database.connection().execute(f"{select} WHERE generation = ?", (self._generation,))
            while rows := found.fetchmany(_CHUNK):
                yield rows

    def _is_sound(self, connection: sqlite3.Connection, photo_id: str) -> bool:
        """Whether a photo's document is whole and its vector, too; a failure has none."""
        photo = connection.execute(
            f"SELECT {_OF_PHOTO}, document, checksum, failed FROM photos WHERE generation = ? AND photo_id = ?",  # noqa: S608
            (self._generation, photo_id),
        ).fetchone()
        if photo is None or not self._whole(*photo[:-1]):
            return False
        has_row = "SELECT 1 FROM vectors WHERE generation = ? AND photo_id = ?"
        if photo[-1]:
            return connection.execute(has_row, (self._generation, photo_id)).fetchone() is None
        return self._vector_row(connection, photo_id) is not None

    def _drop(self, connection: sqlite3.Connection, photo_id: str) -> None:
        self._remove_vector(connection, photo_id, self._database.next_version(connection))
        for table in ("photo_peaks", "photos"):
            connection.execute(
                f"DELETE FROM {table} WHERE generation = ? AND photo_id = ?",  # noqa: S608  two names of our own
                (self._generation, photo_id),
            )

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[tuple]:  # type: ignore[type-arg]
        with self._database.faults():
            return self._database.connection().execute(sql, values).fetchall()

    def _showing(self, condition: str, values: tuple[object, ...], where: PhotoFilter) -> list[Showing]:
        """What photos that pass the filter show; the condition is on photo_peaks."""
        if where == EVERYTHING:
            rows = self._rows(
                f"SELECT photo_id, peak_id, certainty FROM photo_peaks WHERE generation = ? {condition}",  # noqa: S608
                (self._generation, *values),
            )
            return [Showing(*row) for row in rows]
        passes, bound = sql_condition(self._generation, where)
        rows = self._rows(
            "SELECT photo_id, lat, lon, peak_id, certainty FROM photos JOIN photo_peaks USING (generation, photo_id) "  # noqa: S608
            f"WHERE {passes} {condition}",
            (*bound, *values),
        )
        if where.near is not None:
            rows = inside(where.near, rows)
        return [Showing(photo_id, peak_id, certainty) for photo_id, _, _, peak_id, certainty in rows]


def _when_and_where(document: PhotoDocument) -> WhenAndWhere:
    """Time of the shot in seconds since 1970, latitude and longitude in degrees; None where unknown."""
    facts = document.facts
    if facts is None:
        return None, None, None
    taken_at = None if facts.taken_at is None else facts.taken_at.timestamp()
    position = facts.position
    return (taken_at, None, None) if position is None else (taken_at, position.lat, position.lon)


def _chunks(photo_ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(photo_ids), _CHUNK):
        yield tuple(photo_ids[start : start + _CHUNK])
