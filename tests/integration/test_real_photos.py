"""Search and identification on the real, labelled photos reach these figures (benchmarks/search.py prints them)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.search import indexed, measure, read_labels
from cumbre.geo.geodesy import Position
from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.library.library import Library
from cumbre.services.local_query_service import LocalQueryService
from tests.support.paths import SHARED_PHOTOS as PHOTOS

pytestmark = pytest.mark.skipif(not PHOTOS.is_dir(), reason="needs the real photos of ../shared/photos")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    library = indexed(PHOTOS.resolve(), tmp_path_factory.mktemp("home"), "lite")
    yield library
    library.close()


def test_lite_finds_photos_by_words_and_nothing_where_nothing_matches(library: Library) -> None:
    found = measure(library, read_labels(PHOTOS))
    assert found.mean_average_precision >= 0.45
    assert found.silent >= 7
    assert found.mean_f1 >= 0.2
    assert (found.first_is_right, found.labelled_peaks) == (17, 17)


@pytest.mark.parametrize("path", sorted(PHOTOS.glob("stripped/*")), ids=lambda path: path.stem)
def test_a_photo_without_metadata_gets_no_peak_and_a_note_on_what_would_help(library: Library, path: Path) -> None:
    service = LocalQueryService(library)
    found = service.identify(path.read_bytes())
    assert (found.answer, found.peaks) == (None, ())
    assert "can't tell without position" in found.note
    assert "original file" in found.note


@pytest.mark.parametrize("path", sorted(PHOTOS.glob("stripped/*")), ids=lambda path: path.stem)
def test_a_photo_without_metadata_is_identified_from_a_given_position(library: Library, path: Path) -> None:
    original = read_photo((PHOTOS / "jpeg" / path.name).read_bytes(), PhotoLimits()).facts
    labels = read_labels(PHOTOS).peaks[path.stem]
    service = LocalQueryService(library)
    found = service.identify(path.read_bytes(), original.position, original.heading_deg)
    assert found.answer in labels
    assert found.used == ("geometry",)
    assert original.position is not None
    without_altitude = Position(original.position.lat, original.position.lon)
    assert service.identify(path.read_bytes(), without_altitude, original.heading_deg).answer in labels
    around = service.identify(path.read_bytes(), original.position)
    assert around.used == ("geometry",)
    assert labels & {peak.id for peak in around.peaks}
