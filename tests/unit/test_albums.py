import pytest

from cumbre.errors import StorageError


def test_a_folder_that_was_named_is_remembered_by_the_next_process(library, album, open_cumbre):
    library.albums.remember(album)
    assert open_cumbre().albums.folders() == [album.resolve()]


def test_a_folder_inside_an_album_is_a_prefix_of_it(library, album):
    library.albums.remember(album)
    assert library.albums.remember(album / "day 1") == (album.resolve(), "day 1/", [])
    assert library.albums.folders() == [album.resolve()]


def test_a_folder_around_an_album_takes_its_place(library, album):
    library.albums.remember(album / "day 1")
    root, prefix, replaced = library.albums.remember(album)
    assert (root, prefix, replaced) == (album.resolve(), "", [(album / "day 1").resolve()])
    assert library.albums.folders() == [album.resolve()]


def test_the_sample_album_gives_way_to_the_first_other(library, album):
    library.albums.sample.mkdir(parents=True)
    library.albums.remember(library.albums.sample)
    _, _, replaced = library.albums.remember(album)
    assert replaced == [library.albums.sample.resolve()]
    assert library.albums.folders() == [album.resolve()]


def test_a_folder_that_is_not_there_is_said(library, tmp_path):
    with pytest.raises(StorageError, match="does not exist"):
        library.albums.remember(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="is no folder"):
        library.albums.remember(tmp_path / "file")


def test_a_file_belongs_to_the_album_around_it_or_to_its_own_folder(library, album):
    file = album / "day 1" / "valley.jpg"
    assert library.albums.locate(file) == ((album / "day 1").resolve(), "valley.jpg")
    library.albums.remember(album)
    assert library.albums.locate(file) == (album.resolve(), "day 1/valley.jpg")


def test_only_the_inbox_may_be_written(library, album):
    library.albums.remember(album)
    storages = library.albums.storages()
    assert list(storages) == [str(album.resolve()), str(library.albums.inbox.resolve())]
    with pytest.raises(StorageError):
        storages[str(album.resolve())].write("new.jpg", b"x")
    storages[str(library.albums.inbox.resolve())].write("new.jpg", b"x")
