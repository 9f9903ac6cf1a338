"""Reads the rows of one generation from the file; rows with a wrong checksum are logged and skipped."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from cumbre.index.document_codec import checksum
from cumbre.index.embedded.database import EmbeddedDatabase
from cumbre.index.embedded.vector_rows import COLUMNS, whole_rows
from cumbre.index.port import Vector

CHUNK = 500
# The columns of a photo that its checksum covers, in addition to the document.
OF_PHOTO = "generation, photo_id, version"


class GenerationRows:
    """Reads the rows of one generation.

    Methods with a `connection` parameter read within the caller's transaction; the others use this thread's connection.
    """

    def __init__(self, database: EmbeddedDatabase, generation: int, dimensions: int) -> None:
        self._database = database
        self._generation = generation
        self._dimensions = dimensions

    def select(self, sql: str, values: tuple[object, ...]) -> list[tuple]:  # type: ignore[type-arg]
        """Run a SELECT and return all its rows."""
        with self._database.faults():
            return self._database.connection().execute(sql, values).fetchall()

    def batches(self, select: str) -> Iterator[list[tuple]]:  # type: ignore[type-arg]
        """Iterate over the rows of this generation in lists of up to CHUNK. `select` has no WHERE clause yet."""
        with self._database.faults():
            found = self._database.connection().execute(f"{select} WHERE generation = ?", (self._generation,))
            while rows := found.fetchmany(CHUNK):
                yield rows

    def current_version(self, connection: sqlite3.Connection, photo_id: str) -> int | None:
        """Return the version of a photo's document; None if there is none or it is damaged."""
        row = connection.execute(
            f"SELECT {OF_PHOTO}, document, checksum FROM photos WHERE generation = ? AND photo_id = ?",  # noqa: S608
            (self._generation, photo_id),
        ).fetchone()
        return int(row[2]) if row and self.is_whole(*row) else None

    def is_sound(self, connection: sqlite3.Connection, photo_id: str) -> bool:
        """Return whether a photo's document and vector both have the right checksum.

        A failure is sound if its document is and it has no vector.
        """
        photo = connection.execute(
            f"SELECT {OF_PHOTO}, document, checksum, failed FROM photos WHERE generation = ? AND photo_id = ?",  # noqa: S608
            (self._generation, photo_id),
        ).fetchone()
        if photo is None or not self.is_whole(*photo[:-1]):
            return False
        has_row = "SELECT 1 FROM vectors WHERE generation = ? AND photo_id = ?"
        if photo[-1]:
            return connection.execute(has_row, (self._generation, photo_id)).fetchone() is None
        return self.vector_row(connection, photo_id) is not None

    def vector_row(
        self, connection: sqlite3.Connection, photo_id: str
    ) -> tuple[Vector, tuple[float | None, ...]] | None:
        """Return a photo's vector [D] and its (background, taken_at, lat, lon); None if missing or damaged."""
        row = connection.execute(
            f"SELECT {COLUMNS} FROM vectors WHERE generation = ? AND photo_id = ?",  # noqa: S608
            (self._generation, photo_id),
        ).fetchone()
        found = self.vectors([] if row is None else [row])
        return (found[photo_id], row[1:5]) if photo_id in found else None

    def vectors(self, rows: list[tuple]) -> dict[str, Vector]:  # type: ignore[type-arg]
        """Return the vectors [D] of rows of COLUMNS, by photo id; damaged rows are left out."""
        whole = whole_rows(rows, self._dimensions)
        if len(whole.photo_ids) < len(rows):
            self._database.note_damaged_row()
        return dict(zip(whole.photo_ids, whole.vectors, strict=True))

    def is_whole(self, *row: Any) -> bool:
        """Return whether a row (column, ..., large value, checksum) has the right checksum; log it if not."""
        *columns, large, expected = row
        if checksum(large, *columns) == expected:
            return True
        self._database.note_damaged_row()
        return False
