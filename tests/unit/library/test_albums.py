"""The folders of an album: added, merged, forgotten, and protected."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cumbre.errors import StorageError
from cumbre.library.library import Library


def test_an_added_folder_is_remembered_by_the_next_process(
    library: Library, album: Path, open_cumbre: Callable[..., Library]
) -> None:
    library.albums.remember(album)
    assert open_cumbre().albums.folders() == [album.resolve()]


def test_a_folder_inside_an_album_is_a_prefix_of_it(library: Library, album: Path) -> None:
    library.albums.remember(album)
    assert library.albums.remember(album / "day 1") == (album.resolve(), "day 1/", [])
    assert library.albums.folders() == [album.resolve()]


def test_a_folder_that_contains_an_album_replaces_it(library: Library, album: Path) -> None:
    library.albums.remember(album / "day 1")
    root, prefix, replaced = library.albums.remember(album)
    assert (root, prefix, replaced) == (album.resolve(), "", [(album / "day 1").resolve()])
    assert library.albums.folders() == [album.resolve()]


def test_the_sample_album_is_replaced_by_the_first_other_album(library: Library, album: Path) -> None:
    library.albums.sample.mkdir(parents=True)
    library.albums.remember(library.albums.sample)
    _, _, replaced = library.albums.remember(album)
    assert replaced == [library.albums.sample.resolve()]
    assert library.albums.folders() == [album.resolve()]


def test_a_path_that_is_not_an_existing_folder_is_an_error(library: Library, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        library.albums.remember(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="is not a folder"):
        library.albums.remember(tmp_path / "file")


def test_a_single_file_belongs_to_the_album_that_contains_it_or_stands_alone(library: Library, album: Path) -> None:
    file = album / "day 1" / "valley.jpg"
    bucket = str((album / "day 1").resolve())
    assert library.albums.remember_file(file) == (bucket, "valley.jpg")
    assert [stat.key for stat in library.storages()[bucket].list()] == ["valley.jpg"]
    library.albums.remember(album)
    assert library.albums.remember_file(file) == (str(album.resolve()), "day 1/valley.jpg")
    assert bucket not in library.storages()


def test_a_file_without_a_photo_extension_is_not_part_of_the_album(library: Library, album: Path) -> None:
    (album / "notes.txt").write_text("x")
    with pytest.raises(StorageError, match="no photo file extension"):
        library.albums.remember_file(album / "notes.txt")


def test_cumbres_own_folder_is_never_part_of_an_album(library: Library, album: Path, tmp_path: Path) -> None:
    library.albums.sample.mkdir(parents=True)
    for own in (tmp_path / "home", tmp_path / "home" / "cache"):
        with pytest.raises(StorageError, match="Cumbre's own folder"):
            library.albums.remember(own)
    # An album that contains this folder leaves it out.
    (tmp_path / "home" / "cache" / "thumbnail.jpg").write_bytes(b"x")
    library.albums.remember(tmp_path)
    around = library.storages()[str(tmp_path.resolve())]
    keys = [stat.key for stat in around.list()]
    assert "album/plain.png" in keys
    assert not [key for key in keys if key.startswith("home/")]
    assert around.stat("home/cache/thumbnail.jpg") is None


def test_another_process_notices_added_and_forgotten_folders(
    library: Library, album: Path, open_cumbre: Callable[..., Library]
) -> None:
    other = open_cumbre()
    assert str(album.resolve()) not in other.storages()
    library.albums.remember(album)
    assert str(album.resolve()) in other.storages()
    library.albums.forget(album.resolve())
    assert str(album.resolve()) not in other.storages()


def test_only_the_inbox_is_writable(library: Library, album: Path) -> None:
    library.albums.remember(album)
    storages = library.albums.storages()
    assert list(storages) == [str(album.resolve()), str(library.albums.inbox.resolve())]
    with pytest.raises(StorageError):
        storages[str(album.resolve())].write("new.jpg", b"x")
    storages[str(library.albums.inbox.resolve())].write("new.jpg", b"x")
