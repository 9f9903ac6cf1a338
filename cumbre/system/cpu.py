"""How many processor cores there are to work with."""

import os
from collections.abc import Callable
from typing import Final

_BATCH_MIN: Final = 8


def usable_cores() -> int:
    """The cores that this process may use, which a container or taskset can make fewer than the machine has."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def batch_size_for(cores: int) -> int:
    """Photos to embed at once: at least 8, and as many for each core, so that none waits for the last photo."""
    return -(-_BATCH_MIN // cores) * cores
