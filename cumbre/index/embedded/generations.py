"""The embedded adapter of IndexGenerations: all generations in one SQLite file."""

import sqlite3
import threading
from pathlib import Path

from cumbre.errors import GenerationReplaced, IndexFault
from cumbre.index.embedded.database import EmbeddedDatabase
from cumbre.index.embedded.index import EmbeddedPhotoIndex
from cumbre.index.port import PhotoIndex, VectorSpace


class EmbeddedGenerations:
    """The generations of one file.

    An EmbeddedPhotoIndex and its vectors in memory are reused while their generation exists. See EmbeddedDatabase for
    scanning and the errors raised when the file is opened.
    """

    def __init__(self, path: Path, scanning: bool = False) -> None:
        self._database = EmbeddedDatabase(path, scanning)
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

    def previous(self) -> EmbeddedPhotoIndex | None:
        return self._in_state("previous")

    def create_building(self, space: VectorSpace) -> EmbeddedPhotoIndex:
        with self._database.writing() as connection:
            _refuse_if_building(connection)
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
                raise GenerationReplaced("another `cumbre reindex` has finished first: there is nothing left to do")
            connection.execute("DELETE FROM generations WHERE state = 'previous'")
            connection.execute("UPDATE generations SET state = 'previous' WHERE state = 'active'")
            connection.execute("UPDATE generations SET state = 'active' WHERE state = 'building'")

    def drop_building(self) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM generations WHERE state = 'building'")

    def rebuild_previous(self, space: VectorSpace) -> EmbeddedPhotoIndex | None:
        with self._database.writing() as connection:
            _refuse_if_building(connection)
            connection.execute(
                "DELETE FROM notes WHERE generation IN (SELECT id FROM generations WHERE state = 'previous')"
            )
            connection.execute(
                "UPDATE generations SET state = 'building' "
                "WHERE state = 'previous' AND model_id = ? AND dimensions = ?",
                (space.model_id, space.dimensions),
            )
        return self.building()

    def drop_previous(self) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM generations WHERE state = 'previous'")

    def incomplete(self) -> bool:
        return self._database.incomplete

    def set_complete(self) -> None:
        self._database.incomplete = False

    def close(self) -> None:
        self._database.close()

    def _in_state(self, state: str) -> EmbeddedPhotoIndex | None:
        with self._database.faults():
            connection = self._database.connection()
            rows = connection.execute("SELECT id, state, model_id, dimensions FROM generations").fetchall()
        with self._lock:
            # Forget indices whose generation was deleted or replaced, which frees their vectors.
            kept = {generation for generation, its_state, *_ in rows if its_state in ("active", "building", state)}
            self._open = {generation: index for generation, index in self._open.items() if generation in kept}
            for generation, its_state, model_id, dimensions in rows:
                if its_state == state:
                    if generation not in self._open:
                        space = VectorSpace(model_id, dimensions)
                        self._open[generation] = EmbeddedPhotoIndex(self._database, generation, space)
                    return self._open[generation]
        return None


def _refuse_if_building(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM generations WHERE state = 'building'").fetchone():
        raise IndexFault("a new generation of the index is being built already: `cumbre reindex` continues it")
