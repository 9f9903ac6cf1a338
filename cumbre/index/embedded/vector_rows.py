"""Converts rows of the vectors table to arrays and verifies their checksums.

The checksum is the sum of a row's 32-bit words, each multiplied by a different odd number, so that one changed bit
always changes it. It is computed for many rows at once: a hundred thousand vectors of 768 numbers take a tenth of a
second, much less than row by row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cumbre.index.port import Vector

COLUMNS = "vectors.photo_id, background, vectors.taken_at, vectors.lat, vectors.lon, vector, vectors.checksum"
# background, taken_at, lat, lon.
_BESIDE = 4
# 2**32 divided by the golden ratio (Knuth's multiplicative hashing): its multiples are spread evenly.
_SPREAD = 2654435769


@dataclass(frozen=True)
class VectorRows:
    """N rows: ids, vectors [N, D], and `beside` [N, 4]: background, taken_at, lat, lon, NaN if unknown."""

    photo_ids: list[str]
    vectors: NDArray[np.float32]
    beside: NDArray[np.float64]


def whole_rows(found: Sequence[tuple[Any, ...]], dimensions: int) -> VectorRows:
    """Return the rows (tuples of COLUMNS) that have the right checksum."""
    try:
        return _verified(found, dimensions)
    except (TypeError, ValueError, OverflowError):
        # Damage has changed the type of a value.
        return _verified([row for row in found if _has_valid_types(row, dimensions)], dimensions)


def _verified(found: Sequence[tuple[Any, ...]], dimensions: int) -> VectorRows:
    vectors = np.frombuffer(b"".join([row[5] for row in found]), dtype=np.float32).reshape(len(found), dimensions)
    beside = np.array([row[1:5] for row in found], dtype=np.float64).reshape(len(found), _BESIDE)
    whole = checksums(vectors, beside) == np.array([row[6] for row in found], dtype=np.int64)
    if not whole.all():
        vectors, beside = vectors[whole], beside[whole]
    return VectorRows(
        [row[0] for row, is_whole in zip(found, whole.tolist(), strict=True) if is_whole], vectors, beside
    )


def checksums(vectors: NDArray[np.float32], beside: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the checksums [N], in [0, 2**32), of vectors [N, D] and their other columns [N, 4]."""
    # Adding 0.0 turns -0.0 into 0.0, because SQLite does not keep the sign of zero.
    words = np.ascontiguousarray(beside + 0.0).view(np.uint32)
    of_vectors = vectors.view(np.uint32) @ _factors(vectors.shape[1], 0)
    sums: NDArray[np.int64] = (of_vectors + words @ _factors(2 * _BESIDE, vectors.shape[1])).astype(np.int64)
    return sums


def checksum(vector: Vector, beside: Sequence[float | None]) -> int:
    """Return the checksum of one row."""
    return int(checksums(vector[None], np.array([beside], dtype=np.float64))[0])


@cache
def _factors(count: int, first: int) -> NDArray[np.uint32]:
    numbers = np.arange(first + 1, first + count + 1, dtype=np.uint32)
    return numbers * np.uint32(_SPREAD) | np.uint32(1)


def _has_valid_types(row: tuple[Any, ...], dimensions: int) -> bool:
    _, *beside, blob, expected = row
    return (
        isinstance(blob, bytes)
        and len(blob) == 4 * dimensions
        and isinstance(expected, int)
        and expected < 2**32
        and all(value is None or isinstance(value, float) for value in beside)
    )
