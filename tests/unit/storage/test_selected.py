"""A storage reduced to selected photos."""

from pathlib import Path

import pytest

from cumbre.errors import StorageError
from cumbre.storage.folder import FolderPhotoStorage
from cumbre.storage.selected import SelectedPhotoStorage
from tests.support.present import present


@pytest.fixture
def selected(album: Path) -> SelectedPhotoStorage:
    return SelectedPhotoStorage(FolderPhotoStorage(album), frozenset({"plain.png", "gone.jpg"}))


def test_only_selected_photos_are_listed_and_read(selected: SelectedPhotoStorage, album: Path) -> None:
    assert selected.bucket == str(album.resolve())
    assert [stat.key for stat in selected.list()] == ["plain.png"]
    assert [stat.key for stat in selected.list("other")] == []
    assert selected.stat("day 1/valley.jpg") is None
    stat = selected.stat("plain.png")
    assert selected.read("plain.png", present(stat).etag, 1_000_000) == (album / "plain.png").read_bytes()


def test_a_missing_folder_is_an_error(selected: SelectedPhotoStorage, album: Path) -> None:
    album.rename(album.with_name("away"))
    for call in (lambda: list(selected.list()), lambda: selected.stat("plain.png"), lambda: selected.stat("other.jpg")):
        with pytest.raises(StorageError):
            call()
