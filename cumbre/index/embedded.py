"""The embedded adapter of PhotoIndex: one SQLite file, exact kNN over a matrix in memory."""

import json
import math
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from cumbre.documents import PhotoDocument
from cumbre.errors import GenerationReplaced, IndexFault, VersionConflict
from cumbre.geometry import bearing_and_distance
from cumbre.index.codec import from_record, to_record
from cumbre.index.embedded_database import EmbeddedDatabase
from cumbre.index.embedded_matrix import VectorMatrix
from cumbre.index.port import (
    EVERYTHING,
    KnownObject,
    Near,
    Neighbour,
    PhotoFilter,
    PhotoIndex,
    PhotoWrite,
    RankBy,
    StoredPhoto,
    Vector,
    VectorSpace,
)

_METRES_PER_DEGREE = 110_000.0
_CHUNK = 500


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
        for start in range(0, len(photo_ids), _CHUNK):
            chunk = tuple(photo_ids[start : start + _CHUNK])
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
        only = None if where == EVERYTHING else self._matching(where)
        return self._matrix.nearest(vector, k, only, rank_by)

    def select(self, where: PhotoFilter = EVERYTHING, limit: int | None = None) -> list[PhotoDocument]:
        condition, values = self._condition(where)
        rows = self._rows(
            f"SELECT document, lat, lon FROM photos WHERE {condition} "  # noqa: S608  values are bound
            "ORDER BY taken_at IS NULL, taken_at DESC, photo_id" + ("" if where.near else " LIMIT ?"),
            (*values, *(() if where.near else (-1 if limit is None else limit,))),
        )
        if where.near is not None:
            rows = _inside(where.near, rows)[:limit]
        return [from_record(json.loads(row[0])) for row in rows]

    def count(self, where: PhotoFilter = EVERYTHING) -> int:
        if where.near is not None:
            return len(self._matching(where))
        condition, values = self._condition(where)
        return int(self._rows(f"SELECT count(*) FROM photos WHERE {condition}", values)[0][0])  # noqa: S608

    def peak_counts(self, where: PhotoFilter = EVERYTHING) -> dict[str, int]:
        if where == EVERYTHING:
            sql = "SELECT peak_id, count(*) FROM photo_peaks WHERE generation = ? GROUP BY peak_id"
            return dict(self._rows(sql, (self._generation,)))
        counts: dict[str, int] = {}
        for document in self.select(where):
            for peak_id in document.predicted_peaks:
                counts[peak_id] = counts.get(peak_id, 0) + 1
        return counts

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
        facts = document.facts
        position = facts.position if facts else None
        taken_at = facts.taken_at.timestamp() if facts and facts.taken_at else None
        connection.execute(
            "INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                position.lat if position else None,
                position.lon if position else None,
                json.dumps(to_record(document), ensure_ascii=False),
            ),
        )
        self._put_vector(connection, write, version)
        connection.execute(
            "DELETE FROM photo_peaks WHERE generation = ? AND photo_id = ?", (self._generation, document.id)
        )
        if document.failure is None:
            connection.executemany(
                "INSERT OR IGNORE INTO photo_peaks VALUES (?, ?, ?)",
                [(self._generation, peak_id, document.id) for peak_id in document.predicted_peaks],
            )

    def _put_vector(self, connection: sqlite3.Connection, write: PhotoWrite, version: int) -> None:
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
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?)",
                (self._generation, document.id, version, document.background, vector.tobytes()),
            )
            connection.execute(
                "DELETE FROM removals WHERE generation = ? AND photo_id = ?", (self._generation, document.id)
            )
        else:
            connection.execute(
                "UPDATE vectors SET background = ?, version = ? "
                "WHERE generation = ? AND photo_id = ? AND background != ?",
                (document.background, version, self._generation, document.id, document.background),
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

    def _matching(self, where: PhotoFilter) -> list[str]:
        condition, values = self._condition(where)
        rows = self._rows(f"SELECT photo_id, lat, lon FROM photos WHERE {condition}", values)  # noqa: S608
        if where.near is not None:
            rows = _inside(where.near, rows)
        return [row[0] for row in rows]

    def _condition(self, where: PhotoFilter) -> tuple[str, tuple[object, ...]]:
        """SQL for the filter; for `near` only a box that holds the circle."""
        parts = ["generation = ? AND NOT failed"]
        bound: list[object] = [self._generation]
        if where.peak_ids:
            marks = ",".join("?" * len(where.peak_ids))
            shows_one = "SELECT photo_id FROM photo_peaks WHERE generation = ? AND peak_id IN"
            parts.append(f"photo_id IN ({shows_one} ({marks}))")
            bound += [self._generation, *where.peak_ids]
        if where.since is not None:
            parts.append("taken_at >= ?")
            bound.append(where.since.timestamp())
        if where.until is not None:
            parts.append("taken_at < ?")
            bound.append(where.until.timestamp())
        if where.near is not None:
            reach_deg = where.near.radius_m / _METRES_PER_DEGREE
            parts.append("lat BETWEEN ? AND ?")
            bound += [where.near.lat - reach_deg, where.near.lat + reach_deg]
            west, east = _longitudes(where.near, reach_deg)
            if west >= -180.0 and east <= 180.0:
                parts.append("lon BETWEEN ? AND ?")
                bound += [west, east]
        return " AND ".join(parts), tuple(bound)


def _longitudes(near: Near, reach_deg: float) -> tuple[float, float]:
    """West and east of a box around the circle; beyond +-180 where it holds a pole or crosses the date line."""
    farthest = abs(near.lat) + reach_deg
    if farthest >= 89.0:
        return -181.0, 181.0
    reach = reach_deg / math.cos(math.radians(farthest))
    return near.lon - reach, near.lon + reach


def _inside(near: Near, rows: list[tuple]) -> list[tuple]:  # type: ignore[type-arg]
    """The rows (.., lat, lon) that lie inside the circle."""
    if not rows:
        return []
    lats = np.array([row[1] for row in rows], dtype=np.float64)
    lons = np.array([row[2] for row in rows], dtype=np.float64)
    _, distance_m = bearing_and_distance(near.lat, near.lon, lats, lons)
    return [row for row, distance in zip(rows, distance_m, strict=True) if distance <= near.radius_m]


class EmbeddedGenerations:
    """The generations in one file. An index object is kept as long as its generation is the same, with its matrix."""

    def __init__(self, path: Path) -> None:
        self._database = EmbeddedDatabase(path)
        self._open: dict[int, EmbeddedPhotoIndex] = {}
        self._lock = threading.Lock()

    def active(self) -> EmbeddedPhotoIndex | None:
        return self._in_state("active")

    def building(self) -> EmbeddedPhotoIndex | None:
        return self._in_state("building")

    def ensure_active(self, space: VectorSpace) -> EmbeddedPhotoIndex:
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO generations (model_id, dimensions, state) VALUES (?, ?, 'active')",
                (space.model_id, space.dimensions),
            )
        active = self.active()
        assert active is not None
        return active

    def create_building(self, space: VectorSpace) -> EmbeddedPhotoIndex:
        with self._database.writing() as connection:
            if connection.execute("SELECT 1 FROM generations WHERE state = 'building'").fetchone():
                raise IndexFault(
                    "a new generation of the index is being built already: `cumbre reindex` goes on with it"
                )
            connection.execute(
                "INSERT INTO generations (model_id, dimensions, state) VALUES (?, ?, 'building')",
                (space.model_id, space.dimensions),
            )
        building = self.building()
        assert building is not None
        return building

    def activate(self, built: PhotoIndex) -> None:
        generation = built.generation if isinstance(built, EmbeddedPhotoIndex) else None
        with self._database.writing() as connection:
            found = connection.execute(
                "SELECT 1 FROM generations WHERE id = ? AND state = 'building'", (generation,)
            ).fetchone()
            if found is None:
                raise GenerationReplaced("another `cumbre reindex` has finished meanwhile: there is nothing left to do")
            connection.execute("DELETE FROM generations WHERE state = 'active'")
            connection.execute("UPDATE generations SET state = 'active' WHERE state = 'building'")

    def drop_building(self) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM generations WHERE state = 'building'")

    def close(self) -> None:
        self._database.close()

    def _in_state(self, state: str) -> EmbeddedPhotoIndex | None:
        with self._database.faults():
            connection = self._database.connection()
            rows = connection.execute("SELECT id, state, model_id, dimensions FROM generations").fetchall()
        with self._lock:
            # A generation that is gone takes its matrix with it.
            self._open = {generation: self._open[generation] for generation, *_ in rows if generation in self._open}
            for generation, its_state, model_id, dimensions in rows:
                if its_state == state:
                    if generation not in self._open:
                        space = VectorSpace(model_id, dimensions)
                        self._open[generation] = EmbeddedPhotoIndex(self._database, generation, space)
                    return self._open[generation]
        return None
