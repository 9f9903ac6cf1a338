"""Photos that are not there: deleted, or on a drive that is not connected."""

import shutil

import pytest

from cumbre.errors import StorageError
from cumbre.ingest.removal_guard import is_suspicious, missing_photos_warning
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
def test_few_or_a_small_part_may_be_meant(lost, present, suspicious):
    assert is_suspicious(lost, present) is suspicious


def looked(library, album):
    return missing_photos_warning(library.index(), library.storage(str(album)))


@pytest.fixture
def many(album):
    for i in range(150):
        (album / "day 1" / f"{i}.jpg").write_bytes(photo_towards(TWO_CONTENTS[i % 2], "2023:11:01 08:00:00"))
    return album


TWO_CONTENTS = (10.0, 20.0)


def test_an_album_that_is_there_is_not_worth_a_word(library, many):
    assert looked(library, many) == ""
    ingest(library, many)
    assert looked(library, many) == ""
    for i in range(40):
        (many / "day 1" / f"{i}.jpg").unlink()
    assert looked(library, many) == ""


def test_a_look_at_some_photos_tells_that_most_are_gone(library, many):
    ingest(library, many)
    shutil.rmtree(many / "day 1")
    assert "not where they were" in looked(library, many)
    many.joinpath("plain.png").unlink()
    assert "connect it" in looked(library, many)


def test_a_folder_that_is_gone_is_an_error_even_if_nothing_is_known_of_it(library, album):
    library.albums.remember(album)
    shutil.rmtree(album)
    with pytest.raises(StorageError, match="cumbre forget"):
        looked(library, album)
