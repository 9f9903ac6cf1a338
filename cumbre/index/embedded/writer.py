"""Writes and deletes the photos of one generation, in every table: document, vector, peaks and removals.

The removals tell the VectorMatrix of other processes which vectors to drop.
"""

import sqlite3

import numpy as np

from cumbre.index.document_codec import checksum, to_text
from cumbre.index.embedded.database import EmbeddedDatabase
from cumbre.index.embedded.rows import GenerationRows
from cumbre.index.embedded.vector_rows import checksum as checksum_of
from cumbre.index.port import PhotoWrite
from cumbre.index.writes import no_vector
from cumbre.photos.document import PhotoDocument

WhenAndWhere = tuple[float | None, float | None, float | None]


class GenerationWriter:
    """Writes and deletes photos within the caller's transaction, which must have checked the versions."""

    def __init__(self, database: EmbeddedDatabase, generation: int, rows: GenerationRows) -> None:
        self._database = database
        self._generation = generation
        self._rows = rows

    def upsert(self, connection: sqlite3.Connection, write: PhotoWrite) -> None:
        """Insert or replace a document with its vector and peaks, under a new version.

        The write must have passed check_writes(). Raises IndexFault if a photo would have no vector.
        """
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
        self._upsert_vector(connection, write, version, when_and_where)
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

    def delete(self, connection: sqlite3.Connection, photo_id: str) -> None:
        """Delete a document with its vector and peaks."""
        self._delete_vector(connection, photo_id, self._database.next_version(connection))
        for table in ("photo_peaks", "photos"):
            connection.execute(
                f"DELETE FROM {table} WHERE generation = ? AND photo_id = ?",  # noqa: S608  constants
                (self._generation, photo_id),
            )

    def _upsert_vector(
        self, connection: sqlite3.Connection, write: PhotoWrite, version: int, when_and_where: WhenAndWhere
    ) -> None:
        document = write.document
        if document.failure is not None:
            self._delete_vector(connection, document.id, version)
        elif write.vector is not None:
            vector = np.ascontiguousarray(write.vector, dtype=np.float32)
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
        """Keep the stored vector; update the other columns of its row from the document."""
        kept = self._rows.vector_row(connection, document.id)
        if kept is None:
            raise no_vector(document)
        vector, beside_before = kept
        beside = (document.background, *when_and_where)
        if beside_before != beside:
            connection.execute(
                "UPDATE vectors SET version = ?, background = ?, taken_at = ?, lat = ?, lon = ?, checksum = ? "
                "WHERE generation = ? AND photo_id = ?",
                (version, *beside, checksum_of(vector, beside), self._generation, document.id),
            )

    def _delete_vector(self, connection: sqlite3.Connection, photo_id: str, version: int) -> None:
        connection.execute("DELETE FROM vectors WHERE generation = ? AND photo_id = ?", (self._generation, photo_id))
        connection.execute("INSERT OR REPLACE INTO removals VALUES (?, ?, ?)", (self._generation, photo_id, version))


def _when_and_where(document: PhotoDocument) -> WhenAndWhere:
    """Return the time of the shot in POSIX seconds, latitude and longitude in degrees; None if unknown."""
    facts = document.facts
    if facts is None:
        return None, None, None
    taken_at = None if facts.taken_at is None else facts.taken_at.timestamp()
    position = facts.position
    return (taken_at, None, None) if position is None else (taken_at, position.lat, position.lon)
