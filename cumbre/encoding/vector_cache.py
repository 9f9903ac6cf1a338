"""Vectors that cost seconds to make, kept in a file. A missing or damaged file is an empty cache, never an error."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cumbre.index.port import Vector
from cumbre.system.cache_file import write_cache_file


def read_vectors(file: Path) -> dict[str, Vector]:
    """The arrays of a cache file by name."""
    try:
        # Opened here: numpy leaves a file open whose archive is damaged.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            return {name: np.asarray(kept[name], dtype=np.float32) for name in kept.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return {}


def write_vectors(file: Path, vectors: Mapping[str, Vector]) -> None:
    """Keep a cache file; see cache_file.keep."""
    buffer = io.BytesIO()
    np.savez(buffer, **vectors)  # type: ignore[arg-type]
    write_cache_file(file, buffer.getvalue())
