"""Missing photos: deleted, or on a drive that is not connected."""

import shutil
from pathlib import Path

import pytest

from cumbre.errors import StorageError
from cumbre.ingest.removal_guard import is_suspicious, missing_photos_warning
from cumbre.library.library import Library
from tests.support.small_album import ingest, photo_towards


@pytest.mark.parametrize(
    ("lost", "present", "suspicious"),
    [
        (0, 0, False),
        (2, 0, False),
        (3, 0, True),
        (3, 1, False),
        (19, 5, False),
        (20, 19, True),
        (20, 20, False),
        (500, 600, False),
        (50_000, 600, True),
    ],
)
def test_losing_few_photos_or_a_small_part_is_not_suspicious(lost: int, present: int, suspicious: bool) -> None:
    assert is_suspicious(lost, present) is suspicious


def warning(library: Library, album: Path) -> str:
    return missing_photos_warning(library.index(), library.storage(str(album)))


@pytest.fixture
def large_album(album: Path) -> Path:
    two_contents = [photo_towards(heading_deg, "2023:11:01 08:00:00") for heading_deg in (10.0, 20.0)]
    for i in range(150):
        (album / "day 1" / f"{i}.jpg").write_bytes(two_contents[i % 2])
    return album


def test_an_album_with_most_of_its_photos_gives_no_warning(library: Library, large_album: Path) -> None:
    assert warning(library, large_album) == ""
    ingest(library, large_album)
    assert warning(library, large_album) == ""
    for i in range(40):
        (large_album / "day 1" / f"{i}.jpg").unlink()
    assert warning(library, large_album) == ""


def test_a_sample_of_photos_reveals_that_most_are_missing(library: Library, large_album: Path) -> None:
    ingest(library, large_album)
    shutil.rmtree(large_album / "day 1")
    assert "Most photos of" in warning(library, large_album)
    large_album.joinpath("plain.png").unlink()
    assert "connect it" in warning(library, large_album)


def test_a_missing_folder_is_an_error_even_if_none_of_its_photos_is_indexed(library: Library, album: Path) -> None:
    library.albums.remember(album)
    shutil.rmtree(album)
    with pytest.raises(StorageError, match="cumbre forget"):
        warning(library, album)
