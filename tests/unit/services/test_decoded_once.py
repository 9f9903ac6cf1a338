"""A photo that is added, by the page, the chat or the API, is decoded once, however many parts need its pixels."""

import pytest

from cumbre.errors import PhotoError
from cumbre.imaging.decode import Photo, PhotoLimits, read_photo
from cumbre.library.library import Library
from cumbre.library.reindex import prepare_generation
from cumbre.sandbox.in_process import InProcessPictureReader
from cumbre.services.local_album_service import LocalAlbumService
from tests.support.pictures import encoded, landscape
from tests.support.present import present

PHOTO = encoded(landscape((900, 600)))


@pytest.fixture(autouse=True)
def shared_picture_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Override the reader of unit tests, which remembers pictures."""
    monkeypatch.setattr("cumbre.bootstrap.IsolatedPictureReader", lambda limits, _: InProcessPictureReader(limits))


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that the real picture reader has decoded."""
    files: list[bytes] = []

    def note(data: bytes, limits: PhotoLimits, wanted_px: int | None = None) -> Photo:
        files.append(data)
        return read_photo(data, limits, wanted_px)

    monkeypatch.setattr("cumbre.sandbox.in_process.read_photo", note)
    return files


def test_an_added_photo_is_decoded_once(library: Library, decoded: list[bytes]) -> None:
    added = LocalAlbumService(library).add("ama.jpg", PHOTO)
    assert added.is_new
    assert library.index().vector(added.photo.id) is not None
    assert decoded == [PHOTO]


def test_during_a_reindex_too_if_both_models_see_the_same_pixels(library: Library, decoded: list[bytes]) -> None:
    library.index()
    prepare_generation(library)
    added = LocalAlbumService(library).add("ama.jpg", PHOTO)
    assert present(library.generations.building()).get(added.photo.id) is not None
    assert decoded == [PHOTO]


def test_a_photo_of_the_album_is_not_decoded_again(library: Library, decoded: list[bytes]) -> None:
    album = LocalAlbumService(library)
    first = album.add("ama.jpg", PHOTO)
    assert album.add("again.jpg", PHOTO).photo == first.photo
    assert decoded == [PHOTO]


def test_a_damaged_photo_is_refused_and_not_stored(library: Library, decoded: list[bytes]) -> None:
    with pytest.raises(PhotoError):
        LocalAlbumService(library).add("half.jpg", PHOTO[: len(PHOTO) // 2])
    assert list(library.albums.inbox.glob("*")) == []
    assert len(decoded) == 1
