"""Rows of one generation, read from the file; a row that is not what was written is noticed and left out."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from cumbre.index.document_codec import checksum
from cumbre.index.embedded.database import EmbeddedDatabase
from cumbre.index.embedded.vector_rows import COLUMNS, whole_rows
from cumbre.index.port import Vector

CHUNK = 500
# What a photo's checksum covers beside its document.
OF_PHOTO = "generation, photo_id, version"


class GenerationRows:
    """What is stored of one generation; also what a transaction sees of it."""

    def __init__(self, database: EmbeddedDatabase, generation: int, dimensions: int) -> None:
        self._database = database
        self._generation = generation
        self._dimensions = dimensions

    def select(self, sql: str, values: tuple[object, ...]) -> list[tuple]:  # type: ignore[type-arg]
        """All rows of a statement."""
        with self._database.faults():
            return self._database.connection().execute(sql, values).fetchall()

    def batches(self, select: str) -> Iterator[list[tuple]]:  # type: ignore[type-arg]
        """The rows of this generation, some hundred at a time."""
        with self._database.faults():
            found = self._database.connection().execute(f"{select} WHERE generation = ?", (self._generation,))
            while rows := found.fetchmany(CHUNK):
                yield rows

    def current_version(self, connection: sqlite3.Connection, photo_id: str) -> int | None:
        """The version of a photo's document; None if there is none, or it is damaged."""
        row = connection.execute(
            f"SELECT {OF_PHOTO}, document, checksum FROM photos WHERE generation = ? AND photo_id = ?",  # noqa: S608
            (self._generation, photo_id),
        ).fetchone()
        return int(row[2]) if row and self.is_whole(*row) else None

    def is_sound(self, connection: sqlite3.Connection, photo_id: str) -> bool:
        """Whether a photo's document is whole and its vector, too; a failure has none."""
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
        """A photo's vector, if it is what was written, and what lies beside it."""
        row = connection.execute(
            f"SELECT {COLUMNS} FROM vectors WHERE generation = ? AND photo_id = ?",  # noqa: S608
            (self._generation, photo_id),
        ).fetchone()
        found = self.vectors([] if row is None else [row])
        return (found[photo_id], row[1:5]) if photo_id in found else None

    def vectors(self, rows: list[tuple]) -> dict[str, Vector]:  # type: ignore[type-arg]
        """The vectors of rows (COLUMNS) that are what was written, by photo."""
        whole = whole_rows(rows, self._dimensions)
        if len(whole.photo_ids) < len(rows):
            self._database.note_damaged_row()
        return dict(zip(whole.photo_ids, whole.vectors, strict=True))

    def is_whole(self, *row: Any) -> bool:
        """Whether a row's large value and its columns, the last two and those before, are what was written."""
        *columns, large, expected = row
        if checksum(large, *columns) == expected:
            return True
        self._database.note_damaged_row()
        return False
