"""A storage reduced to selected photos."""

import pytest

from cumbre.errors import StorageError
from cumbre.storage.folder import FolderPhotoStorage
from cumbre.storage.selected import SelectedPhotoStorage


@pytest.fixture
def selected(album):
    return SelectedPhotoStorage(FolderPhotoStorage(album), frozenset({"plain.png", "gone.jpg"}))


def test_only_selected_photos_are_listed_and_read(selected, album):
    assert selected.bucket == str(album.resolve())
    assert [stat.key for stat in selected.list()] == ["plain.png"]
    assert [stat.key for stat in selected.list("other")] == []
    assert selected.stat("day 1/valley.jpg") is None
    stat = selected.stat("plain.png")
    assert selected.read("plain.png", stat.etag, 1_000_000) == (album / "plain.png").read_bytes()


def test_a_missing_folder_is_an_error(selected, album):
    album.rename(album.with_name("away"))
    for call in (lambda: list(selected.list()), lambda: selected.stat("plain.png"), lambda: selected.stat("other.jpg")):
        with pytest.raises(StorageError):
            call()
