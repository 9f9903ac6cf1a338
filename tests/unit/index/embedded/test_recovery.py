"""A damaged index: how damage is detected, what is kept, and when the file may be replaced."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import numpy as np
import pytest

from cumbre.errors import IndexFault
from cumbre.index.embedded import database
from cumbre.index.embedded.check import BackgroundCheck, check
from cumbre.index.embedded.generations import EmbeddedGenerations
from cumbre.index.embedded.lock import IndexLock
from cumbre.index.embedded.recovery import repair
from cumbre.index.embedded.schema import APPLICATION_ID, SCHEMA_VERSION
from cumbre.index.port import NO_FILTER, PhotoFilter, PhotoIndex
from tests.contract.test_photo_index import SPACE, photo, put, unit_vector
from tests.support.present import present

_PHOTOS = 30
T = TypeVar("T")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed index with 30 photos and one failure."""
    file = tmp_path / "index.sqlite"
    with closing(EmbeddedGenerations(file)) as generations:
        index = generations.ensure_active(SPACE)
        for number in range(_PHOTOS):
            put(index, photo(f"{number}.jpg", note="x" * 1500), seed=number)
        put(index, photo("bad.jpg", failure="the file is empty", facts=None, peaks=(), predicted_peaks=()))
    return file


def change(path: Path, sql: str, *values: object) -> None:
    """Change the file behind Cumbre's back, in a way that SQLite considers consistent."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql, values)
        connection.commit()


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def with_index(path: Path, use: Callable[[PhotoIndex], T]) -> T:
    with closing(EmbeddedGenerations(path)) as generations:
        index = generations.active()
        assert index is not None
        return use(index)


def is_incomplete(path: Path) -> bool:
    with closing(EmbeddedGenerations(path)) as generations:
        return generations.incomplete()


def test_an_intact_index_passes_the_check_and_is_not_changed_by_a_repair(path: Path) -> None:
    check(path)
    before = path.read_bytes()
    assert repair(path) == ""
    assert path.read_bytes() == before


def test_a_missing_index_is_not_damaged(tmp_path: Path) -> None:
    check(tmp_path / "index.sqlite")
    assert repair(tmp_path / "home" / "index.sqlite") == ""


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE photos SET document = replace(document, 'xxx', 'yyy') WHERE photo_id = ?",
        "UPDATE vectors SET vector = zeroblob(32) WHERE photo_id = ?",
        "UPDATE vectors SET vector = 'text' WHERE photo_id = ?",
        "UPDATE vectors SET vector = zeroblob(7) WHERE photo_id = ?",
        "UPDATE vectors SET background = background + 0.25 WHERE photo_id = ?",
        "UPDATE vectors SET lat = 1.0 WHERE photo_id = ?",
        "UPDATE vectors SET checksum = 'none' WHERE photo_id = ?",
        "DELETE FROM vectors WHERE photo_id = ?",
    ],
)
def test_a_damaged_row_is_in_no_answer_and_is_removed_by_the_next_scan(
    path: Path, sql: str, caplog: pytest.LogCaptureFixture
) -> None:
    victim = photo("7.jpg").id
    change(path, sql, victim)
    with closing(EmbeddedGenerations(path)) as generations:
        index = generations.active()
        assert index is not None
        nearest = [one.photo_id for one in index.nearest(unit_vector(7), _PHOTOS)]
        documents = index.get_many(nearest)
        shown = {one for one in nearest if one in documents}
        assert shown == {photo(f"{n}.jpg").id for n in range(_PHOTOS) if n != 7}
        assert {stored.document.id for stored, _ in index.scan()} == shown
        assert index.forget_damaged() == 1
        assert index.forget_damaged() == 0
        assert index.get(victim) is None
        assert index.vector(victim) is None
        assert index.count() == _PHOTOS - 1
        assert index.peak_counts() == {"ama-dablam": _PHOTOS - 1}
        put(index, photo("7.jpg"), seed=7)
        assert index.nearest(unit_vector(7), 1)[0].photo_id == victim
    if "DELETE" not in sql:
        assert "damaged rows, which are skipped: run `cumbre ingest`" in caplog.text
    check(path)


def test_a_damaged_document_can_be_written_again_as_if_it_were_not_there(path: Path) -> None:
    change(path, "UPDATE photos SET document = '{}' WHERE photo_id = ?", photo("7.jpg").id)
    with_index(path, lambda index: put(index, photo("7.jpg", note="new"), seed=7))
    assert with_index(path, lambda index: present(index.get(photo("7.jpg").id)).document.note) == "new"


def test_an_sql_index_that_disagrees_with_its_table_is_damage_even_if_nothing_fails(path: Path) -> None:
    """SQLite would report no error, and answers that use this tree would lack a photo."""
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'photos_by_time'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    page = path.read_bytes()[(root - 1) * size : root * size]
    taken = re.search(photo("7.jpg").id.encode(), page)
    assert taken, "the tree has grown beyond its root: look for a leaf"
    overwrite(path, (root - 1) * size + taken.start(), b"0" * 40)
    with pytest.raises(IndexFault, match="is damaged"):
        check(path)
    assert repair(path)
    assert is_incomplete(path)
    assert with_index(path, lambda index: index.count()) == _PHOTOS
    check(path)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE counter SET value = 3",
        "DELETE FROM counter",
        "DROP INDEX photos_by_time",
        "ALTER TABLE photos RENAME COLUMN etag TO etah",
        "PRAGMA user_version = 7",
        "PRAGMA application_id = 7",
    ],
)
def test_an_index_that_cumbre_did_not_write_like_this_is_rebuilt_with_all_photos(path: Path, sql: str) -> None:
    change(path, sql)
    with pytest.raises(IndexFault, match=r"is damaged.*`cumbre ingest` rebuilds it"):
        check(path)
    sentence = repair(path)
    assert is_incomplete(path)
    assert re.search(
        rf"was set aside as index\.sqlite\.damaged-\d{{8}}-\d{{6}}; {_PHOTOS} photos in it were intact", sentence
    )
    assert with_index(path, lambda index: (index.count(), len(index.failures()))) == (_PHOTOS, 1)


@pytest.mark.parametrize(
    ("intact", "said"),
    [
        ("", "; no photo in it was intact, so the whole album is indexed again."),
        ("7.jpg", "; 1 photo in it was intact and is kept, the others are indexed again from the album."),
    ],
)
def test_the_number_of_intact_photos_is_said_in_words_that_fit(path: Path, intact: str, said: str) -> None:
    change(path, "UPDATE photos SET document = '{}' WHERE photo_id != ?", photo(intact).id)
    change(path, "UPDATE counter SET value = 0")
    assert repair(path).endswith(said)


def test_everything_kept_is_the_same_as_before(path: Path) -> None:
    def everything(index: PhotoIndex) -> object:
        documents = {d.id: d for d in [*index.select(), *index.failures()]}
        near = index.nearest(unit_vector(3), 5, PhotoFilter(peak_ids=("ama-dablam",)))
        vectors = {stored.document.id: vector.tobytes() for stored, vector in index.scan()}
        return documents, [(n.photo_id, n.score) for n in near], vectors, index.space, index.peak_counts(NO_FILTER)

    before = with_index(path, everything)
    change(path, "UPDATE counter SET value = 0")
    repair(path)
    assert with_index(path, everything) == before


def test_if_some_pages_cannot_be_read_the_rest_is_kept(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = path.read_bytes()
    damaged_pages = [data.index(f'"key": "{n}.jpg"'.encode()) // size for n in (4, 20)]
    for number in damaged_pages:
        overwrite(path, number * size, b"\xff" * size)
    assert repair(path)
    assert is_incomplete(path)
    kept = with_index(path, lambda index: index.count())
    assert _PHOTOS - 8 <= kept < _PHOTOS
    check(path)


@pytest.mark.parametrize("length", [0, 1, 50, 100, 4096, 9000])
def test_a_file_that_is_cut_short_is_rebuilt(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])
    repair(path)
    check(path)
    with closing(EmbeddedGenerations(path)) as generations:
        generations.ensure_active(SPACE)


def test_an_index_that_has_become_empty_is_not_taken_for_a_new_one(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(IndexFault, match=r"is damaged: it is empty\. `cumbre ingest`"):
        EmbeddedGenerations(path)
    assert repair(path) == ""
    assert is_incomplete(path)


def test_a_generation_under_construction_is_kept_too(path: Path) -> None:
    with closing(EmbeddedGenerations(path)) as generations:
        started = generations.create_building(replace(SPACE, model_id="next"))
        put(started, photo("0.jpg", model_id="next"), seed=5)
    change(path, "UPDATE counter SET value = 0")
    repair(path)
    with closing(EmbeddedGenerations(path)) as generations:
        active, building = generations.active(), generations.building()
        assert active is not None
        assert building is not None
        assert (active.count(), building.count(), building.space.model_id) == (_PHOTOS, 1, "next")


def test_a_damaged_model_name_does_not_cost_the_vectors(path: Path) -> None:
    change(path, "UPDATE generations SET model_id = 'tesu-encoder', dimensions = 9")
    change(path, "UPDATE counter SET value = 0")
    repair(path)
    assert with_index(path, lambda index: (index.space, index.count())) == (SPACE, _PHOTOS)


def test_an_index_that_is_open_elsewhere_is_not_replaced(path: Path) -> None:
    with closing(EmbeddedGenerations(path)):
        change(path, "UPDATE counter SET value = 0")
        with pytest.raises(IndexFault, match=r"Cumbre process has it open: stop that one \(perhaps `cumbre serve`\)"):
            repair(path)
        assert not list(path.parent.glob("*.damaged-*"))
    assert repair(path)
    assert is_incomplete(path)


def test_an_index_that_is_being_rebuilt_is_not_opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cumbre.index.embedded.lock._PATIENCE_S", 0.0)
    lock = IndexLock(path)
    lock.acquire_shared()
    assert lock.try_acquire_exclusive()
    with pytest.raises(IndexFault, match=r"another Cumbre process is rebuilding the index .*: try again when it"):
        EmbeddedGenerations(path)
    lock.release()
    EmbeddedGenerations(path).close()


def test_only_a_few_damaged_files_are_kept(path: Path) -> None:
    for day in range(1, 5):
        old = path.with_name(f"index.sqlite.damaged-2020010{day}-120000")
        old.write_bytes(b"")
        old.with_name(f"{old.name}-wal").write_bytes(b"")
    change(path, "UPDATE counter SET value = 0")
    repair(path)
    kept = sorted(one.name for one in path.parent.glob("*.damaged-*"))
    assert kept[:2] == ["index.sqlite.damaged-20200104-120000", "index.sqlite.damaged-20200104-120000-wal"]
    assert len(kept) == 3


def test_the_index_of_a_newer_cumbre_is_left_alone(path: Path) -> None:
    change(path, f"PRAGMA user_version = {SCHEMA_VERSION + 5}")
    change(path, f"PRAGMA application_id = {APPLICATION_ID + 5}")
    for use in (check, repair, EmbeddedGenerations):
        with pytest.raises(IndexFault, match="written by a newer Cumbre: update Cumbre"):
            use(path)


def test_an_index_of_the_previous_version_is_converted(path: Path) -> None:
    change(path, f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
    change(path, f"PRAGMA application_id = {APPLICATION_ID - 1}")
    with pytest.raises(IndexFault, match="written by an older Cumbre"):
        EmbeddedGenerations(path)
    assert repair(path) == f"The index of an older Cumbre was converted, with {_PHOTOS} photos."
    assert with_index(path, lambda index: index.count()) == _PHOTOS


def test_an_index_of_the_first_version_is_converted(path: Path) -> None:
    """The first version had no checksums and fewer columns."""
    for table, columns in (("photos", ("checksum", "teaches")), ("vectors", ("checksum", "taken_at", "lat", "lon"))):
        with closing(sqlite3.connect(path)) as connection:
            kept = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})") if name not in columns]
        change(path, f"CREATE TABLE old AS SELECT {', '.join(kept)} FROM {table}")
        change(path, f"DROP TABLE {table}")
        change(path, f"ALTER TABLE old RENAME TO {table}")
    change(path, "PRAGMA user_version = 1")
    change(path, "PRAGMA application_id = 0")
    with pytest.raises(IndexFault, match="written by an older Cumbre: run `cumbre ingest` to convert it"):
        EmbeddedGenerations(path)
    assert repair(path) == f"The index of an older Cumbre was converted, with {_PHOTOS} photos."
    assert not list(path.parent.glob("*.damaged-*"))
    np.testing.assert_array_equal(with_index(path, lambda index: index.vector(photo("3.jpg").id)), unit_vector(3))


@pytest.mark.parametrize("content", [b"x", b"my recipes\n" * 1000])
def test_a_file_of_another_program_is_never_touched(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "recipes.txt"
    file.write_bytes(content)
    for use in (check, repair, EmbeddedGenerations):
        with pytest.raises(IndexFault, match="is a file, but not an index of Cumbre: choose another file"):
            use(file)
    assert file.read_bytes() == content
    database = tmp_path / "recipes.sqlite"
    change(database, "CREATE TABLE recipes (name TEXT)")
    before = database.read_bytes()
    for use in (check, repair, EmbeddedGenerations):
        with pytest.raises(IndexFault, match="is a database, but not an index of Cumbre"):
            use(database)
    assert database.read_bytes() == before


def test_an_interrupted_index_is_reported_until_the_next_scan(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(EmbeddedGenerations(path)) as generations:
        index = generations.active()
        assert index is not None
        put(index, photo("new.jpg"), seed=99)
        left = tmp_path / "left"
        left.mkdir()
        for file in tmp_path.glob("index.sqlite*"):
            if not file.name.endswith((".lock", "-shm")):
                shutil.copy(file, left / file.name)
    copy = left / "index.sqlite"
    for _ in range(2):
        caplog.clear()
        EmbeddedGenerations(copy).close()
        assert "The index may lack photos, because it was damaged or a command was interrupted" in caplog.text
    assert repair(copy) == ""
    caplog.clear()
    with closing(EmbeddedGenerations(copy, scanning=True)) as generations:
        assert caplog.text == ""
        assert generations.incomplete()
        generations.set_complete()
    EmbeddedGenerations(copy).close()
    assert caplog.text == ""


def test_an_index_in_use_is_not_reported_as_interrupted(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(EmbeddedGenerations(path)) as generations:
        index = generations.active()
        assert index is not None
        put(index, photo("new.jpg"), seed=99)
        EmbeddedGenerations(path).close()
    assert caplog.text == ""


def test_a_check_in_the_background_reports_damage(path: Path) -> None:
    BackgroundCheck(path).raise_if_damaged()
    change(path, "UPDATE counter SET value = 0")
    background = BackgroundCheck(path)
    background.join()
    with pytest.raises(IndexFault, match="its version counter went backwards"):
        background.raise_if_damaged()


@pytest.mark.parametrize("serializes", [True, False])
def test_simultaneous_starts_on_a_new_home_report_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serializes: bool
) -> None:
    """Where SQLite can't serialize an empty database, a new file is empty at first; there, only one thread starts."""
    at_a_time = 3 if serializes else 1
    if not serializes:
        monkeypatch.setattr(database, "new_file_content", bytes)
    together = Barrier(at_a_time)

    def start(number: int) -> None:
        together.wait()
        generations = EmbeddedGenerations(tmp_path / f"{number}.sqlite")
        assert generations.active() is None
        generations.close()

    with ThreadPoolExecutor(at_a_time) as pool:
        for number in range(60 if serializes else 1):
            for started in [pool.submit(start, number) for _ in range(at_a_time)]:
                started.result()
