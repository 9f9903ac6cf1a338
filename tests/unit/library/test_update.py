"""An update indexes what was named or the whole album, says what it skips, and goes on."""

from pathlib import Path
from typing import Protocol

import pytest

from cumbre.errors import NotFound
from cumbre.index.embedded.generations import EmbeddedGenerations
from cumbre.ingest.scan import ScanProgress
from cumbre.library.forget import forget
from cumbre.library.library import Library
from cumbre.library.update import AlbumUpdate, UpdateResult, differences
from tests.support.pictures import encoded, landscape

PHOTO = encoded(landscape())


class Update(Protocol):
    """Updates the album with these paths."""

    def __call__(self, *paths: Path, confirm_removals: bool = False) -> UpdateResult: ...


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def update(library: Library, said: list[str]) -> Update:
    def run(*paths: Path, confirm_removals: bool = False) -> UpdateResult:
        return AlbumUpdate(library, ScanProgress(), said.append, confirm_removals).run(paths)

    return run


@pytest.fixture
def trek(tmp_path: Path) -> Path:
    folder = tmp_path / "trek"
    (folder / "day 1").mkdir(parents=True)
    (folder / "day 1" / "ama.jpg").write_bytes(PHOTO)
    return folder


def test_without_an_album_it_says_what_to_do(update: Update, said: list[str]) -> None:
    assert update().report.indexed == 0
    assert said == ["no album yet: run `cumbre ingest DIR` with the folder of your photos"]


def test_a_folder_becomes_part_of_the_album_and_its_photos_are_indexed(
    update: Update, library: Library, trek: Path
) -> None:
    done = update(trek)
    assert (done.report.indexed, done.problems, done.named_failed) == (1, [], False)
    assert library.albums.folders() == [trek]
    assert update().report.unchanged == 1


def test_a_folder_around_another_replaces_it_and_says_so(
    update: Update, library: Library, trek: Path, said: list[str]
) -> None:
    update(trek / "day 1")
    update(trek)
    assert [(photo.bucket, photo.key) for photo in library.index().select()] == [(str(trek), "day 1/ama.jpg")]
    assert said == [f"{trek / 'day 1'} is no longer a separate album: {trek} contains or replaces it"]
    assert library.albums.folders() == [trek]


def test_a_path_that_cannot_be_part_of_the_album_does_not_stop_the_others(
    update: Update, trek: Path, tmp_path: Path
) -> None:
    done = update(tmp_path / "nowhere", trek)
    assert done.report.indexed == 1
    assert [problem.split(":")[0] for problem in done.problems] == [f"{tmp_path / 'nowhere'} does not exist"]


def test_a_named_file_that_is_no_picture_is_told_apart_from_failures_in_a_folder(update: Update, trek: Path) -> None:
    (trek / "broken.jpg").write_bytes(b"no picture")
    assert not update(trek).named_failed
    assert update(trek / "broken.jpg").named_failed


def test_an_incomplete_index_is_completed_by_a_scan_of_the_whole_album(
    update: Update, library: Library, trek: Path, said: list[str], tmp_path: Path
) -> None:
    update(trek)
    (trek / "lhotse.jpg").write_bytes(encoded(landscape((400, 300))))
    (tmp_path / "other").mkdir()
    assert isinstance(library.generations, EmbeddedGenerations)
    library.generations._database.incomplete = True
    assert update(tmp_path / "other").report.indexed == 1
    assert said == ["scanning the whole album, because the index was damaged or an earlier run was interrupted"]
    assert not library.generations.incomplete()


def test_a_gone_folder_is_forgotten_only_if_removals_are_confirmed(
    update: Update, library: Library, trek: Path
) -> None:
    update(trek)
    trek.rename(trek.with_name("away"))
    assert update(trek).problems
    assert library.index().count() == 1
    assert update(trek, confirm_removals=True).report.removed == 1
    assert library.albums.folders() == []


def test_differences_are_found_without_changing_anything(update: Update, library: Library, trek: Path) -> None:
    update(trek)
    (trek / "lhotse.jpg").write_bytes(PHOTO + b"\0")
    found, problems = differences(library)
    assert problems == []
    assert (found[str(trek)].changed, found[str(trek)].gone) == (["lhotse.jpg"], [])
    assert library.index().count() == 1


def test_a_folder_or_a_named_file_is_forgotten_with_its_photos(
    update: Update, library: Library, trek: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.jpg"
    alone.write_bytes(encoded(landscape((400, 300))))
    update(trek, alone)
    assert library.index().count() == 2
    assert forget(library, alone) == 1
    assert forget(library, trek) == 1
    assert library.index().count() == 0
    with pytest.raises(NotFound, match="neither an album folder nor a file added by name"):
        forget(library, alone)
