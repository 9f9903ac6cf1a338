"""Search and identification on the real, labelled photos reach these figures (benchmarks/search.py prints them)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.identify import LabelledSighting, labelled_sightings, varied, wrong
from benchmarks.search import indexed, measure, read_labels
from cumbre.geo.geodesy import Position
from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.library.library import Library
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.photos.document import PhotoFacts
from cumbre.recognition.identifier import PeakIdentifier
from cumbre.services.local_query_service import LocalQueryService
from tests.support.paths import SHARED_PHOTOS as PHOTOS
from tests.support.present import present

pytestmark = [
    pytest.mark.skipif(not PHOTOS.is_dir(), reason="needs the real photos of ../shared/photos"),
    pytest.mark.together("real photos"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    library = indexed(PHOTOS.resolve(), tmp_path_factory.mktemp("home"), "lite")
    yield library
    library.close()


@pytest.fixture(scope="module")
def facts(library: Library) -> dict[str, PhotoFacts]:
    """The facts of the photos with metadata, by the name of the file."""
    return {document.key: present(document.facts) for document in library.active().index.select()}


@pytest.mark.parametrize("path", sorted(PHOTOS.glob("[hj]*/*")), ids=lambda path: path.stem)
def test_the_photos_have_a_place_a_time_and_a_heading(facts: dict[str, PhotoFacts], path: Path) -> None:
    found = facts[path.name]
    assert found.position is not None
    assert 27.6 < found.position.lat < 28.1
    assert 2000 < present(found.position.altitude_m) < 5800
    assert found.heading_deg is not None
    assert found.heading_ref == "T"
    assert present(found.focal_length_35mm) >= 13
    assert found.utc_offset_min == 345
    assert abs(present(found.pitch_deg)) < 40
    assert found.camera == "Apple iPhone 15 Pro Max"


@pytest.fixture(scope="module")
def certain_sightings() -> list[LabelledSighting]:
    return [photo for photo in labelled_sightings(PHOTOS) if photo.certain]


def test_certain_photos_get_a_correct_answer_or_none(certain_sightings: list[LabelledSighting]) -> None:
    assert len(certain_sightings) == 53
    assert len(wrong(certain_sightings, PeakIdentifier(bundled_catalog()))) <= 1
    without_peak = [photo for photo in certain_sightings if not photo.right_answers]
    assert wrong(without_peak, PeakIdentifier(bundled_catalog())) == []


@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_no_constant_is_fitted_to_single_photos(certain_sightings: list[LabelledSighting], factor: float) -> None:
    lost = {name: wrong(certain_sightings, identifier) for name, identifier in varied(bundled_catalog(), factor)}
    assert {name: names for name, names in lost.items() if len(names) > 1} == {}


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
