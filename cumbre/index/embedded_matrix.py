"""The vectors of one generation in memory, kept fresh from the file, for exact search."""

import threading
from collections.abc import Collection

import numpy as np

from cumbre.index.embedded_database import EmbeddedDatabase
from cumbre.index.port import Neighbour, RankBy, Vector

_FIRST_CAPACITY = 1024
# Below this share of the matrix, gathering the wanted rows costs less than scoring all of them.
_GATHER_SHARE = 0.25


class VectorMatrix:
    """Rows [N, D] of unit vectors with their backgrounds [N]; any thread may search."""

    def __init__(self, database: EmbeddedDatabase, generation: int, dimensions: int) -> None:
        self._database = database
        self._generation = generation
        self._lock = threading.Lock()
        self._version = -1
        self._ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._rows = np.empty((_FIRST_CAPACITY, dimensions), dtype=np.float32)
        self._background = np.empty(_FIRST_CAPACITY, dtype=np.float32)

    def nearest(self, vector: Vector, k: int, only: Collection[str] | None, rank_by: RankBy) -> list[Neighbour]:
        """The k best rows for a vector [D], best first, among the ids of `only` (None: all)."""
        with self._lock:
            self._refresh()
            count = len(self._ids)
            if only is None:
                chosen = np.arange(count)
            else:
                rows = (self._row_of.get(photo_id) for photo_id in only)
                chosen = np.array([row for row in rows if row is not None], dtype=np.intp)
            if len(chosen) == 0 or k <= 0:
                return []
            if len(chosen) < _GATHER_SHARE * count:
                cosines = self._rows[chosen] @ vector
            else:
                cosines = (self._rows[:count] @ vector)[chosen]
            scores = cosines - self._background[chosen] if rank_by is RankBy.SCORE else cosines
            best = _top(scores, k)
            return [Neighbour(self._ids[chosen[i]], float(cosines[i]), float(scores[i])) for i in best]

    def _refresh(self) -> None:
        version = self._database.version()
        if version == self._version:
            return
        with self._database.faults():
            connection = self._database.connection()
            since = (self._generation, self._version)
            for (photo_id,) in connection.execute(
                "SELECT photo_id FROM removals WHERE generation = ? AND version > ?", since
            ):
                self._remove(photo_id)
            # Removals and vectors are two statements, so a photo written again in between may come twice: the later
            # row wins. Versions beyond `version` are loaded now and once more by the next refresh, which is harmless.
            for photo_id, background, blob in connection.execute(
                "SELECT photo_id, background, vector FROM vectors WHERE generation = ? AND version > ?", since
            ):
                self._put(photo_id, background, np.frombuffer(blob, dtype=np.float32))
        self._version = version

    def _put(self, photo_id: str, background: float, vector: Vector) -> None:
        row = self._row_of.get(photo_id)
        if row is None:
            row = len(self._ids)
            if row == len(self._rows):
                self._grow()
            self._ids.append(photo_id)
            self._row_of[photo_id] = row
        self._rows[row] = vector
        self._background[row] = background

    def _remove(self, photo_id: str) -> None:
        """The last row takes the place of the removed one."""
        row = self._row_of.pop(photo_id, None)
        if row is None:
            return
        last = len(self._ids) - 1
        last_id = self._ids.pop()
        if row != last:
            self._rows[row] = self._rows[last]
            self._background[row] = self._background[last]
            self._ids[row] = last_id
            self._row_of[last_id] = row

    def _grow(self) -> None:
        capacity = 2 * len(self._rows)
        rows = np.empty((capacity, self._rows.shape[1]), dtype=np.float32)
        rows[: len(self._rows)] = self._rows
        background = np.empty(capacity, dtype=np.float32)
        background[: len(self._background)] = self._background
        self._rows, self._background = rows, background


def _top(scores: np.ndarray, k: int) -> np.ndarray:
    """Indices of the k highest scores, highest first; ties by index, so that an answer is repeatable."""
    candidates = np.argpartition(-scores, k)[:k] if k < len(scores) else np.arange(len(scores))
    return candidates[np.lexsort((candidates, -scores[candidates]))]
