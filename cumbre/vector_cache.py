"""Vectors that cost seconds to make, kept in a file. A missing or damaged file is an empty cache, never an error."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from cumbre.index.port import Vector


def read_vectors(file: Path) -> dict[str, Vector]:
    """The arrays of a cache file by name."""
    try:
        # Opened here: numpy leaves a file open whose archive is damaged.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            return {name: np.asarray(kept[name], dtype=np.float32) for name in kept.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return {}


def write_vectors(file: Path, vectors: Mapping[str, Vector]) -> None:
    """Write a cache file whole or not at all; what can't be written costs the time to make it again."""
    partial: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own: other processes may be writing theirs.
        with NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as out:
            partial = Path(out.name)
            np.savez(out, **vectors)  # type: ignore[arg-type]
        partial.replace(file)
    except OSError:
        if partial is not None:
            partial.unlink(missing_ok=True)
