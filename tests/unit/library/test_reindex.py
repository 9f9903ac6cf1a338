"""Reindexing with another model: a copy of lite with another id."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cumbre.bootstrap import open_library
from cumbre.errors import AlbumMissing, GenerationReplaced, ModelError, StorageError
from cumbre.ingest.scan import ScanProgress
from cumbre.library.library import Library
from cumbre.library.reindex import prepare_generation, reindex
from cumbre.search.query import SearchRequest
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from tests.support.encoders import copy_everyday_vectors, lite_as
from tests.support.present import present
from tests.support.small_album import TO_NOTHING, ingest, photo_towards


@pytest.fixture
def other_model(home: Path, tmp_path: Path) -> Path:
    """An encoder with another id; its vectors must never be mixed with those of lite."""
    copy_everyday_vectors(home / "cache", "other-1")
    return lite_as(tmp_path / "other", model_id="other-1")


@pytest.fixture
def changed(library: Library, album: Path, other_model: Path) -> Iterator[Library]:
    """The same home, opened with settings that choose another model."""
    ingest(library, album)
    opened = open_library(replace(library.settings, model=str(other_model)))
    yield opened
    opened.close()


def test_the_old_model_answers_with_a_notice_that_a_reindex_is_due(changed: Library) -> None:
    service = LocalQueryService(changed)
    assert service.search(SearchRequest(text="ama dablam")).hits
    status = service.status()
    assert (status.model_id, status.wanted_model_id) == ("lite-1", "other-1")
    assert any("cumbre reindex" in notice for notice in status.notices)


def test_a_reindex_moves_every_photo_to_the_wanted_model(changed: Library) -> None:
    report = reindex(changed)
    assert (report.indexed, len(report.failed)) == (3, 0)
    assert changed.active().index.space.model_id == "other-1"
    assert changed.active().index.count() == 3
    assert LocalQueryService(changed).search(SearchRequest(text="ama dablam")).hits
    assert changed.reindex_due() == ""


def test_going_back_to_the_old_model_indexes_only_the_changes_since(
    changed: Library, library: Library, album: Path
) -> None:
    reindex(changed)
    assert "cumbre reindex --drop-old" in changed.old_index()
    corrected = next(d for d in changed.active().index.select() if d.key == "plain.png")
    LocalAlbumService(changed).correct(corrected.id, ("makalu",))
    (album / "new.jpg").write_bytes((album / "day 1" / "valley.jpg").read_bytes() + b"another")
    (album / "day 1" / "valley.jpg").unlink()
    back = open_library(library.settings)
    report = reindex(back)
    assert (report.indexed, report.removed) == (1, 1)
    assert back.active().index.space.model_id == "lite-1"
    assert back.active().index.count() == 3
    assert present(back.active().index.get(corrected.id)).document.predicted_peaks == ("makalu",)
    back.generations.drop_previous()
    assert back.old_index() == ""
    back.close()


def test_a_stopped_reindex_continues_where_it_was(changed: Library) -> None:
    progress = ScanProgress()
    changed.options = replace(changed.options, batch_size=1)
    assert reindex(changed, progress, stopped=lambda: progress.done >= 1).stopped
    assert changed.active().index.space.model_id == "lite-1"
    done = present(changed.building()).index.count()
    assert 1 <= done < 3
    assert reindex(changed).indexed == 3 - done
    assert changed.active().index.count() == 3


def test_corrections_survive_a_reindex(changed: Library, album: Path) -> None:
    photo = next(d for d in changed.active().index.select() if d.key == "plain.png")
    LocalAlbumService(changed).correct(photo.id, ("makalu",))
    reindex(changed)
    assert present(changed.active().index.get(photo.id)).document.predicted_peaks == ("makalu",)


def test_photos_added_during_a_reindex_go_into_both_generations(changed: Library) -> None:
    changed.active()
    changed.generations.create_building(changed.encoders.configured().space)
    added = LocalAlbumService(changed).add("new.jpg", photo_towards(TO_NOTHING, "2023:10:30 07:00:00"))
    for generation in (changed.active(), present(changed.building())):
        assert generation.index.get(added.photo.id) is not None


def test_a_missing_album_stops_the_reindex_and_the_old_index_stays(changed: Library, album: Path) -> None:
    album.rename(album.with_name("away"))
    with pytest.raises(StorageError, match="cumbre reindex"):
        reindex(changed)
    assert changed.active().index.space.model_id == "lite-1"
    assert changed.active().index.count() == 3


def test_an_unplugged_drive_that_leaves_an_empty_folder_stops_the_reindex_too(changed: Library, album: Path) -> None:
    album.rename(album.with_name("away"))
    album.mkdir()
    with pytest.raises(AlbumMissing, match="--confirm-removals"):
        reindex(changed)
    assert changed.active().index.space.model_id == "lite-1"
    assert changed.active().index.count() == 3
    album.rmdir()
    album.with_name("away").rename(album)
    assert reindex(changed).indexed == 3
    assert changed.active().index.space.model_id == "other-1"


def test_the_removal_of_deleted_photos_can_be_confirmed_before_a_reindex(changed: Library, album: Path) -> None:
    shutil.rmtree(album)
    album.mkdir()
    ingest(changed, album, confirm_removals=True)
    reindex(changed)
    assert changed.active().index.space.model_id == "other-1"
    assert changed.active().index.count() == 0


def test_an_unplugged_linked_drive_stops_the_reindex(changed: Library, album: Path, tmp_path: Path) -> None:
    (album / "day 1").rename(tmp_path / "drive")
    (album / "drive").symlink_to(tmp_path / "drive")
    ingest(changed, album)
    (tmp_path / "drive").rename(tmp_path / "unplugged")
    with pytest.raises(StorageError, match="drive/"):
        reindex(changed)
    assert changed.active().index.count() == 3
    (tmp_path / "unplugged").rename(tmp_path / "drive")
    reindex(changed)
    assert changed.active().index.count() == 3


def test_a_renamed_folder_does_not_stop_a_reindex(changed: Library, album: Path) -> None:
    (album / "day 1").rename(album / "first day")
    reindex(changed)
    assert changed.active().index.count() == 3


def test_an_index_without_its_model_is_an_error_that_a_reindex_fixes(
    library: Library, album: Path, other_model: Path, open_cumbre: Callable[..., Library]
) -> None:
    theirs = open_library(replace(library.settings, model=str(other_model)))
    ingest(theirs, album)
    theirs.close()
    shutil.rmtree(other_model)
    left = open_cumbre()
    with pytest.raises(ModelError, match="cumbre reindex"):
        left.active()
    status = LocalQueryService(left).status()
    assert status.photos == 3
    assert any("other-1" in notice for notice in status.notices)
    assert reindex(left).indexed == 3
    assert left.active().index.space.model_id == "lite-1"


def test_two_reindexes_at_once_lose_nothing(changed: Library, other_model: Path) -> None:
    second = open_library(changed.settings)
    begun_together = prepare_generation(second)
    reindex(changed)
    with pytest.raises(GenerationReplaced, match="another"):
        second.generations.activate(begun_together.index)
    assert second.active().index.count() == 3
    second.close()


def test_single_added_files_are_in_the_new_index_too(changed: Library, tmp_path: Path, album: Path) -> None:
    loose = tmp_path / "loose"
    loose.mkdir()
    (loose / "one.jpg").write_bytes((album / "day 1" / "ama dablam.jpg").read_bytes())
    (loose / "not named.jpg").write_bytes((album / "plain.png").read_bytes())
    bucket, key = changed.albums.remember_file(loose / "one.jpg")
    changed.ingestor(changed.active()).reconcile(bucket, key)
    assert reindex(changed).indexed == 4
    assert {d.key for d in changed.active().index.select() if d.bucket == bucket} == {"one.jpg"}
