"""The number of usable processor cores, and the batch size that suits it."""

import os
from collections.abc import Callable
from typing import Final

_BATCH_MIN: Final = 8


def usable_cores() -> int:
    """Return how many cores this process may use; a container or taskset may allow fewer than the machine has."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def batch_size_for(cores: int) -> int:
    """Return how many photos to embed at once: at least 8, and a multiple of the cores so that none is idle."""
    return -(-_BATCH_MIN // cores) * cores
