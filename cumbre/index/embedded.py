"""The embedded adapter of PhotoIndex: one SQLite file, exact kNN over a matrix in memory."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from cumbre.documents import PhotoDocument
from cumbre.errors import IndexFault, VersionConflict
from cumbre.index.codec import from_record, to_record
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

_CHUNK = 500

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
        rows = self._rows(
            "SELECT vector FROM vectors WHERE generation = ? AND photo_id = ?", (self._generation, photo_id)
        )
        return np.frombuffer(rows[0][0], dtype=np.float32) if rows else None

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
            version = self._database.next_version(connection)
            self._remove_vector(connection, photo_id, version)
            for table in ("photo_peaks", "photos"):
                connection.execute(
                    f"DELETE FROM {table} WHERE generation = ? AND photo_id = ?",  # noqa: S608  two names of our own
                    (self._generation, photo_id),
                )

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
            f"SELECT document, lat, lon FROM photos WHERE {condition} "  # noqa: S608  values are bound
            "ORDER BY taken_at DESC, photo_id" + ("" if where.near else " LIMIT ?"),
            (*values, *(() if where.near else (-1 if limit is None else limit,))),
        )
        if where.near is not None:
            rows = inside(where.near, rows)[:limit]
        return [from_record(json.loads(row[0])) for row in rows]

    def showing(self, peak_ids: Sequence[str], where: PhotoFilter = EVERYTHING) -> list[Showing]:
        marks = ",".join("?" * len(peak_ids))
        return self._showing(f"AND peak_id IN ({marks})", tuple(peak_ids), where)

    def newest(self, photo_ids: Sequence[str], k: int) -> list[str]:
        taken_at: dict[str, float] = {}
        for chunk in _chunks(photo_ids):
            marks = ",".join("?" * len(chunk))
            taken_at |= self._rows(
                f"SELECT photo_id, taken_at FROM photos WHERE generation = ? AND photo_id IN ({marks})",  # noqa: S608
                (self._generation, *chunk),
            )
        known = [photo_id for photo_id in photo_ids if photo_id in taken_at]
        return sorted(known, key=lambda photo_id: (taken_at[photo_id] is None, -(taken_at[photo_id] or 0.0)))[:k]

    def teachers(self, limit: int) -> list[Reference]:
        rows = self._rows(
            "SELECT teaches, content_sha256, vector FROM photos JOIN vectors USING (generation, photo_id) "
            "WHERE photos.generation = ? AND teaches IS NOT NULL ORDER BY photos.photo_id LIMIT ?",
            (self._generation, limit),
        )
        return [Reference(peak_id, sha256, np.frombuffer(blob, dtype=np.float32)) for peak_id, sha256, blob in rows]

    def count(self, where: PhotoFilter = EVERYTHING) -> int:
        if where.near is not None:
            return len(self._matching(where))
        condition, values = sql_condition(self._generation, where)
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
            rows = self._rows(
                "SELECT photo_id, document, photos.version, vector "
                "FROM photos JOIN vectors USING (generation, photo_id) "
                "WHERE generation = ? AND NOT failed AND photo_id > ? ORDER BY photo_id LIMIT ?",
                (self._generation, last, _CHUNK),
            )
            if not rows:
                return
            for photo_id, document, version, blob in rows:
                last = photo_id
                yield (
                    StoredPhoto(from_record(json.loads(document)), version),
                    np.frombuffer(blob, dtype=np.float32),
                )

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
        connection.execute(
            "INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                json.dumps(to_record(document), ensure_ascii=False),
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
            connection.execute(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (self._generation, document.id, version, document.background, *when_and_where, vector.tobytes()),
            )
            connection.execute(
                "DELETE FROM removals WHERE generation = ? AND photo_id = ?", (self._generation, document.id)
            )
        else:
            columns = (document.background, *when_and_where)
            connection.execute(
                "UPDATE vectors SET version = ?, background = ?, taken_at = ?, lat = ?, lon = ? "
                "WHERE generation = ? AND photo_id = ? AND (background, taken_at, lat, lon) IS NOT (?, ?, ?, ?)",
                (version, *columns, self._generation, document.id, *columns),
            )
            kept = "SELECT 1 FROM vectors WHERE generation = ? AND photo_id = ?"
            if connection.execute(kept, (self._generation, document.id)).fetchone() is None:
                raise IndexFault(f"{document.key} would be in the index without a vector, where no search finds it")

    def _remove_vector(self, connection: sqlite3.Connection, photo_id: str, version: int) -> None:
        connection.execute("DELETE FROM vectors WHERE generation = ? AND photo_id = ?", (self._generation, photo_id))
        connection.execute("INSERT OR REPLACE INTO removals VALUES (?, ?, ?)", (self._generation, photo_id, version))

    def _current_version(self, connection: sqlite3.Connection, photo_id: str) -> int | None:
        row = connection.execute(
            "SELECT version FROM photos WHERE generation = ? AND photo_id = ?", (self._generation, photo_id)
        ).fetchone()
        return int(row[0]) if row else None

    def _stored(self, condition: str, values: tuple[object, ...]) -> list[StoredPhoto]:
        rows = self._rows(
            f"SELECT document, version FROM photos WHERE generation = ? AND {condition}",  # noqa: S608
            (self._generation, *values),
        )
        return [StoredPhoto(from_record(json.loads(document)), version) for document, version in rows]

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

    def _matching(self, where: PhotoFilter) -> list[str]:
        condition, values = sql_condition(self._generation, where)
        rows = self._rows(f"SELECT photo_id, lat, lon FROM photos WHERE {condition}", values)  # noqa: S608
        if where.near is not None:
            rows = inside(where.near, rows)
        return [row[0] for row in rows]


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
