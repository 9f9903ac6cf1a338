"""The two services that front ends use, with a whole Cumbre: in the same process, and by calls through JSON."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

from cumbre.errors import InvalidRequest, NotFound, PhotoError
from cumbre.geo.geodesy import Position
from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.index.port import Circle, PhotoFilter, PhotoWrite
from cumbre.library.library import Library
from cumbre.photos.document import CameraPose, PhotoDocument, SummitPosition
from cumbre.recognition.identifier import PeakIdentifier
from cumbre.search.query import SearchRequest
from cumbre.services.album_service import AlbumService
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from cumbre.services.query_service import QueryService
from cumbre.text.sentence import Sentence
from functions.query.rpc.calls import answer
from functions.query.rpc.client import Calls, RemoteAlbumService, RemoteQueryService
from functions.query.rpc.payloads import Payloads
from tests.support.drawn_view import HEADING_DEG, PITCH_DEG, photo_of_the_view
from tests.support.pictures import encoded, landscape
from tests.support.present import present
from tests.support.small_album import NAMCHE, TO_AMA_DABLAM, ingest, photo_towards

Services = tuple[QueryService, AlbumService]


def in_process(library: Library) -> Services:
    return LocalQueryService(library), LocalAlbumService(library)


def by_direct_calls(library: Library) -> Services:
    """Connect through JSON, as the bot function does with the query function."""
    local, payloads = in_process(library), Payloads(None, 1_000_000)

    def invoke(payload: bytes) -> bytes:
        return json.dumps(answer(json.loads(payload), *local, payloads)).encode()

    call = Calls(invoke, payloads)
    return RemoteQueryService(call), RemoteAlbumService(call)


@pytest.fixture(params=[in_process, by_direct_calls], ids=["in-process", "by-direct-calls"])
def services(request: pytest.FixtureRequest, library: Library, album: Path) -> Services:
    ingest(library, album)
    connect: Callable[[Library], Services] = request.param
    return connect(library)


@pytest.fixture
def query(services: Services) -> QueryService:
    return services[0]


@pytest.fixture
def editor(services: Services) -> AlbumService:
    return services[1]


def difference(one: bytes, other: bytes) -> Image.Image:
    with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(other)) as second:
        return ImageChops.difference(first, second).convert("L")


def around(summit: SummitPosition, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the box of pixels above and beside a summit."""
    x, y = summit.x * size[0], summit.y * size[1]
    return int(x - 50), int(max(0, y - 60)), int(x + 50), int(y + 10)


def by_key(query: QueryService, key: str) -> PhotoDocument:
    return next(hit.photo for hit in query.search(SearchRequest(k=100)).hits if hit.photo.key == key)


def test_a_name_finds_its_photo(query: QueryService) -> None:
    (hit,) = query.search(SearchRequest(text="आमा दब्लम")).hits
    assert hit.photo.key == "day 1/ama dablam.jpg"


def test_a_query_photo_is_identified_too(query: QueryService) -> None:
    answer = query.search(SearchRequest(photo=photo_towards(TO_AMA_DABLAM, "2023:11:05 08:00:00")))
    assert present(answer.identification).answer == "ama-dablam"
    assert answer.hits[0].photo.key == "day 1/ama dablam.jpg"


def test_identify_adds_nothing_to_the_album(query: QueryService) -> None:
    before = query.status().photos
    found = query.identify(photo_towards(TO_AMA_DABLAM, "2023:11:05 08:00:00"))
    assert found.answer == "ama-dablam"
    assert query.status().photos == before


def test_a_photo_without_metadata_is_identified_once_place_and_heading_are_given(query: QueryService) -> None:
    stripped = encoded(landscape())
    assert query.identify(stripped).answer is None
    at = Position(NAMCHE["lat"], NAMCHE["lon"], NAMCHE["altitude_m"])
    found = query.identify(stripped, at, TO_AMA_DABLAM)
    # Without a focal length a wide view is assumed, and Thamserku at its edge appears twice as high.
    assert {peak.id for peak in found.peaks[:2]} == {"ama-dablam", "thamserku"}
    assert found.answer is not None
    assert "focal length is unknown" in found.note


def test_a_place_without_altitude_takes_the_altitude_of_album_photos_nearby(query: QueryService) -> None:
    found = query.identify(encoded(landscape()), Position(NAMCHE["lat"], NAMCHE["lon"]), TO_AMA_DABLAM)
    assert found.answer is not None
    assert "album photos taken nearby" in found.note


def test_a_file_that_is_not_a_picture_is_a_photo_error(query: QueryService) -> None:
    with pytest.raises(PhotoError):
        query.identify(b"no picture")


def test_renditions_are_small_jpegs_without_metadata(query: QueryService) -> None:
    photo = by_key(query, "day 1/ama dablam.jpg")
    jpeg = query.rendition(photo.id, 320)
    shown = read_photo(jpeg, PhotoLimits())
    assert max(shown.image.size) <= 320
    assert shown.facts.position is None
    assert b"Exif" not in jpeg
    assert query.rendition(photo.id, 320) == jpeg
    with pytest.raises(InvalidRequest):
        query.rendition(photo.id, 321)


def test_photos_are_counted_per_peak(query: QueryService) -> None:
    counts = {one.peak.id: one.photos for one in query.peaks()}
    assert counts["ama-dablam"] == 1
    assert counts["makalu"] <= 1
    assert len(counts) == 25
    elsewhere = PhotoFilter(near=Circle(-13.16, -72.54, 1000.0))
    assert {one.photos for one in query.peaks(elsewhere)} == {0}


def test_unknown_photos_and_peaks_are_not_found(query: QueryService, editor: AlbumService) -> None:
    for ask in (query.photo, editor.retry, lambda i: editor.correct(i, ()), lambda i: query.rendition(i, 320)):
        with pytest.raises(NotFound):
            ask("0" * 40)
    with pytest.raises(NotFound):
        query.search(SearchRequest(peak_ids=("olympus-mons",)))


def test_the_status_has_counts_failures_the_model_and_advice_about_a_better_one(
    query: QueryService, library: Library, album: Path
) -> None:
    (album / "bad.jpg").write_bytes(b"no picture")
    ingest(library, album)
    status = query.status()
    assert (status.photos, len(status.failures)) == (3, 1)
    assert status.model_id == "lite-1"
    assert any("cumbre models fetch" in notice for notice in status.notices)
    assert status.failures[0].path.endswith("/bad.jpg")


def test_a_correction_is_used_everywhere_survives_a_rename_and_can_be_undone(
    query: QueryService, editor: AlbumService, library: Library, album: Path
) -> None:
    photo = by_key(query, "plain.png")
    corrected = editor.correct(photo.id, ("makalu", "makalu", "lhotse"))
    assert corrected.predicted_peaks == ("makalu", "lhotse")
    assert [hit.photo.key for hit in query.search(SearchRequest(text="makalu")).hits] == ["plain.png"]
    (album / "plain.png").rename(album / "renamed.png")
    ingest(library, album)
    renamed = by_key(query, "renamed.png")
    assert renamed.corrected
    assert renamed.predicted_peaks == ("makalu", "lhotse")
    undone = editor.correct(renamed.id, None)
    assert (undone.corrected, undone.predicted_peaks) == (False, ())


def test_an_empty_correction_removes_the_peaks(query: QueryService, editor: AlbumService) -> None:
    photo = by_key(query, "day 1/ama dablam.jpg")
    editor.correct(photo.id, ())
    assert query.search(SearchRequest(text="ama dablam")).hits == ()
    assert query.photo(photo.id).peaks[0].id == "ama-dablam"


def test_a_correction_may_name_only_catalogued_peaks(query: QueryService, editor: AlbumService) -> None:
    with pytest.raises(NotFound):
        editor.correct(by_key(query, "plain.png").id, ("olympus-mons",))


def test_an_added_photo_is_searchable_at_once_and_the_album_folder_is_untouched(
    query: QueryService, editor: AlbumService, library: Library, album: Path
) -> None:
    before = sorted(album.rglob("*"))
    added = editor.add("../../IMG 1?.jpg", photo_towards(TO_AMA_DABLAM, "2023:11:05 08:00:00")).photo
    assert added.predicted_peaks[0] == "ama-dablam"
    assert added.bucket == str(library.albums.inbox.resolve())
    assert added.key.startswith("IMG-1-")
    assert len(query.search(SearchRequest(text="ama dablam")).hits) == 2
    assert sorted(album.rglob("*")) == before


def test_a_picture_outside_the_album_can_be_corrected_and_returns_its_previous_correction(
    query: QueryService, editor: AlbumService
) -> None:
    picture = encoded(landscape(sky=(10, 20, 30)))
    assert editor.correct_picture(picture, ("makalu",)) is None
    assert editor.correct_picture(picture, ()) == ("makalu",)
    assert editor.correct_picture(picture, None) == ()
    assert editor.correct_picture(picture, None) is None


def test_a_photo_is_oriented_by_its_skyline_and_answers_include_the_orientation(
    query: QueryService, editor: AlbumService
) -> None:
    found = query.identify(photo_of_the_view(compass_error_deg=9.0))
    assert found.orientation is not None
    assert found.orientation.sure
    assert found.orientation.aim.heading_deg == pytest.approx(HEADING_DEG, abs=0.5)
    assert found.heading_true_deg == found.orientation.aim.heading_deg
    added = editor.add("view.jpg", photo_of_the_view(compass_error_deg=9.0)).photo
    assert added.orientation is not None
    assert added.orientation == found.orientation
    assert added.heading_true_deg == pytest.approx(HEADING_DEG, abs=0.5)
    assert query.photo(added.id).orientation == added.orientation
    assert "ama-dablam" in {one.id for one in added.orientation.drawn}
    assert added.names_note == ""


def test_names_are_drawn_only_if_they_are_sure_and_requested(query: QueryService, editor: AlbumService) -> None:
    photo = photo_of_the_view()
    added = editor.add("view.jpg", photo).photo
    plain, named = query.rendition(added.id, 640), query.rendition(added.id, 640, names=True)
    assert added.orientation is not None
    ama = next(one for one in added.orientation.drawn if one.id == "ama-dablam")
    changed = difference(plain, named).crop(around(ama, (512, 384)))
    assert np.asarray(changed).max() > 100
    below = difference(named, query.labelled(photo, added.orientation, 640)).crop((0, 300, 512, 384))
    assert np.asarray(below).max() < 60
    unsure = by_key(query, "day 1/ama dablam.jpg")
    assert unsure.orientation is None or not unsure.orientation.sure
    assert unsure.names_note.startswith("no names on the picture: ")
    assert query.rendition(unsure.id, 320, names=True) == query.rendition(unsure.id, 320)


def test_a_pose_set_by_a_person_counts_until_it_is_undone(query: QueryService, editor: AlbumService) -> None:
    added = editor.add("view.jpg", photo_of_the_view()).photo
    manual = editor.orient(added.id, CameraPose(80.0, 4.0, 1.0))
    assert manual.orientation is not None
    assert (manual.orientation.said, manual.orientation.sure, manual.heading_true_deg) == (True, True, 80.0)
    assert manual.orientation.aim == CameraPose(80.0, 4.0, 1.0)
    assert query.identify(photo_of_the_view()).heading_true_deg == 80.0
    assert query.photo(added.id).peaks != added.peaks
    undone = editor.orient(added.id, None)
    assert undone.orientation == added.orientation
    assert undone.peaks == added.peaks


def test_a_pose_that_reveals_a_large_compass_error_helps_the_photos_of_the_same_minute(
    query: QueryService, editor: AlbumService
) -> None:
    error_deg = 60.0
    first = editor.add("first.jpg", photo_of_the_view(error_deg)).photo
    second = editor.add("second.jpg", photo_of_the_view(error_deg, seconds_later=20)).photo
    later = editor.add("later.jpg", photo_of_the_view(error_deg, seconds_later=600)).photo
    assert not any(one.orientation and one.orientation.sure for one in (first, second, later))
    editor.orient(first.id, CameraPose(HEADING_DEG, PITCH_DEG, 0.0))
    helped = query.photo(second.id)
    assert helped.orientation is not None
    assert helped.orientation.sure
    assert not helped.orientation.said
    assert helped.heading_true_deg == pytest.approx(HEADING_DEG, abs=0.5)
    assert query.photo(later.id).orientation == later.orientation
    editor.orient(first.id, None)
    assert query.photo(second.id).orientation == second.orientation


def test_a_given_heading_overrides_poses_set_earlier(query: QueryService, editor: AlbumService) -> None:
    first = editor.add("first.jpg", photo_of_the_view(60.0)).photo
    editor.orient(first.id, CameraPose(HEADING_DEG, PITCH_DEG, 0.0))
    beside = photo_of_the_view(60.0, seconds_later=20)
    assert query.identify(beside).heading_true_deg == pytest.approx(HEADING_DEG, abs=0.5)
    assert query.identify(beside, heading_deg=200.0).heading_true_deg == 200.0
    assert query.identify(photo_of_the_view(60.0), heading_deg=200.0).heading_true_deg == 200.0


def test_a_photo_is_still_added_if_its_identification_fails(
    query: QueryService, editor: AlbumService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(PeakIdentifier, "identify", fail)
        added = editor.add("view.jpg", photo_of_the_view()).photo
    assert added.failure is None
    assert "a bug in Cumbre" in added.note
    assert query.photo(added.id).predicted_peaks == ()


def test_a_photo_indexed_by_an_earlier_version_says_how_to_get_its_names(
    query: QueryService, editor: AlbumService, library: Library
) -> None:
    added = editor.add("view.jpg", photo_of_the_view()).photo
    index = library.index()
    stored = present(index.get(added.id))
    index.write([PhotoWrite(replace(stored.document, skylines=None, orientation=None), None, stored.version)])
    library.active().reidentify()
    assert "`cumbre reindex` reads the album again" in query.photo(added.id).names_note


def test_a_photo_without_a_position_cannot_be_oriented(query: QueryService, editor: AlbumService) -> None:
    stripped = by_key(query, "plain.png")
    with pytest.raises(InvalidRequest, match="no summit can be placed in this photo: the file doesn't say where"):
        editor.orient(stripped.id, CameraPose(80.0, 4.0, 1.0))


def test_shots_peaks_and_the_peaks_around_a_place_are_returned(query: QueryService) -> None:
    shots = {one.photo_id: one for one in query.shots(PhotoFilter())}
    photo = by_key(query, "day 1/ama dablam.jpg")
    assert shots[photo.id].taken_at == present(present(photo.facts).taken_at).timestamp()
    assert query.peak("ama-dablam").name == "Ama Dablam"
    around = query.around(Position(NAMCHE["lat"], NAMCHE["lon"]))
    assert not around.altitude_is_assumed
    assert "ama-dablam" in {one.peak.id for one in around.peaks}


def test_notes_and_errors_can_be_translated(query: QueryService) -> None:
    note = query.identify(encoded(landscape())).note
    assert isinstance(note, Sentence)
    assert note.template
    with pytest.raises(NotFound) as missing:
        query.photo("0" * 40)
    assert isinstance(missing.value.message, Sentence)


def test_only_added_photos_can_be_removed(
    query: QueryService, editor: AlbumService, library: Library, album: Path
) -> None:
    data = photo_towards(TO_AMA_DABLAM, "2023:11:05 08:00:00")
    added = editor.add("new.jpg", data)
    assert added.is_new
    again = editor.add("the same.jpg", data)
    assert (again.is_new, again.photo.id) == (False, added.photo.id)
    editor.remove(added.photo.id)
    assert list(library.albums.inbox.iterdir()) == []
    with pytest.raises(NotFound):
        query.photo(added.photo.id)
    of_the_album = by_key(query, "plain.png")
    with pytest.raises(InvalidRequest, match="your own file"):
        editor.remove(of_the_album.id)
    assert (album / "plain.png").is_file()


def test_an_original_is_the_file_itself(query: QueryService, album: Path) -> None:
    assert query.original(by_key(query, "plain.png").id) == (album / "plain.png").read_bytes()


def test_a_file_that_is_not_a_photo_is_not_added(query: QueryService, editor: AlbumService, library: Library) -> None:
    with pytest.raises(PhotoError):
        editor.add("x.jpg", b"no picture")
    assert list(library.albums.inbox.iterdir()) == []


def test_a_failure_is_retried_on_request(
    query: QueryService, editor: AlbumService, library: Library, album: Path
) -> None:
    (album / "bad.jpg").write_bytes(b"no picture")
    ingest(library, album)
    failed = query.status().failures[0]
    assert editor.retry(failed.id).failure is not None
    assert editor.retry(by_key(query, "plain.png").id).failure is None


def test_an_imported_peak_updates_the_names_of_photos_without_reading_them(
    query: QueryService, library: Library, album: Path
) -> None:
    from cumbre.geo.geodesy import destination
    from cumbre.peaks.catalog import Peak

    lat, lon = destination(NAMCHE["lat"], NAMCHE["lon"], 140.0, 5000.0)
    for file in album.rglob("*.jpg"):
        file.unlink()
    library.catalog_store.import_peaks([Peak("new-peak", lat, lon, 5600.0, ("New Peak",))])
    changed = library.active().refresh_names()
    assert changed
    assert [hit.photo.key for hit in query.search(SearchRequest(text="new peak")).hits] == ["day 1/valley.jpg"]


def test_a_rendition_that_a_power_cut_left_empty_is_made_again(library: Library, album: Path, home: Path) -> None:
    ingest(library, album)
    (photo, *_) = library.active().index.select()
    service = LocalQueryService(library)
    jpeg = service.rendition(photo.id, 320)
    (kept,) = (home / "cache" / "renditions").rglob("*.jpg")
    kept.write_bytes(b"")
    assert service.rendition(photo.id, 320) == kept.read_bytes() == jpeg
