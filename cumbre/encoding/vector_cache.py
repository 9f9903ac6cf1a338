"""Cache vectors that take seconds to compute in a file. A missing or damaged file is an empty cache, never an error."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cumbre.index.port import Vector
from cumbre.system.cache_file import write_cache_file


def read_vectors(file: Path) -> dict[str, Vector]:
    """Return the arrays of a cache file by name; empty if the file is missing or damaged."""
    try:
        # Opened here, because numpy leaves the file open if its archive is damaged.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name], dtype=np.float32) for name in arrays.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return {}


def write_vectors(file: Path, vectors: Mapping[str, Vector]) -> None:
    """Write vectors to a cache file. Failures are ignored, see write_cache_file()."""
    buffer = io.BytesIO()
    np.savez(buffer, **vectors)  # type: ignore[arg-type]
    write_cache_file(file, buffer.getvalue())
