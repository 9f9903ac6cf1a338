"""What a home holds, in a form in which two homes can be compared."""

import re
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cumbre.bootstrap import open_library
from cumbre.photos.document import PhotoDocument
from cumbre.settings import Settings

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
# Everything that may lie in a home; what a killed process left half done has another name.
_OWN = re.compile(
    r"(index|state)\.sqlite(-wal|-shm)?|index\.sqlite\.(lock|damaged-[0-9]{8}-[0-9]{6}(-wal|-shm)?)|state\.sqlite\.bak"
    r"|cache/[\w.-]+\.npz|cache/renditions/../[0-9a-f]{64}-\d+\.jpg"
    r"|inbox/[^.][^/]*|sample-album/[^.][^/]*|models/.*"
)


@dataclass
class Held:
    """The index that answers: documents and failures by path, vectors, peak counts."""

    documents: dict[str, PhotoDocument]
    vectors: dict[str, np.ndarray]
    peak_counts: dict[str, int]
    model_id: str


def held(home: Path, model: str = "lite") -> Held:
    library = open_library(Settings(home=home, model=model))
    try:
        index = library.index()
        documents = {
            f"{d.bucket}/{d.key}": replace(d, indexed_at=_ALWAYS) for d in [*index.select(), *index.failures()]
        }
        vectors = {f"{one.document.bucket}/{one.document.key}": vector.copy() for one, vector in index.scan()}
        assert index.count() == len(vectors)
        return Held(documents, vectors, index.peak_counts(), index.space.model_id)
    finally:
        library.close()


def etags(home: Path, generation: str = "active") -> dict[str, str]:
    """What is in a generation now, by path, while others may write to it; nothing where there is no index yet."""
    found = "SELECT bucket || '/' || key, etag FROM photos JOIN generations ON generation = id WHERE state = ?"
    try:
        connection = sqlite3.connect(f"file:{home}/index.sqlite?mode=ro", uri=True)
        try:
            return dict(connection.execute(found, (generation,)))
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return {}


def assert_same(one: Held, other: Held) -> None:
    """Vectors may differ in their last bits: pictures are embedded in other company."""
    assert one.documents.keys() == other.documents.keys(), one.documents.keys() ^ other.documents.keys()
    for path, document in one.documents.items():
        theirs = other.documents[path]
        if document.background is not None:
            assert abs(document.background - theirs.background) < 1e-5
        assert document == replace(theirs, background=document.background), (document, theirs)
    assert one.vectors.keys() == other.vectors.keys()
    for path, vector in one.vectors.items():
        np.testing.assert_allclose(vector, other.vectors[path], atol=1e-5)
    assert one.peak_counts == other.peak_counts, (one.peak_counts, other.peak_counts)
    assert one.model_id == other.model_id


def assert_sound(home: Path) -> None:
    """The files of a home are whole, and no other lies there."""
    for name in ("index.sqlite", "state.sqlite"):
        connection = sqlite3.connect(home / name)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        finally:
            connection.close()
    files = [file.relative_to(home).as_posix() for file in home.rglob("*") if not file.is_dir()]
    left = [name for name in files if not _OWN.fullmatch(name)]
    assert not left, left


def records(home: Path) -> set[tuple[str, str, bytes]]:
    """What people told Cumbre, as the state holds it."""
    connection = sqlite3.connect(home / "state.sqlite")
    try:
        found = connection.execute("SELECT kind, key, value FROM records").fetchall()
    finally:
        connection.close()
    return {(kind, key, value) for kind, key, value in found if kind not in ("model", "album", "albums", "page")}
