"""The contract of PhotoIndex and IndexGenerations: every adapter must pass these tests."""

import gc
import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cumbre.errors import GenerationReplaced, IndexFault, VersionConflict
from cumbre.geo.geodesy import Position
from cumbre.index.elasticsearch.connection import connect
from cumbre.index.embedded.generations import EmbeddedGenerations
from cumbre.index.port import (
    Circle,
    IndexGenerations,
    PhotoFilter,
    PhotoIndex,
    PhotoWrite,
    RankBy,
    VectorSpace,
)
from cumbre.photos.document import PeakPrediction, PhotoDocument, PhotoFacts
from tests.support.present import present

_numbers = itertools.count()
SPACE = VectorSpace("test-encoder", 8)
NOON = datetime(2023, 10, 31, 6, 15, tzinfo=UTC)


def unit_vector(seed: int, dimensions: int = 8) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=dimensions).astype(np.float32)
    return vector / np.linalg.norm(vector)


def photo(key: str, **changes: Any) -> PhotoDocument:
    document = PhotoDocument(
        bucket="album",
        key=key,
        etag=f"etag-{key}",
        content_sha256=f"sha-{key}",
        size_bytes=1000,
        indexed_at=NOON,
        model_id=SPACE.model_id,
        facts=PhotoFacts(400, 300, "JPEG", Position(27.8, 86.7, 3440.0), taken_at=NOON, utc_offset_min=345),
        peaks=(PeakPrediction("ama-dablam", 0.8, 0.9, 9000.0, 41.0, 3.0, 20.0, None, -30.0),),
        predicted_peaks=("ama-dablam",),
        used=("geometry",),
    )
    return replace(document, **changes)


Open = Callable[..., IndexGenerations]


@pytest.fixture(
    params=["embedded", pytest.param("elastic", marks=[pytest.mark.servers, pytest.mark.together("servers")])]
)
def open_generations(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Return a function that opens the index of a name as a separate process would. A new name gives an empty index."""
    adapters: list[IndexGenerations] = []
    if request.param == "elastic":
        elasticsearch = request.getfixturevalue("elasticsearch")
        prefix = f"test-{uuid.uuid4().hex[:12]}-"

    def open_one(name: str = "index") -> IndexGenerations:
        adapter: IndexGenerations
        if request.param == "elastic":
            adapter = connect(elasticsearch.access, f"{prefix}{name}-")
        else:
            adapter = EmbeddedGenerations(folder / f"{name}.sqlite")
        adapters.append(adapter)
        return adapter

    folder = tmp_path_factory.mktemp("indices")
    yield open_one
    for adapter in adapters:
        adapter.close()
    if request.param == "elastic":
        elasticsearch.drop(prefix)


@pytest.fixture
def generations(open_generations: Open) -> IndexGenerations:
    return open_generations()


@pytest.fixture
def index(generations: IndexGenerations) -> PhotoIndex:
    return generations.ensure_active(SPACE)


def put(index: PhotoIndex, document: PhotoDocument, seed: int = 0) -> None:
    stored = index.get(document.id)
    vector = None if document.failure else unit_vector(seed)
    assert index.write([PhotoWrite(document, vector, stored.version if stored else None)]) == []


def test_a_document_is_read_as_it_was_written(index: PhotoIndex) -> None:
    document = photo("day 1/ama dablam – आमा दब्लम.jpg", background=0.25, corrected=True, note="said so")
    put(index, document, seed=3)
    assert present(index.get(document.id)).document == document
    np.testing.assert_array_equal(index.vector(document.id), unit_vector(3))
    assert index.get_many([document.id, "0" * 40]) == {document.id: document}


def test_a_missing_photo_gives_none_or_nothing(index: PhotoIndex) -> None:
    assert index.get("0" * 40) is None
    assert index.vector("0" * 40) is None
    assert index.find_by_content("nothing") is None
    assert index.nearest(unit_vector(1), 5) == []


def test_a_write_must_name_the_version_that_it_read(index: PhotoIndex) -> None:
    put(index, photo("a.jpg"))
    version = present(index.get(photo("a.jpg").id)).version
    stale = PhotoWrite(photo("a.jpg", note="stale"), None, version - 1)
    unaware = PhotoWrite(photo("a.jpg", note="unaware"), unit_vector(1), None)
    fine = PhotoWrite(photo("b.jpg"), unit_vector(2), None)
    assert index.write([stale, unaware, fine]) == [stale, unaware]
    assert present(index.get(photo("a.jpg").id)).document.note == ""
    assert index.count() == 2


def test_a_stale_write_neither_restores_a_deleted_photo_nor_overwrites_its_successor(index: PhotoIndex) -> None:
    put(index, photo("a.jpg"))
    old = present(index.get(photo("a.jpg").id)).version
    index.delete(photo("a.jpg").id, old)
    put(index, photo("a.jpg", note="successor"))
    late = PhotoWrite(photo("a.jpg", note="late"), unit_vector(1), old)
    assert index.write([late]) == [late]
    with pytest.raises(VersionConflict):
        index.delete(photo("a.jpg").id, old)
    assert present(index.get(photo("a.jpg").id)).document.note == "successor"


def test_deleting_twice_is_allowed(index: PhotoIndex) -> None:
    put(index, photo("a.jpg"))
    version = present(index.get(photo("a.jpg").id)).version
    index.delete(photo("a.jpg").id, version)
    index.delete(photo("a.jpg").id, version)
    assert index.count() == 0
    assert index.nearest(unit_vector(0), 5) == []


def test_a_write_without_a_vector_keeps_the_vector(index: PhotoIndex) -> None:
    put(index, photo("a.jpg"), seed=5)
    stored = present(index.get(photo("a.jpg").id))
    index.write([PhotoWrite(replace(stored.document, note="renamed"), None, stored.version)])
    np.testing.assert_array_equal(index.vector(photo("a.jpg").id), unit_vector(5))


def test_nearest_ranks_by_cosine_or_by_score(index: PhotoIndex) -> None:
    query = unit_vector(1)
    near, far = unit_vector(2), unit_vector(3)
    if near @ query < far @ query:
        near, far = far, near
    # The nearer photo is a hub: its background score outweighs its lead.
    lead = float(near @ query - far @ query)
    index.write(
        [
            PhotoWrite(photo("near.jpg", background=lead + 0.1), near, None),
            PhotoWrite(photo("far.jpg", background=0.0), far, None),
        ]
    )
    by_cosine = [n.photo_id for n in index.nearest(query, 2, rank_by=RankBy.COSINE)]
    by_score = index.nearest(query, 2, rank_by=RankBy.SCORE)
    assert by_cosine == [photo("near.jpg").id, photo("far.jpg").id]
    assert [n.photo_id for n in by_score] == by_cosine[::-1]
    assert by_score[0].score == pytest.approx(float(far @ query), abs=1e-5)
    assert by_score[1].score == pytest.approx(by_score[1].cosine - lead - 0.1, abs=1e-5)


def test_the_ranking_by_score_is_exact_among_many_near_hubs(index: PhotoIndex) -> None:
    """Forty hubs have higher cosines than the right photos, so fetching only the nearest would miss the best ones."""
    query = unit_vector(1)
    hubs = [PhotoWrite(photo(f"hub {i}.jpg", background=2.0), near_to(query, i, 0.2), None) for i in range(40)]
    others = [PhotoWrite(photo(f"{i}.jpg", background=0.1), near_to(query, i, 3.0), None) for i in range(20)]
    index.write(hubs + others)
    best = sorted(others, key=lambda write: (-float(write.vector @ query), write.document.id))[:3]
    found = index.nearest(query, 3)
    assert [one.photo_id for one in found] == [write.document.id for write in best]
    assert [one.score for one in found] == pytest.approx([float(one.vector @ query) - 0.1 for one in best], abs=1e-5)


def near_to(vector: np.ndarray, seed: int, spread: float) -> np.ndarray:
    moved = vector + spread * unit_vector(seed + 100)
    return (moved / np.linalg.norm(moved)).astype(np.float32)


def test_a_new_background_applies_at_once(index: PhotoIndex) -> None:
    put(index, photo("a.jpg"), seed=1)
    before = index.nearest(unit_vector(1), 1)[0].score
    stored = present(index.get(photo("a.jpg").id))
    index.write([PhotoWrite(replace(stored.document, background=0.5), None, stored.version)])
    assert index.nearest(unit_vector(1), 1)[0].score == pytest.approx(before - 0.5, abs=1e-5)


@pytest.fixture
def album(index: PhotoIndex) -> PhotoIndex:
    """Three photos: Ama Dablam at Namche, Everest at Gorak Shep a week later, and one without place, time or peaks."""
    gorak_shep = PhotoFacts(400, 300, "JPEG", Position(27.98, 86.83, 5160.0), taken_at=NOON + timedelta(days=7))
    put(index, photo("namche.jpg"), seed=1)
    put(index, photo("gorak.jpg", facts=gorak_shep, predicted_peaks=("mount-everest", "nuptse")), seed=2)
    put(index, photo("bare.jpg", facts=PhotoFacts(400, 300, "PNG"), predicted_peaks=()), seed=3)
    return index


FILTERS = [
    (PhotoFilter(), {"namche.jpg", "gorak.jpg", "bare.jpg"}),
    (PhotoFilter(peak_ids=("nuptse",)), {"gorak.jpg"}),
    (PhotoFilter(peak_ids=("nuptse", "ama-dablam")), {"gorak.jpg", "namche.jpg"}),
    (PhotoFilter(peak_ids=("makalu",)), set()),
    (PhotoFilter(since=NOON + timedelta(days=1)), {"gorak.jpg"}),
    (PhotoFilter(until=NOON + timedelta(days=1)), {"namche.jpg"}),
    (PhotoFilter(since=NOON, until=NOON + timedelta(seconds=1)), {"namche.jpg"}),
    (PhotoFilter(until=NOON), set()),
    (PhotoFilter(near=Circle(27.8, 86.7, 1000.0)), {"namche.jpg"}),
    (PhotoFilter(near=Circle(27.8, 86.7, 50_000.0)), {"namche.jpg", "gorak.jpg"}),
    (PhotoFilter(peak_ids=("nuptse",), near=Circle(27.8, 86.7, 1000.0)), set()),
]


@pytest.mark.parametrize(("where", "expected"), FILTERS)
def test_filters_apply_to_select_nearest_and_count(album: PhotoIndex, where: PhotoFilter, expected: set[str]) -> None:
    ids = {photo(key).id for key in expected}
    assert {d.id for d in album.select(where)} == ids
    assert {n.photo_id for n in album.nearest(unit_vector(9), 10, where)} == ids
    assert album.count(where) == len(expected)


def test_select_is_newest_first_and_undated_photos_come_last(album: PhotoIndex) -> None:
    assert [d.key for d in album.select()] == ["gorak.jpg", "namche.jpg", "bare.jpg"]
    assert [d.key for d in album.select(limit=1)] == ["gorak.jpg"]
    assert [d.key for d in album.select(limit=1, offset=1)] == ["namche.jpg"]
    assert [d.key for d in album.select(offset=1)] == ["namche.jpg", "bare.jpg"]
    everywhere = PhotoFilter(near=Circle(27.8, 86.7, 20_000_000.0))
    assert [d.key for d in album.select(everywhere, limit=1, offset=1)] == ["namche.jpg"]


def test_peaks_are_counted_with_and_without_a_filter(album: PhotoIndex) -> None:
    assert album.peak_counts() == {"ama-dablam": 1, "mount-everest": 1, "nuptse": 1}
    assert album.peak_counts(PhotoFilter(near=Circle(27.8, 86.7, 1000.0))) == {"ama-dablam": 1}


@pytest.mark.parametrize(("where", "expected"), FILTERS)
def test_filters_apply_to_showing_and_peak_counts(album: PhotoIndex, where: PhotoFilter, expected: set[str]) -> None:
    shown = {("namche.jpg", "ama-dablam"), ("gorak.jpg", "mount-everest"), ("gorak.jpg", "nuptse")}
    asked = ("ama-dablam", "nuptse", "makalu")
    assert {(one.photo_id, one.peak_id) for one in album.peaks_in_photos(asked, where)} == {
        (photo(key).id, peak) for key, peak in shown if key in expected and peak in asked
    }
    counts: dict[str, int] = {}
    for _, peak in (one for one in shown if one[0] in expected):
        counts[peak] = counts.get(peak, 0) + 1
    assert album.peak_counts(where) == counts


def test_certainty_follows_the_document(index: PhotoIndex) -> None:
    sure = PeakPrediction("ama-dablam", 0.8, in_view=0.5)
    put(index, photo("a.jpg", peaks=(sure,)))
    (shown,) = index.peaks_in_photos(["ama-dablam"])
    assert shown.certainty == pytest.approx(0.5 * 1.8 / 2)
    put(index, photo("a.jpg", peaks=(sure,), corrected=True))
    (shown,) = index.peaks_in_photos(["ama-dablam"])
    assert shown.certainty == 1.0
    put(index, photo("a.jpg", peaks=(), predicted_peaks=()))
    assert index.peaks_in_photos(["ama-dablam"]) == []
    index.delete(photo("a.jpg").id, present(index.get(photo("a.jpg").id)).version)
    assert index.peak_counts() == {}


@pytest.mark.parametrize(("where", "expected"), FILTERS)
def test_shots_give_the_time_and_place_of_filtered_photos(
    album: PhotoIndex, where: PhotoFilter, expected: set[str]
) -> None:
    shots = {one.photo_id: one for one in album.shots(where)}
    assert shots.keys() == {photo(key).id for key in expected}
    for document in album.select(where):
        shot, facts = shots[document.id], present(document.facts)
        assert shot.taken_at == (facts.taken_at.timestamp() if facts.taken_at else None)
        assert shot.lat == (pytest.approx(facts.position.lat, abs=1e-6) if facts.position else None)
        assert shot.lon == (pytest.approx(facts.position.lon, abs=1e-6) if facts.position else None)


def test_newest_sorts_and_limits_the_given_photos(album: PhotoIndex) -> None:
    ids = {key: photo(key).id for key in ("namche.jpg", "gorak.jpg", "bare.jpg")}
    assert album.newest(list(ids.values()), 5) == [ids["gorak.jpg"], ids["namche.jpg"], ids["bare.jpg"]]
    assert album.newest([ids["bare.jpg"], ids["namche.jpg"], "no photo"], 1) == [ids["namche.jpg"]]
    assert album.newest([], 3) == []


def test_reference_photos_are_those_that_teach_a_peak(album: PhotoIndex) -> None:
    assert album.reference_photos(5) == []
    put(album, photo("namche.jpg", teaches="ama-dablam"), seed=7)
    (teacher,) = album.reference_photos(5)
    assert (teacher.peak_id, teacher.content_sha256) == ("ama-dablam", "sha-namche.jpg")
    assert teacher.vector == pytest.approx(unit_vector(7))
    put(album, photo("gorak.jpg", teaches="nuptse"))
    assert len(album.reference_photos(1)) == 1
    put(album, photo("namche.jpg"))
    assert [one.peak_id for one in album.reference_photos(5)] == ["nuptse"]


def test_filters_use_the_latest_time_and_place_of_a_photo(album: PhotoIndex) -> None:
    elsewhere = PhotoFilter(near=Circle(28.5, 84.0, 1000.0), since=NOON + timedelta(days=300))
    assert album.nearest(unit_vector(9), 10, elsewhere) == []
    stored = present(album.get(photo("namche.jpg").id))
    moved = Position(28.5, 84.0, 800.0)
    facts = replace(present(stored.document.facts), position=moved, taken_at=NOON + timedelta(days=365))
    assert album.write([PhotoWrite(replace(stored.document, facts=facts), None, stored.version)]) == []
    assert [n.photo_id for n in album.nearest(unit_vector(9), 10, elsewhere)] == [stored.document.id]


def test_failures_are_kept_but_never_found(album: PhotoIndex) -> None:
    put(album, photo("broken.jpg", failure="the picture is damaged", facts=None, peaks=(), predicted_peaks=()))
    assert [d.key for d in album.failures()] == ["broken.jpg"]
    assert album.count() == 3
    assert photo("broken.jpg").id not in {n.photo_id for n in album.nearest(unit_vector(0), 10)}
    assert photo("broken.jpg").id not in {d.id for d in album.select()}
    assert album.find_by_content("sha-broken.jpg") is None
    assert {k.key for k in album.indexed_objects("album")} == {"namche.jpg", "gorak.jpg", "bare.jpg", "broken.jpg"}


def test_a_photo_that_became_unreadable_loses_its_vector(album: PhotoIndex) -> None:
    put(album, photo("namche.jpg", failure="cut short", predicted_peaks=()))
    assert photo("namche.jpg").id not in {n.photo_id for n in album.nearest(unit_vector(1), 10)}
    assert album.vector(photo("namche.jpg").id) is None


def test_known_objects_are_selected_by_bucket_and_prefix(index: PhotoIndex) -> None:
    put(index, photo("day 1/a.jpg"))
    put(index, photo("day 2/b.jpg"))
    put(index, photo("day_1/c.jpg"))
    assert {(k.key, k.etag) for k in index.indexed_objects("album", "day 1/")} == {("day 1/a.jpg", "etag-day 1/a.jpg")}
    assert list(index.indexed_objects("elsewhere")) == []


def test_photos_are_found_by_their_content(index: PhotoIndex) -> None:
    put(index, photo("a.jpg", content_sha256="same"))
    put(index, photo("copy.jpg", content_sha256="same"))
    assert present(index.find_by_content("same")).document.key in ("a.jpg", "copy.jpg")
    assert {s.document.key for s in index.with_content("same")} == {"a.jpg", "copy.jpg"}


def test_scan_gives_every_photo_with_its_vector(album: PhotoIndex) -> None:
    put(album, photo("broken.jpg", failure="damaged"))
    found = {stored.document.key: vector for stored, vector in album.scan()}
    assert found.keys() == {"namche.jpg", "gorak.jpg", "bare.jpg"}
    np.testing.assert_array_equal(found["gorak.jpg"], unit_vector(2))


def test_metadata_belongs_to_one_generation(generations: IndexGenerations, index: PhotoIndex) -> None:
    assert index.metadata("prompts") is None
    index.set_metadata("prompts", "1")
    index.set_metadata("prompts", "2")
    assert index.metadata("prompts") == "2"
    assert generations.create_building(SPACE).metadata("prompts") is None


def test_a_vector_of_another_size_is_refused(index: PhotoIndex) -> None:
    with pytest.raises(IndexFault, match="dimensions"):
        index.write([PhotoWrite(photo("a.jpg"), unit_vector(1, 9), None)])
    with pytest.raises(IndexFault, match="dimensions"):
        index.nearest(unit_vector(1, 9), 5)
    assert index.count() == 0


def test_a_reindex_swaps_the_generations(generations: IndexGenerations, index: PhotoIndex) -> None:
    put(index, photo("old.jpg"))
    assert present(generations.active()).space == SPACE
    building = generations.create_building(VectorSpace("better-encoder", 4))
    assert present(generations.building()).space == VectorSpace("better-encoder", 4)
    assert present(generations.active()).count() == 1
    building.write([PhotoWrite(photo("new.jpg"), unit_vector(1, 4), None)])
    generations.activate(building)
    assert present(generations.active()).space.model_id == "better-encoder"
    assert [d.key for d in present(generations.active()).select()] == ["new.jpg"]
    assert generations.building() is None


def test_the_second_of_two_reindexes_to_finish_changes_nothing(
    generations: IndexGenerations, index: PhotoIndex
) -> None:
    building = generations.create_building(VectorSpace("better-encoder", 4))
    building.write([PhotoWrite(photo("new.jpg"), unit_vector(1, 4), None)])
    generations.activate(building)
    with pytest.raises(GenerationReplaced):
        generations.activate(building)
    assert present(generations.active()).count() == 1


def test_writing_to_a_replaced_generation_raises_an_error(generations: IndexGenerations, index: PhotoIndex) -> None:
    generations.activate(generations.create_building(SPACE))
    with pytest.raises(GenerationReplaced, match="cumbre reindex"):
        index.write([PhotoWrite(photo("late.jpg"), unit_vector(1), None)])
    assert present(generations.active()).count() == 0


def test_a_new_photo_without_a_vector_is_refused(index: PhotoIndex) -> None:
    with pytest.raises(IndexFault, match="without a vector"):
        index.write([PhotoWrite(photo("a.jpg"), None, None)])
    assert index.get(photo("a.jpg").id) is None


def test_a_write_without_version_and_vector_is_refused_even_if_the_photo_is_there(index: PhotoIndex) -> None:
    put(index, photo("a.jpg"), seed=5)
    fine = PhotoWrite(photo("b.jpg"), unit_vector(1), None)
    with pytest.raises(IndexFault, match="without a vector"):
        index.write([fine, PhotoWrite(photo("a.jpg", note="unaware"), None, None)])
    assert present(index.get(photo("a.jpg").id)).document.note == ""
    assert index.get(photo("b.jpg").id) is None


def test_a_vector_of_another_size_is_refused_even_if_the_write_is_outdated(index: PhotoIndex) -> None:
    put(index, photo("a.jpg"))
    with pytest.raises(IndexFault, match="dimensions"):
        index.write([PhotoWrite(photo("a.jpg"), unit_vector(1, 9), None)])


def test_a_failure_becomes_a_photo_only_with_a_vector(index: PhotoIndex) -> None:
    put(index, photo("a.jpg", failure="damaged"))
    version = present(index.get(photo("a.jpg").id)).version
    with pytest.raises(IndexFault, match="without a vector"):
        index.write([PhotoWrite(photo("a.jpg"), None, version)])
    assert present(index.get(photo("a.jpg").id)).document.failure == "damaged"


def test_an_outdated_write_that_would_have_kept_a_vector_is_a_conflict_even_after_a_failure(
    index: PhotoIndex,
) -> None:
    put(index, photo("a.jpg"))
    before = present(index.get(photo("a.jpg").id))
    put(index, photo("a.jpg", failure="damaged"))
    late = PhotoWrite(replace(before.document, note="late"), None, before.version)
    assert index.write([late]) == [late]
    assert present(index.get(photo("a.jpg").id)).document.failure == "damaged"


def test_near_filters_work_across_the_date_line_and_at_the_pole(index: PhotoIndex) -> None:
    for key, lat, lon in (("west.jpg", 10.0, -179.99), ("east.jpg", 10.0, 179.99), ("pole.jpg", 89.9, 45.0)):
        put(index, photo(key, facts=PhotoFacts(4, 3, "JPEG", Position(lat, lon))))
    at_the_line = index.select(PhotoFilter(near=Circle(10.0, 179.999, 5000.0)))
    assert {d.key for d in at_the_line} == {"west.jpg", "east.jpg"}
    assert [d.key for d in index.select(PhotoFilter(near=Circle(89.95, -135.0, 30_000.0)))] == ["pole.jpg"]


def test_finished_threads_close_their_connections(tmp_path: Path) -> None:
    generations = EmbeddedGenerations(tmp_path / "i.sqlite")
    index = generations.ensure_active(SPACE)
    files = Path("/proc/self/fd")
    if not files.is_dir():
        pytest.skip("this system does not list a process's open files")
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(index.count).result()
    before = len(list(files.iterdir()))
    for _ in range(10):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(index.count).result()
    gc.collect()
    assert len(list(files.iterdir())) <= before + 1
    generations.close()


def test_the_replaced_generation_is_kept_until_it_is_dropped(generations: IndexGenerations, index: PhotoIndex) -> None:
    assert generations.previous() is None
    put(index, photo("old.jpg"))
    for model in ("better-encoder", "best-encoder"):
        generations.activate(generations.create_building(VectorSpace(model, 4)))
    assert present(generations.previous()).space.model_id == "better-encoder"
    assert present(generations.active()).space.model_id == "best-encoder"
    generations.drop_previous()
    assert generations.previous() is None
    generations.drop_previous()


def test_the_replaced_generation_can_be_rebuilt_and_activated_again(
    generations: IndexGenerations, index: PhotoIndex
) -> None:
    put(index, photo("old.jpg"))
    index.set_metadata("prompts", "1")
    generations.activate(generations.create_building(VectorSpace("better-encoder", 4)))
    assert generations.rebuild_previous(VectorSpace("another-encoder", 4)) is None
    again = present(generations.rebuild_previous(SPACE))
    assert generations.building() is again
    assert (generations.previous(), again.metadata("prompts")) == (None, None)
    with pytest.raises(IndexFault, match="reindex"):
        generations.rebuild_previous(SPACE)
    again.write([PhotoWrite(photo("new.jpg"), unit_vector(1), None)])
    generations.activate(again)
    assert {d.key for d in present(generations.active()).select()} == {"old.jpg", "new.jpg"}
    assert present(generations.previous()).space.model_id == "better-encoder"


def test_several_processes_may_create_the_first_generation_at_once(open_generations: Open) -> None:
    processes = [open_generations() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        spaces = list(pool.map(lambda one: one.ensure_active(SPACE).space, processes))
    assert spaces == [SPACE] * 4
    assert all(one.building() is None for one in processes)


def test_only_one_generation_is_built_at_a_time(generations: IndexGenerations, index: PhotoIndex) -> None:
    generations.create_building(SPACE)
    with pytest.raises(IndexFault, match="reindex"):
        generations.create_building(SPACE)
    generations.drop_building()
    assert generations.building() is None


def test_another_process_sees_what_was_written(open_generations: Open) -> None:
    """Immediately or a moment later: Elasticsearch makes changes visible to others once a second."""
    writer = open_generations().ensure_active(SPACE)
    reader = present(open_generations().active())

    def is_found(keys: set[str]) -> bool:
        return {n.photo_id for n in reader.nearest(unit_vector(0), 10)} == {photo(key).id for key in keys}

    for i in range(3):
        put(writer, photo(f"{i}.jpg"), seed=i)
        wait_until(lambda: is_found({f"{one}.jpg" for one in range(i + 1)}))  # noqa: B023
    writer.delete(photo("1.jpg").id, present(writer.get(photo("1.jpg").id)).version)
    assert reader.get(photo("1.jpg").id) is None
    wait_until(lambda: is_found({"0.jpg", "2.jpg"}))


def wait_until(condition: Callable[[], bool], patience_s: float = 20.0) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never became true"
        time.sleep(0.05)


operations = st.lists(
    st.tuples(st.sampled_from(["put", "put", "delete", "fail"]), st.integers(0, 5), st.integers(0, 99)), max_size=30
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-89, 89), st.floats(-180, 180), st.integers(0, 1000)), max_size=12),
    st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.floats(1, 3e6)),
    st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
)
def test_every_filtered_method_selects_the_same_photos(
    open_generations: Open,
    taken: list[tuple[float, float, int]],
    circle: tuple[float, float, float],
    hours: tuple[int, int],
) -> None:
    index = open_generations(f"filters-{next(_numbers)}").ensure_active(SPACE)
    for number, (lat, lon, hour) in enumerate(taken):
        facts = PhotoFacts(4, 3, "JPEG", Position(lat, lon), taken_at=NOON + timedelta(hours=hour))
        put(index, photo(f"{number}.jpg", facts=facts), seed=number)
    since, until = (NOON + timedelta(hours=hour) for hour in sorted(hours))
    for where in (PhotoFilter(near=Circle(*circle)), PhotoFilter(near=Circle(*circle), since=since, until=until)):
        selected = {document.id for document in index.select(where)}
        assert {n.photo_id for n in index.nearest(unit_vector(9), 100, where)} == selected
        assert {one.photo_id for one in index.peaks_in_photos(["ama-dablam"], where)} == selected
        assert index.count(where) == len(selected)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(operations)
def test_search_always_equals_brute_force_over_the_stored_vectors(
    open_generations: Open, steps: list[tuple[str, int, int]]
) -> None:
    index = open_generations(f"steps-{next(_numbers)}").ensure_active(SPACE)
    model: dict[str, np.ndarray] = {}
    query = unit_vector(1234)
    for action, name, seed in steps:
        document = photo(f"{name}.jpg")
        stored = index.get(document.id)
        if action == "put":
            index.write([PhotoWrite(document, unit_vector(seed), stored.version if stored else None)])
            model[document.id] = unit_vector(seed)
        elif action == "fail":
            put(index, replace(document, failure="damaged"))
            model.pop(document.id, None)
        elif stored:
            index.delete(document.id, stored.version)
            model.pop(document.id, None)
        found = index.nearest(query, 10, rank_by=RankBy.COSINE)
        assert {n.photo_id: pytest.approx(n.cosine, abs=1e-5) for n in found} == {
            photo_id: float(vector @ query) for photo_id, vector in model.items()
        }
        assert [n.cosine for n in found] == sorted((n.cosine for n in found), reverse=True)
