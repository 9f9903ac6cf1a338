"""Rows of the table of vectors: their checksums, and the rows that are whole as arrays.

The sum is over the 32-bit words of a row, each times an odd number of its own, so that one changed bit always changes
it; a hundred thousand vectors of 768 numbers take a tenth of a second, which a sum row by row does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cumbre.index.port import Vector

COLUMNS = "vectors.photo_id, background, vectors.taken_at, vectors.lat, vectors.lon, vector, vectors.checksum"
_BESIDE = 4
# The golden ratio of 2**32: its multiples are spread evenly.
_SPREAD = 2654435769


@dataclass(frozen=True)
class VectorRows:
    """N rows: ids, vectors [N, D], and beside them background, taken_at, lat, lon [N, 4], nan where unknown."""

    photo_ids: list[str]
    vectors: NDArray[np.float32]
    beside: NDArray[np.float64]


def whole_rows(found: Sequence[tuple[Any, ...]], dimensions: int) -> VectorRows:
    """Those of the rows (COLUMNS) that are what was written."""
    try:
        return _compared(found, dimensions)
    except (TypeError, ValueError, OverflowError):
        # Something in them is of another kind than was written.
        return _compared([row for row in found if _has_shape(row, dimensions)], dimensions)


def _compared(found: Sequence[tuple[Any, ...]], dimensions: int) -> VectorRows:
    vectors = np.frombuffer(b"".join([row[5] for row in found]), dtype=np.float32).reshape(len(found), dimensions)
    beside = np.array([row[1:5] for row in found], dtype=np.float64).reshape(len(found), _BESIDE)
    whole = checksums(vectors, beside) == np.array([row[6] for row in found], dtype=np.int64)
    if not whole.all():
        vectors, beside = vectors[whole], beside[whole]
    return VectorRows(
        [row[0] for row, is_whole in zip(found, whole.tolist(), strict=True) if is_whole], vectors, beside
    )


def checksums(vectors: NDArray[np.float32], beside: NDArray[np.float64]) -> NDArray[np.int64]:
    """The sums [N], in [0, 2**32), of vectors [N, D] with what lies beside them [N, 4]."""
    # SQLite has one zero.
    words = np.ascontiguousarray(beside + 0.0).view(np.uint32)
    of_vectors = vectors.view(np.uint32) @ _factors(vectors.shape[1], 0)
    sums: NDArray[np.int64] = (of_vectors + words @ _factors(2 * _BESIDE, vectors.shape[1])).astype(np.int64)
    return sums


def checksum(vector: Vector, beside: Sequence[float | None]) -> int:
    """The sum of one row."""
    return int(checksums(vector[None], np.array([beside], dtype=np.float64))[0])


@cache
def _factors(count: int, first: int) -> NDArray[np.uint32]:
    numbers = np.arange(first + 1, first + count + 1, dtype=np.uint32)
    return numbers * np.uint32(_SPREAD) | np.uint32(1)


def _has_shape(row: tuple[Any, ...], dimensions: int) -> bool:
    _, *beside, blob, expected = row
    return (
        isinstance(blob, bytes)
        and len(blob) == 4 * dimensions
        and isinstance(expected, int)
        and expected < 2**32
        and all(value is None or isinstance(value, float) for value in beside)
    )
