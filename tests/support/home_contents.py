"""Read the contents of a Cumbre home, compare two homes, and check that the files of a home are intact."""

import re
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cumbre.bootstrap import open_library
from cumbre.photos.document import PhotoDocument
from cumbre.settings import Settings

_FIXED_TIME = datetime(2000, 1, 1, tzinfo=UTC)
# The names of all files that belong in a home; half-finished files of a killed process have other names.
_KNOWN_FILES = re.compile(
    r"(index|state)\.sqlite(-wal|-shm)?|index\.sqlite\.(lock|damaged-[0-9]{8}-[0-9]{6}(-wal|-shm)?)|state\.sqlite\.bak"
    r"|cache/[\w.-]+\.npz|cache/renditions/../[0-9a-f]{64}-\d+\.jpg"
    r"|inbox/[^.][^/]*|sample-album/[^.][^/]*|models/.*"
)


@dataclass
class HomeContents:
    """The active index of a home: documents and failures by path, vectors by path, peak counts, and the model."""

    documents: dict[str, PhotoDocument]
    vectors: dict[str, np.ndarray]
    peak_counts: dict[str, int]
    model_id: str


def read_contents(home: Path, model: str = "lite") -> HomeContents:
    """Return the contents of a home's active index, with the same indexed_at in every document."""
    library = open_library(Settings(home=home, model=model))
    try:
        index = library.index()
        documents = {
            f"{d.bucket}/{d.key}": replace(d, indexed_at=_FIXED_TIME) for d in [*index.select(), *index.failures()]
        }
        vectors = {f"{photo.document.bucket}/{photo.document.key}": vector.copy() for photo, vector in index.scan()}
        assert index.count() == len(vectors)
        return HomeContents(documents, vectors, index.peak_counts(), index.space.model_id)
    finally:
        library.close()


def etags(home: Path, generation: str = "active") -> dict[str, str]:
    """Return the etags in a generation by path, even while others write to it; {} if there is no index yet."""
    query = "SELECT bucket || '/' || key, etag FROM photos JOIN generations ON generation = id WHERE state = ?"
    try:
        connection = sqlite3.connect(f"file:{home}/index.sqlite?mode=ro", uri=True)
        try:
            return dict(connection.execute(query, (generation,)))
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return {}


def assert_same(one: HomeContents, other: HomeContents) -> None:
    """Assert that two homes have equal contents.

    Vectors may differ in their last bits, because pictures are encoded in other batches.
    """
    assert one.documents.keys() == other.documents.keys(), one.documents.keys() ^ other.documents.keys()
    for path, document in one.documents.items():
        counterpart = other.documents[path]
        if document.background is not None:
            assert abs(document.background - counterpart.background) < 1e-5
        assert document == replace(counterpart, background=document.background), (document, counterpart)
    assert one.vectors.keys() == other.vectors.keys()
    for path, vector in one.vectors.items():
        np.testing.assert_allclose(vector, other.vectors[path], atol=1e-5)
    assert one.peak_counts == other.peak_counts, (one.peak_counts, other.peak_counts)
    assert one.model_id == other.model_id


def assert_sound(home: Path) -> None:
    """Assert that the databases of a home are intact and that the home contains no unknown files."""
    for name in ("index.sqlite", "state.sqlite"):
        connection = sqlite3.connect(home / name)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        finally:
            connection.close()
    files = [file.relative_to(home).as_posix() for file in home.rglob("*") if not file.is_dir()]
    unknown = [name for name in files if not _KNOWN_FILES.fullmatch(name)]
    assert not unknown, unknown


def records(home: Path) -> set[tuple[str, str, bytes]]:
    """Return the state's records of what people entered, as (kind, key, value)."""
    connection = sqlite3.connect(home / "state.sqlite")
    try:
        found = connection.execute("SELECT kind, key, value FROM records").fetchall()
    finally:
        connection.close()
    return {(kind, key, value) for kind, key, value in found if kind not in ("model", "album", "albums", "page")}
