"""Repairs a damaged index: sets the file aside and writes its intact photos to a new one.

The lost photos are indexed again from the album by the next scan. An index in an older format is converted in the same
way. Nothing here needs the album or a model.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from cumbre.errors import IndexFault
from cumbre.index.document_codec import checksum, from_text
from cumbre.index.embedded.check import check
from cumbre.index.embedded.generations import EmbeddedGenerations
from cumbre.index.embedded.lock import IndexLock
from cumbre.index.embedded.schema import DamagedIndex, OldIndex
from cumbre.index.embedded.vector_rows import whole_rows
from cumbre.index.port import PhotoIndex, PhotoWrite, Vector, VectorSpace
from cumbre.photos.document import PhotoDocument, photo_id
from cumbre.system import sqlite_connection
from cumbre.text.counted import counted

_DAMAGED_FILES_KEPT = 2
_WRITE_BATCH = 200
# At an unreadable page the row number advances by 1, 2, 4... up to this step.
_MAX_STEP = 64
_MAX_FAULTS = 5000

# Documents and vectors that are read to find the vector space of a generation.
_SAMPLE = 100

Row = dict[str, Any]


def repair(path: Path) -> str:
    """Repair or convert an index file if necessary; call this before opening it.

    Returns a sentence about what was done, empty if nothing was. A read-only file is only checked.
    Raises IndexFault if the file is not an index, was written by a newer version, must be rebuilt while another process
    has it open, or can't be written.
    """
    if sqlite_connection.read_only(path):
        check(path)
        return ""
    lock = IndexLock(path)
    lock.acquire_shared()
    try:
        lock.detect_crash()
        _remove_empty(path, lock)
        return _rebuild_if_damaged(path, lock)
    except OSError as error:
        raise IndexFault(
            f"the index {path} must be rebuilt, but its folder can't be written to ({error.strerror}): change its "
            "permissions or make room, and run the same command again"
        ) from error
    finally:
        lock.release()


def _remove_empty(path: Path, lock: IndexLock) -> None:
    """Delete an empty file, which a power cut may leave behind."""
    if path.is_file() and path.stat().st_size == 0 and lock.try_acquire_exclusive():
        lock.set_incomplete(True)
        for file in (*sqlite_connection.side_files(path), path):
            file.unlink(missing_ok=True)
        lock.acquire_shared()


def _rebuild_if_damaged(path: Path, lock: IndexLock) -> str:
    try:
        check(path)
    except (DamagedIndex, OldIndex):
        return _rebuild(path, lock)
    if path.is_file():
        # Opening the file moves what an interrupted process left in the log into the file.
        with suppress(sqlite3.Error, UnicodeDecodeError), closing(sqlite_connection.connect(path)) as connection:
            connection.execute("SELECT value FROM counter").fetchone()
    return ""


def _rebuild(path: Path, lock: IndexLock) -> str:
    if not lock.try_acquire_exclusive():
        raise IndexFault(
            f"the index {path} must be rebuilt, but another Cumbre process has it open: stop that one (perhaps "
            "`cumbre serve`), then run the same command again"
        )
    # Another process may have rebuilt it while this one waited for the lock.
    fault: IndexFault | None = None
    try:
        check(path)
    except (DamagedIndex, OldIndex) as error:
        fault = error
    if fault is None:
        return ""
    rebuilt = path.with_name(f"{path.name}.mended")
    _remove(rebuilt)
    try:
        kept = _salvage(path, rebuilt)
    except BaseException:
        _remove(rebuilt)
        raise
    aside = None if isinstance(fault, OldIndex) else _set_aside(path)
    for side in sqlite_connection.side_files(path):
        side.unlink(missing_ok=True)
    if aside is not None:
        lock.set_incomplete(True)
    rebuilt.replace(path)
    _remove(rebuilt)
    if aside is None:
        return f"The index of an older Cumbre was converted, with {counted(kept, 'photo')}."
    damage = f"{str(fault).split('. `cumbre')[0]}. It was set aside as {aside.name}"
    if not kept:
        return f"{damage}; no photo in it was intact, so the whole album is indexed again."
    intact = f"{counted(kept, 'photo')} in it {'was intact and is' if kept == 1 else 'were intact and are'} kept"
    return f"{damage}; {intact}, the others are indexed again from the album."


def _salvage(path: Path, rebuilt: Path) -> int:
    """Write everything that is intact into a new file; return the number of photos."""
    generations = EmbeddedGenerations(rebuilt)
    try:
        with closing(sqlite_connection.connect(path, reading=True)) as connection:
            connection.text_factory = sqlite_connection.decode_text
            connection.row_factory = sqlite3.Row
            with suppress(sqlite3.DatabaseError, UnicodeDecodeError):
                connection.execute("PRAGMA cell_size_check = ON")
            return sum(
                _salvage_generation(connection, old, index) for old, index in _generations(connection, generations)
            )
    finally:
        generations.close()


def _generations(connection: sqlite3.Connection, generations: EmbeddedGenerations) -> Iterator[tuple[int, PhotoIndex]]:
    """Iterate over the active generation and the one being built, if they have photos.

    Yields the generation's id in the damaged file and the new, empty generation for its photos.
    """
    for row in _rows(connection, "generations", "id"):
        old, state = row["id"], row["state"]
        space = _space(connection, old)
        if space is not None and state == "active" and generations.active() is None:
            yield old, generations.ensure_active(space)
        elif space is not None and state == "building" and generations.building() is None:
            yield old, generations.create_building(space)


def _space(connection: sqlite3.Connection, generation: int) -> VectorSpace | None:
    """Return the vector space of most photos in a generation, because the one row that names it may be damaged."""
    models = Counter(document.model_id for document in islice(_documents(connection, generation), _SAMPLE))
    dimensions = Counter(len(vector) for _, vector in islice(_vectors(connection, generation), _SAMPLE))
    if not models or not dimensions:
        return None
    return VectorSpace(models.most_common(1)[0][0], dimensions.most_common(1)[0][0])


def _salvage_generation(connection: sqlite3.Connection, old: int, index: PhotoIndex) -> int:
    documents = {d.id: d for d in _documents(connection, old) if d.model_id == index.space.model_id}
    kept = 0
    batch = [PhotoWrite(d, None, None) for d in documents.values() if d.failure is not None]
    for of_photo, vector in _vectors(connection, old):
        document = documents.pop(of_photo, None)
        if document is not None and document.failure is None and len(vector) == index.space.dimensions:
            batch.append(PhotoWrite(document, vector, None))
            kept += 1
        if len(batch) >= _WRITE_BATCH:
            index.write(batch)
            batch = []
    index.write(batch)
    return kept


def _documents(connection: sqlite3.Connection, generation: int) -> Iterator[PhotoDocument]:
    for row in _rows(connection, "photos"):
        text = row["document"]
        if row["generation"] != generation or not isinstance(text, str):
            continue
        if "checksum" in row and checksum(text, generation, row["photo_id"], row["version"]) != row["checksum"]:
            continue
        with suppress(IndexFault, ValueError):
            document = from_text(text)
            if document.id == photo_id(document.bucket, document.key):
                yield document


def _vectors(connection: sqlite3.Connection, generation: int) -> Iterator[tuple[str, Vector]]:
    for row in _rows(connection, "vectors"):
        of_photo, blob = row["photo_id"], row["vector"]
        if row["generation"] != generation or not isinstance(of_photo, str) or not isinstance(blob, bytes):
            continue
        if "checksum" in row:
            found = (of_photo, *(row[name] for name in ("background", "taken_at", "lat", "lon")), blob, row["checksum"])
            if not whole_rows([found], len(blob) // 4).photo_ids:
                continue
        if len(blob) % 4 == 0:
            yield of_photo, np.frombuffer(blob, dtype=np.float32)


def _rows(connection: sqlite3.Connection, table: str, number: str = "rowid") -> Iterator[Row]:
    """Iterate over the rows of a table in the order of `number`, skipping pages that can't be read."""
    after, step, faults = -1, 1, 0
    while faults < _MAX_FAULTS:
        try:
            for row in connection.execute(
                f"SELECT {number} AS number_, * FROM {table} WHERE {number} > ? ORDER BY {number}",  # noqa: S608  constants
                (after,),
            ):
                after, step = int(row["number_"]), 1
                yield dict(row)
            return
        except (sqlite3.DatabaseError, OverflowError, ValueError, TypeError):
            faults += 1
            after += step
            step = min(2 * step, _MAX_STEP)


def _set_aside(path: Path) -> Path:
    """Rename a damaged file and its log; return the new path.

    Deletes all but the newest files that were set aside.
    """
    # The log goes first: SQLite would take a log next to a new file for the log of that file.
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for end in ("-wal", ""):
        file = path.with_name(f"{path.name}{end}")
        if file.exists() and file.stat().st_size:
            file.replace(aside.with_name(f"{aside.name}{end}"))
    stamps = sorted(
        {one.name.removesuffix("-wal").removesuffix("-shm") for one in path.parent.glob(f"{path.name}.damaged-*")}
    )
    for old in stamps[:-_DAMAGED_FILES_KEPT]:
        _remove(path.with_name(old))
    return aside


def _remove(file: Path) -> None:
    """Delete a database and its side files."""
    for end in ("", "-wal", "-shm", ".lock"):
        file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
