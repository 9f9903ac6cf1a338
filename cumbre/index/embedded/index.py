"""The embedded adapter of PhotoIndex: one SQLite file, exact nearest-neighbour search over a matrix in memory."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cumbre.errors import GenerationReplaced, VersionConflict
from cumbre.index.document_codec import from_text
from cumbre.index.embedded.database import EmbeddedDatabase
from cumbre.index.embedded.matrix import VectorMatrix
from cumbre.index.embedded.rows import CHUNK, OF_PHOTO, GenerationRows
from cumbre.index.embedded.sql_filter import rows_in_circle, sql_condition
from cumbre.index.embedded.vector_rows import COLUMNS
from cumbre.index.embedded.writer import GenerationWriter
from cumbre.index.port import (
    NO_FILTER,
    IndexedObject,
    Neighbour,
    PeakInPhoto,
    PhotoFilter,
    PhotoWrite,
    RankBy,
    Reference,
    Shot,
    StoredPhoto,
    Vector,
    VectorSpace,
)
from cumbre.index.writes import check_vector, check_writes
from cumbre.photos.document import PhotoDocument


class EmbeddedPhotoIndex:
    """One generation in the SQLite file. Documents and vectors with a wrong checksum are treated as missing."""

    def __init__(self, database: EmbeddedDatabase, generation: int, space: VectorSpace) -> None:
        self._database = database
        self._generation = generation
        self._space = space
        self._rows = GenerationRows(database, generation, space.dimensions)
        self._writer = GenerationWriter(database, generation, self._rows)
        self._matrix = VectorMatrix(database, generation, space.dimensions)

    @property
    def generation(self) -> int:
        """The id of the generation in the file."""
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
            found = self._rows.vector_row(self._database.connection(), photo_id)
        return None if found is None else found[0]

    def find_by_content(self, content_sha256: str) -> StoredPhoto | None:
        rows = self._stored("content_sha256 = ? AND NOT failed LIMIT 1", (content_sha256,))
        return rows[0] if rows else None

    def with_content(self, content_sha256: str) -> list[StoredPhoto]:
        return self._stored("content_sha256 = ?", (content_sha256,))

    def indexed_objects(self, bucket: str, prefix: str = "") -> Iterator[IndexedObject]:
        rows = self._rows.select(
            "SELECT key, etag FROM photos WHERE generation = ? AND bucket = ? AND substr(key, 1, ?) = ?",
            (self._generation, bucket, len(prefix), prefix),
        )
        return (IndexedObject(key, etag) for key, etag in rows)

    def write(self, writes: Sequence[PhotoWrite]) -> list[PhotoWrite]:
        check_writes(writes, self._space)
        conflicts = []
        with self._writing() as connection:
            for write in writes:
                if self._rows.current_version(connection, write.document.id) == write.expected_version:
                    self._writer.upsert(connection, write)
                else:
                    conflicts.append(write)
        return conflicts

    def delete(self, photo_id: str, expected_version: int) -> None:
        with self._writing() as connection:
            current = self._rows.current_version(connection, photo_id)
            if current is None:
                return
            if current != expected_version:
                raise VersionConflict(f"photo {photo_id} was changed in the meantime")
            self._writer.delete(connection, photo_id)

    def nearest(
        self, vector: Vector, k: int, where: PhotoFilter = NO_FILTER, rank_by: RankBy = RankBy.SCORE
    ) -> list[Neighbour]:
        check_vector(vector, self._space)
        return self._matrix.nearest(vector, k, where, rank_by)

    def select(self, where: PhotoFilter = NO_FILTER, limit: int | None = None, offset: int = 0) -> list[PhotoDocument]:
        condition, values = sql_condition(self._generation, where)
        rows = self._rows.select(
            f"SELECT document, lat, lon, {OF_PHOTO}, checksum FROM photos WHERE {condition} "  # noqa: S608  values are bound
            "ORDER BY taken_at DESC, photo_id" + ("" if where.near else " LIMIT ? OFFSET ?"),
            (*values, *(() if where.near else (-1 if limit is None else limit, offset))),
        )
        if where.near is not None:
            rows = rows_in_circle(where.near, rows)[offset : None if limit is None else offset + limit]
        return [from_text(row[0]) for row in rows if self._rows.is_whole(*row[3:6], row[0], row[6])]

    def peaks_in_photos(self, peak_ids: Sequence[str], where: PhotoFilter = NO_FILTER) -> list[PeakInPhoto]:
        marks = ",".join("?" * len(peak_ids))
        return self._showing(f"AND peak_id IN ({marks})", tuple(peak_ids), where)

    def shots(self, where: PhotoFilter = NO_FILTER) -> list[Shot]:
        condition, values = sql_condition(self._generation, where)
        rows = self._rows.select(f"SELECT photo_id, lat, lon, taken_at FROM photos WHERE {condition}", values)  # noqa: S608
        if where.near is not None:
            rows = rows_in_circle(where.near, rows)
        return [Shot(photo_id, taken_at, lat, lon) for photo_id, lat, lon, taken_at in rows]

    def newest(self, photo_ids: Sequence[str], k: int) -> list[str]:
        return self._matrix.newest(photo_ids, k)

    def reference_photos(self, limit: int) -> list[Reference]:
        rows = self._rows.select(
            f"SELECT {COLUMNS}, teaches, content_sha256 FROM photos JOIN vectors USING (generation, photo_id) "  # noqa: S608
            "WHERE photos.generation = ? AND teaches IS NOT NULL ORDER BY photos.photo_id LIMIT ?",
            (self._generation, limit),
        )
        vectors = self._rows.vectors([row[:-2] for row in rows])
        return [
            Reference(peak_id, sha256, vectors[photo_id])
            for photo_id, *_, peak_id, sha256 in rows
            if photo_id in vectors
        ]

    def count(self, where: PhotoFilter = NO_FILTER) -> int:
        condition, values = sql_condition(self._generation, where)
        if where.near is not None:
            rows = self._rows.select(f"SELECT photo_id, lat, lon FROM photos WHERE {condition}", values)  # noqa: S608
            return len(rows_in_circle(where.near, rows))
        return int(self._rows.select(f"SELECT count(*) FROM photos WHERE {condition}", values)[0][0])  # noqa: S608

    def peak_counts(self, where: PhotoFilter = NO_FILTER) -> dict[str, int]:
        if where == NO_FILTER:
            sql = "SELECT peak_id, count(*) FROM photo_peaks WHERE generation = ? GROUP BY peak_id"
            return dict(self._rows.select(sql, (self._generation,)))
        passes, bound = sql_condition(self._generation, where)
        # CROSS JOIN makes SQLite start with the photos that pass. By itself it would start with all of photo_peaks,
        # which takes three times as long.
        shown = f"photos CROSS JOIN photo_peaks USING (generation, photo_id) WHERE {passes}"
        if where.near is None:
            return dict(self._rows.select(f"SELECT peak_id, count(*) FROM {shown} GROUP BY peak_id", bound))  # noqa: S608
        rows = self._rows.select(f"SELECT peak_id, lat, lon FROM {shown}", bound)  # noqa: S608
        return dict(Counter(peak_id for peak_id, _, _ in rows_in_circle(where.near, rows)))

    def failures(self) -> list[PhotoDocument]:
        return [stored.document for stored in self._stored("failed ORDER BY bucket, key", ())]

    def scan(self) -> Iterator[tuple[StoredPhoto, Vector]]:
        last = ""
        while True:
            photo_ids = self._rows.select(
                "SELECT photo_id FROM photos WHERE generation = ? AND failed = 0 AND photo_id > ? "
                "ORDER BY photo_id LIMIT ?",
                (self._generation, last, CHUNK),
            )
            if not photo_ids:
                return
            first, last = photo_ids[0][0], photo_ids[-1][0]
            between = (self._generation, first, last)
            vectors = self._rows.vectors(
                self._rows.select(
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
        for rows in self._rows.batches(f"SELECT {OF_PHOTO}, document, checksum, failed FROM photos"):  # noqa: S608
            for *row, failed in rows:
                if not self._rows.is_whole(*row):
                    suspects.add(row[1])
                elif not failed:
                    photos.add(row[1])
        vectors: set[str] = set()
        for rows in self._rows.batches(f"SELECT {COLUMNS} FROM vectors"):  # noqa: S608
            whole = self._rows.vectors(rows).keys()
            vectors |= whole
            suspects |= {row[0] for row in rows} - whole
        suspects |= photos ^ vectors
        if not suspects:
            return 0
        forgotten = 0
        with self._writing() as connection:
            for photo_id in suspects:
                # Another process may have repaired it since it was read.
                if not self._rows.is_sound(connection, photo_id):
                    self._writer.delete(connection, photo_id)
                    forgotten += 1
        if forgotten:
            self._database.incomplete = True
        return forgotten

    def metadata(self, name: str) -> str | None:
        rows = self._rows.select("SELECT value FROM notes WHERE generation = ? AND name = ?", (self._generation, name))
        return rows[0][0] if rows else None

    def set_metadata(self, name: str, value: str) -> None:
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (self._generation, name, value))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction. Raises GenerationReplaced if this generation is neither active nor being built."""
        with self._database.writing() as connection:
            state = "SELECT state FROM generations WHERE id = ?"
            if connection.execute(state, (self._generation,)).fetchone() not in (("active",), ("building",)):
                raise GenerationReplaced(
                    "`cumbre reindex` has replaced the index in the meantime: run the same command again"
                )
            yield connection

    def _stored(self, condition: str, values: tuple[object, ...]) -> list[StoredPhoto]:
        rows = self._rows.select(
            f"SELECT {OF_PHOTO}, document, checksum FROM photos WHERE generation = ? AND {condition}",  # noqa: S608
            (self._generation, *values),
        )
        return [StoredPhoto(from_text(row[3]), row[2]) for row in rows if self._rows.is_whole(*row)]

    def _showing(self, condition: str, values: tuple[object, ...], where: PhotoFilter) -> list[PeakInPhoto]:
        """Return the peaks of the photos that pass the filter; `condition` is SQL on photo_peaks."""
        if where == NO_FILTER:
            rows = self._rows.select(
                f"SELECT photo_id, peak_id, certainty FROM photo_peaks WHERE generation = ? {condition}",  # noqa: S608
                (self._generation, *values),
            )
            return [PeakInPhoto(*row) for row in rows]
        passes, bound = sql_condition(self._generation, where)
        rows = self._rows.select(
            "SELECT photo_id, lat, lon, peak_id, certainty FROM photos JOIN photo_peaks USING (generation, photo_id) "  # noqa: S608
            f"WHERE {passes} {condition}",
            (*bound, *values),
        )
        if where.near is not None:
            rows = rows_in_circle(where.near, rows)
        return [PeakInPhoto(photo_id, peak_id, certainty) for photo_id, _, _, peak_id, certainty in rows]


def _chunks(photo_ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(photo_ids), CHUNK):
        yield tuple(photo_ids[start : start + CHUNK])
