"""Exact vector search: the vectors of one generation in memory, brought up to date from the file before each search."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cumbre.index.embedded.database import EmbeddedDatabase
from cumbre.index.embedded.sql_filter import rows_that_pass
from cumbre.index.embedded.vector_rows import COLUMNS, whole_rows
from cumbre.index.port import NO_FILTER, Neighbour, PhotoFilter, RankBy, Vector

_FIRST_CAPACITY = 1024
_FETCH_SIZE = 1000
# Below this share of the rows, copying the rows that pass costs less than scoring all rows.
_GATHER_SHARE = 0.25
_PEAK_CACHE_SIZE = 64


class VectorMatrix:
    """The unit vectors [N, D] of a generation and the values that filters and scores need. Any thread may search.

    Loads only the rows that changed since the last search, by their version numbers.
    """

    def __init__(self, database: EmbeddedDatabase, generation: int, dimensions: int) -> None:
        self._database = database
        self._generation = generation
        self._lock = threading.Lock()
        self._version = -1
        self._ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._rows = np.empty((_FIRST_CAPACITY, dimensions), dtype=np.float32)
        self._background = np.empty(_FIRST_CAPACITY, dtype=np.float32)
        # [3, N]: time of the shot in POSIX seconds, latitude, longitude; NaN if unknown.
        self._facts = np.empty((3, _FIRST_CAPACITY), dtype=np.float64)
        self._rows_of_peaks: dict[tuple[str, ...], NDArray[np.intp]] = {}

    def nearest(self, vector: Vector, k: int, where: PhotoFilter, rank_by: RankBy) -> list[Neighbour]:
        """Return the k best photos for a vector [D] among those that pass the filter, best first."""
        with self._lock:
            self._refresh()
            count = len(self._ids)
            if count == 0 or k <= 0:
                return []
            background = self._background[:count]
            if where == NO_FILTER:
                cosines = self._rows[:count] @ vector
                chosen = None
            else:
                chosen = self._passing(where)
                if len(chosen) == 0:
                    return []
                background = background[chosen]
                few = len(chosen) < _GATHER_SHARE * count
                cosines = self._rows[chosen] @ vector if few else (self._rows[:count] @ vector)[chosen]
            scores = cosines - background if rank_by is RankBy.SCORE else cosines
            best = _top(scores, k)
            ids = best if chosen is None else chosen[best]
            return [
                Neighbour(self._ids[row], cosine, score)
                for row, cosine, score in zip(ids.tolist(), cosines[best].tolist(), scores[best].tolist(), strict=True)
            ]

    def newest(self, photo_ids: Sequence[str], k: int) -> list[str]:
        """Return the ids of the k photos taken last among these, newest first; photos without a time come last."""
        with self._lock:
            self._refresh()
            known = [(photo_id, self._row_of[photo_id]) for photo_id in photo_ids if photo_id in self._row_of]
            taken_at = self._facts[0, [row for _, row in known]]
        # NaN sorts to the end.
        return [known[place][0] for place in np.argsort(-taken_at, kind="stable")[:k].tolist()]

    def _passing(self, where: PhotoFilter) -> NDArray[np.intp]:
        """Return the rows that pass a filter."""
        taken_at, lat, lon = self._facts[:, : len(self._ids)]
        if not where.peak_ids:
            return rows_that_pass(where, taken_at, lat, lon)
        rows = self._showing(where.peak_ids)
        return rows[rows_that_pass(where, taken_at[rows], lat[rows], lon[rows])]

    def _showing(self, peak_ids: tuple[str, ...]) -> NDArray[np.intp]:
        """Return the rows of the photos that show one of these peaks, ascending. Cached until the index changes."""
        rows = self._rows_of_peaks.get(peak_ids)
        if rows is None:
            marks = ",".join("?" * len(peak_ids))
            with self._database.faults():
                found = self._database.connection().execute(
                    f"SELECT DISTINCT photo_id FROM photo_peaks WHERE generation = ? AND peak_id IN ({marks})",  # noqa: S608
                    (self._generation, *peak_ids),
                )
                known = [self._row_of[photo_id] for (photo_id,) in found if photo_id in self._row_of]
            rows = np.array(sorted(known), dtype=np.intp)
            if len(self._rows_of_peaks) >= _PEAK_CACHE_SIZE:
                self._rows_of_peaks.clear()
            self._rows_of_peaks[peak_ids] = rows
        return rows

    def _refresh(self) -> None:
        version = self._database.version()
        if version == self._version:
            return
        self._rows_of_peaks.clear()
        with self._database.faults():
            connection = self._database.connection()
            since = (self._generation, self._version)
            for (photo_id,) in connection.execute(
                "SELECT photo_id FROM removals WHERE generation = ? AND version > ?", since
            ):
                self._remove(photo_id)
            changed = "FROM vectors WHERE generation = ? AND version > ?"
            self._reserve(len(self._ids) + connection.execute(f"SELECT count(*) {changed}", since).fetchone()[0])
            # Removals and vectors are read by two statements, so a photo that is written in between may come twice: the
            # later row wins. Rows newer than `version` are loaded now and again by the next refresh, which is harmless.
            found = connection.execute(f"SELECT {COLUMNS} {changed}", since)
            while some := found.fetchmany(_FETCH_SIZE):
                self._upsert(some)
        self._version = version

    def _upsert(self, found: list[tuple]) -> None:  # type: ignore[type-arg]
        """Load rows of the file: append new photos, overwrite known ones, and remove damaged ones."""
        whole = whole_rows(found, self._rows.shape[1])
        if len(whole.photo_ids) < len(found):
            self._database.note_damaged_row()
            for photo_id in {row[0] for row in found} - set(whole.photo_ids):
                self._remove(photo_id)
        rows = np.array([self._row(photo_id) for photo_id in whole.photo_ids], dtype=np.intp)
        self._rows[rows] = whole.vectors
        self._background[rows] = whole.beside[:, 0]
        self._facts[:, rows] = whole.beside[:, 1:].T

    def _row(self, photo_id: str) -> int:
        row = self._row_of.get(photo_id)
        if row is None:
            row = self._row_of[photo_id] = len(self._ids)
            self._ids.append(photo_id)
            self._reserve(len(self._ids))
        return row

    def _remove(self, photo_id: str) -> None:
        """Remove a photo by moving the last row into its place."""
        row = self._row_of.pop(photo_id, None)
        if row is None:
            return
        last = len(self._ids) - 1
        last_id = self._ids.pop()
        if row != last:
            self._rows[row] = self._rows[last]
            self._background[row] = self._background[last]
            self._facts[:, row] = self._facts[:, last]
            self._ids[row] = last_id
            self._row_of[last_id] = row

    def _reserve(self, count: int) -> None:
        """Make room for `count` rows, and for half as many more, so that adding rows one by one stays cheap."""
        known = len(self._rows)
        if count <= known:
            return
        capacity = count + count // 2 if self._ids else count + _FIRST_CAPACITY
        rows = np.empty((capacity, self._rows.shape[1]), dtype=np.float32)
        rows[:known] = self._rows
        background = np.empty(capacity, dtype=np.float32)
        background[:known] = self._background
        facts = np.empty((len(self._facts), capacity), dtype=np.float64)
        facts[:, :known] = self._facts
        self._rows, self._background, self._facts = rows, background, facts


def _top(scores: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Return the indices of the k highest scores, highest first; ties by index, so that results are repeatable."""
    candidates = np.argpartition(-scores, k)[:k] if k < len(scores) else np.arange(len(scores))
    best: NDArray[np.intp] = candidates[np.lexsort((candidates, -scores[candidates]))]
    return best
