"""The ingestor, key by key: whatever happens to an object, the index ends up like the storage."""

import itertools
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cumbre.ingest.ingestor import Ingestor
from cumbre.ingest.object_reader import Outcome, OutcomeKind
from cumbre.library.library import Library
from cumbre.photos.evidence import evidence_text
from cumbre.storage.folder import FolderPhotoStorage
from tests.support.encoders import CountingEncoder
from tests.support.present import present
from tests.support.small_album import TO_AMA_DABLAM, photo_towards


@pytest.fixture
def ingestor(library: Library, album: Path) -> Ingestor:
    library.albums.remember(album)
    return library.ingestor(library.active())


@pytest.fixture
def bucket(album: Path) -> str:
    return str(album.resolve())


def test_a_new_photo_is_indexed_with_its_facts_and_peaks(ingestor: Ingestor, bucket: str) -> None:
    assert ingestor.reconcile(bucket, "day 1/ama dablam.jpg").kind is OutcomeKind.INDEXED
    (document,) = ingestor.index.select()
    assert document.predicted_peaks[0] == "ama-dablam"
    assert present(document.facts).utc_offset_min == 345
    assert document.hfov_deg == pytest.approx(31.6, abs=0.5)
    assert evidence_text(document.peaks[0]).startswith("16 km away")
    assert document.model_id == "lite-1"
    assert present(ingestor.index.vector(document.id)).shape == (1000,)


def test_reconciling_again_changes_nothing(ingestor: Ingestor, bucket: str) -> None:
    ingestor.reconcile(bucket, "plain.png")
    before = present(ingestor.index.get(ingestor.index.select()[0].id))
    assert ingestor.reconcile(bucket, "plain.png").kind is OutcomeKind.UNCHANGED
    assert ingestor.index.get(before.document.id) == before


def test_a_deleted_object_is_removed_from_the_index_and_a_late_event_does_no_harm(
    ingestor: Ingestor, bucket: str, album: Path
) -> None:
    ingestor.reconcile(bucket, "plain.png")
    (album / "plain.png").unlink()
    assert ingestor.reconcile(bucket, "plain.png").kind is OutcomeKind.REMOVED
    assert ingestor.reconcile(bucket, "plain.png").kind is OutcomeKind.REMOVED
    assert ingestor.index.count() == 0


def test_a_bad_photo_is_recorded_with_its_reason_and_not_retried_until_it_changes(
    ingestor: Ingestor, bucket: str, album: Path
) -> None:
    bad = album / "bad.jpg"
    bad.write_bytes(photo_towards(0, "2023:10:29 08:00:00")[:3000])
    outcome = ingestor.reconcile(bucket, "bad.jpg")
    assert outcome.kind is OutcomeKind.FAILED
    assert "damaged" in outcome.reason
    (failure,) = ingestor.index.failures()
    assert failure.failure == outcome.reason
    version = present(ingestor.index.get(failure.id)).version
    assert ingestor.reconcile(bucket, "bad.jpg").reason == outcome.reason
    assert present(ingestor.index.get(failure.id)).version == version
    bad.write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:29 08:00:00"))
    assert ingestor.reconcile(bucket, "bad.jpg").kind is OutcomeKind.INDEXED
    assert ingestor.index.failures() == []


def test_one_bad_photo_does_not_stop_the_others(ingestor: Ingestor, bucket: str, album: Path) -> None:
    (album / "bad.jpg").write_bytes(b"no picture")
    outcomes = ingestor.reconcile_many(bucket, ["bad.jpg", "plain.png", "gone.jpg", "day 1/valley.jpg"])
    assert {o.key: o.kind.value for o in outcomes} == {
        "bad.jpg": "failed",
        "plain.png": "indexed",
        "gone.jpg": "removed",
        "day 1/valley.jpg": "indexed",
    }


@pytest.fixture
def counting(ingestor: Ingestor) -> CountingEncoder:
    counting = CountingEncoder(ingestor._embedder.encoder)
    ingestor._embedder.encoder = counting
    return counting


def test_a_renamed_photo_keeps_its_vector(
    ingestor: Ingestor, bucket: str, album: Path, counting: CountingEncoder
) -> None:
    ingestor.reconcile(bucket, "plain.png")
    vector = ingestor.index.vector(ingestor.index.select()[0].id)
    (album / "plain.png").rename(album / "renamed.png")
    ingestor.reconcile(bucket, "renamed.png")
    ingestor.reconcile(bucket, "plain.png")
    (document,) = ingestor.index.select()
    assert document.key == "renamed.png"
    assert np.array_equal(present(ingestor.index.vector(document.id)), present(vector))
    assert counting.images == 1


def test_a_touched_photo_is_read_but_not_embedded(
    ingestor: Ingestor, bucket: str, album: Path, counting: CountingEncoder
) -> None:
    ingestor.reconcile(bucket, "plain.png")
    os.utime(album / "plain.png", ns=(1, 1))
    assert ingestor.reconcile(bucket, "plain.png").kind is OutcomeKind.UNCHANGED
    assert ingestor.index.select()[0].etag == present(FolderPhotoStorage(album).stat("plain.png")).etag
    assert counting.images == 1


def test_photos_are_embedded_in_batches_and_all_are_indexed(
    ingestor: Ingestor, bucket: str, album: Path, counting: CountingEncoder
) -> None:
    keys = [f"{i}.jpg" for i in range(21)]
    for i, key in enumerate(keys):
        (album / key).write_bytes(photo_towards(i, "2023:10:29 08:00:00"))
    outcomes = ingestor.reconcile_many(bucket, keys)
    assert {o.kind for o in outcomes} == {OutcomeKind.INDEXED}
    assert ingestor.index.count() == counting.images == 21


def test_after_a_stop_no_further_photo_is_started(ingestor: Ingestor, bucket: str) -> None:
    done: list[Outcome] = []
    outcomes = ingestor.reconcile_many(bucket, ["plain.png", "day 1/valley.jpg"], done.append, stopped=lambda: True)
    assert outcomes == done == []


class MeddlingStorage(FolderPhotoStorage):
    """A real folder in which something happens right after a key is read."""

    def __init__(self, folder: Path, meddle: list[Callable[[], object]]) -> None:
        super().__init__(folder)
        self._meddle = meddle

    def read(self, key: str, etag: str, max_bytes: int) -> bytes:
        data = super().read(key, etag, max_bytes)
        if self._meddle:
            self._meddle.pop(0)()
        return data


def meddled(library: Library, album: Path, *happenings: Callable[[], object]) -> Ingestor:
    meddling = MeddlingStorage(album, list(happenings))
    library.storage = lambda bucket: meddling  # type: ignore[method-assign]  # for this library only
    return library.ingestor(library.active())


def test_a_photo_replaced_while_it_is_read_is_indexed_in_its_new_version(
    library: Library, album: Path, bucket: str
) -> None:
    successor = photo_towards(TO_AMA_DABLAM, "2023:11:01 08:00:00")
    ingestor = meddled(library, album, lambda: (album / "plain.png").write_bytes(successor))
    assert ingestor.reconcile(bucket, "plain.png").kind is OutcomeKind.INDEXED
    assert present(ingestor.index.select()[0].facts).format == "JPEG"


def test_a_photo_deleted_while_it_is_read_is_not_resurrected(library: Library, album: Path, bucket: str) -> None:
    ingestor = meddled(library, album, lambda: (album / "plain.png").unlink())
    assert ingestor.reconcile(bucket, "plain.png").kind is OutcomeKind.REMOVED
    assert ingestor.index.count() == 0


def test_two_workers_on_the_same_key_index_the_photo_once(library: Library, album: Path, bucket: str) -> None:
    other = library.ingestor(library.active())
    other._storage_of = lambda _: FolderPhotoStorage(album)
    other._reader._storage_of = other._storage_of
    ingestor = meddled(library, album, lambda: other.reconcile(bucket, "plain.png"))
    assert ingestor.reconcile(bucket, "plain.png").kind is OutcomeKind.UNCHANGED
    assert ingestor.index.count() == 1


def test_a_photo_that_keeps_changing_is_given_up_with_a_reason(library: Library, album: Path, bucket: str) -> None:
    counter = itertools.count(1)

    def change() -> None:
        (album / "plain.png").write_bytes(photo_towards(next(counter), "2023:11:01 08:00:00"))

    ingestor = meddled(library, album, *[change] * 20)
    outcome = ingestor.reconcile(bucket, "plain.png")
    assert outcome.kind is OutcomeKind.FAILED
    assert "kept changing" in outcome.reason


def test_a_single_photo_does_not_wait_behind_the_photos_of_a_scan(library: Library, album: Path, bucket: str) -> None:
    library.albums.remember(album)
    may_go_on = threading.Event()
    waiting = [library.decoders.submit(may_go_on.wait, 30) for _ in range(8)]
    try:
        outcome = library.ingestor(library.active()).reconcile(bucket, "plain.png")
        assert outcome.kind is OutcomeKind.INDEXED
        assert not any(future.done() for future in waiting)
    finally:
        may_go_on.set()
