"""The JSON API over a fake service: its requests to the service, and its error answers."""

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from bot.web.login_throttle import InMemoryLoginThrottle
from bot.web.request_guard import Guard
from bot.web.site import create_app
from cumbre import errors
from cumbre.geo.geodesy import Position
from cumbre.index.port import Circle
from tests.support.fakes import (
    KHUMBU,
    FakeAlbum,
    FakeAlbumService,
    FakeQueryService,
    draw_photo,
    khumbu_album,
    make_failure,
    make_photo,
)

BLUE_LIKE_AMA = draw_photo((90, 140, 220))
BROKEN = make_failure("day 9/broken.heic", "the file ends too early")


@pytest.fixture
def album() -> FakeAlbum:
    return FakeAlbum.of(khumbu_album(), [BROKEN])


@pytest.fixture
def query(album: FakeAlbum) -> FakeQueryService:
    return FakeQueryService(album)


@pytest.fixture
def client(album: FakeAlbum, query: FakeQueryService) -> FlaskClient:
    app = create_app(query, FakeAlbumService(album), lambda: album.catalog, max_upload_bytes=200_000)
    return app.test_client()


def photo_form(data: bytes = BLUE_LIKE_AMA, name: str = "ama.jpg", **fields: Any) -> dict[str, Any]:
    return {"data": {"photo": (io.BytesIO(data), name), **fields}, "content_type": "multipart/form-data"}


def id_of(album: FakeAlbum, key: str) -> str:
    return next(p.document.id for p in album.photos.values() if p.document.key == key)


def error(response: TestResponse, status: int, code: str) -> str:
    assert response.status_code == status, response.get_data(as_text=True)
    body = response.get_json()
    assert set(body) == {"error"}
    assert body["error"]["code"] == code
    return str(body["error"]["message"])


def test_words_find_photos(client: FlaskClient) -> None:
    found = client.get("/api/search?q=ama dablam").get_json()
    assert [hit["path"] for hit in found["results"]] == ["trek/day 3/ama.jpg", "trek/day 4/ama-sunset.jpg"]
    assert found["named_peaks"] == [{"id": "ama-dablam", "name": "Ama Dablam"}]


def test_every_parameter_of_a_search_reaches_the_service(client: FlaskClient, query: FakeQueryService) -> None:
    client.get(
        "/api/search?q=snow&peak=lhotse&peak=ama-dablam&near=27.8,86.8,5"
        "&from=2023-10-02&to=2023-10-05T06:30:00%2B05:45&k=7&sort=time"
    )
    (asked,) = query.requests
    assert asked.text == "snow"
    assert asked.peak_ids == ("lhotse", "ama-dablam")
    assert asked.near == Circle(27.8, 86.8, 5000.0)
    assert asked.since is not None
    assert asked.until is not None
    assert asked.since.isoformat() == "2023-10-02T00:00:00+00:00"
    assert asked.until.isoformat() == "2023-10-05T00:45:00+00:00"
    assert (asked.k, asked.sort) == (7, "time")


def test_an_end_date_without_a_time_includes_that_day(client: FlaskClient, query: FakeQueryService) -> None:
    client.get("/api/search?to=2023-10-05")
    assert query.requests[0].until is not None
    assert query.requests[0].until.isoformat() == "2023-10-06T00:00:00+00:00"


def test_a_search_without_matches_is_answered_with_a_note(client: FlaskClient) -> None:
    found = client.get("/api/search?q=zebra")
    assert found.status_code == 200
    assert found.get_json()["results"] == []
    assert found.get_json()["note"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("k=0", "k must be"),
        ("k=201", "k must be"),
        ("k=ten", "k must be"),
        ("sort=colour", "sort must be"),
        ("near=27,86", "near must have the form"),
        ("near=27,86,nan", "near must have the form"),
        ("near=91,86,5", "latitude"),
        ("near=27,86,0", "radius"),
        ("from=yesterday", "from must be a date"),
        ("to=9999-12-31", "to must be a date"),
        ("from=2023-10-05&to=2023-10-01", "before"),
        ("peak=matterhorn", "no peak"),
        ("q=a&q=b", "once"),
        ("peek=lhotse", "unknown parameter"),
        ("q=" + "a" * 501, "500"),
    ],
)
def test_an_invalid_search_is_refused(client: FlaskClient, parameters: str, message: str) -> None:
    assert message in error(client.get(f"/api/search?{parameters}"), 400, "invalid_request")


def test_a_photo_finds_photos_and_is_identified(client: FlaskClient, query: FakeQueryService) -> None:
    found = client.post("/api/search", **photo_form(k="1", q="ama")).get_json()
    assert found["identification"]["answer"] == "ama-dablam"
    assert len(found["results"]) == 1
    assert query.requests[0].photo == BLUE_LIKE_AMA


def test_identify_passes_on_place_and_heading(client: FlaskClient, query: FakeQueryService) -> None:
    received: list[object] = []
    identify = query.identify

    def record(photo: bytes, at: Position | None = None, heading_deg: float | None = None) -> Any:
        received.extend((at, heading_deg))
        return identify(photo, at, heading_deg)

    query.identify = record  # type: ignore[method-assign]
    found = client.post("/api/identify", **photo_form(at="27.836,86.764,3867", heading="360")).get_json()
    assert found["answer"] == "ama-dablam"
    assert received == [Position(27.836, 86.764, 3867.0), 0.0]


def test_an_altitude_that_is_not_given_stays_unknown(client: FlaskClient, query: FakeQueryService) -> None:
    received: list[Position | None] = []
    identify = query.identify
    query.identify = lambda photo, at=None, heading_deg=None: received.append(at) or identify(photo)  # type: ignore
    client.post("/api/identify", **photo_form(at="27.836,86.764"))
    assert received == [Position(27.836, 86.764, None)]


@pytest.mark.parametrize("fields", [{"at": "here"}, {"at": "1"}, {"at": "27,86,99999"}, {"heading": "-1"}, {"q": "x"}])
def test_identify_refuses_invalid_fields(client: FlaskClient, fields: dict[str, Any]) -> None:
    error(client.post("/api/identify", **photo_form(**fields)), 400, "invalid_request")


def test_a_photo_has_its_facts_and_evidence(client: FlaskClient, album: FakeAlbum) -> None:
    photo = client.get(f"/api/photos/{id_of(album, 'day 3/ama.jpg')}").get_json()
    assert photo["local_time"] == "2023-10-03T07:00:00+05:45"
    assert [p["name"] for p in photo["peaks"]] == ["Ama Dablam"]
    assert [p["id"] for p in photo["candidates"]] == ["ama-dablam", "thamserku"]


@pytest.mark.parametrize("photo_id", ["0" * 40, "abc", "A" * 40, "0" * 39 + "%0A", "..%2f..%2fetc"])
def test_an_unknown_photo_is_not_found(client: FlaskClient, photo_id: str) -> None:
    error(client.get(f"/api/photos/{photo_id}"), 404, "not_found")
    error(client.get(f"/api/photos/{photo_id}/rendition"), 404, "not_found")


def test_a_rendition_is_a_jpeg_that_the_browser_caches(client: FlaskClient, album: FakeAlbum) -> None:
    address = f"/api/photos/{id_of(album, 'day 3/ama.jpg')}/rendition?size=320"
    first = client.get(address)
    assert first.mimetype == "image/jpeg"
    assert max(Image.open(io.BytesIO(first.data)).size) == 320
    assert "private" in first.headers["Cache-Control"]
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_each_size_of_a_rendition_has_its_own_etag(client: FlaskClient, album: FakeAlbum) -> None:
    photo_id = id_of(album, "day 3/ama.jpg")
    etags = {client.get(f"/api/photos/{photo_id}/rendition?size={size}").headers["ETag"] for size in (320, 640, 1280)}
    assert len(etags) == 3


def test_only_the_known_sizes_are_rendered(client: FlaskClient, album: FakeAlbum) -> None:
    response = client.get(f"/api/photos/{id_of(album, 'day 3/ama.jpg')}/rendition?size=9999")
    assert "320, 640, 1280, 2560" in error(response, 400, "invalid_request")


def test_a_correction_counts_until_it_is_undone(client: FlaskClient, album: FakeAlbum) -> None:
    address = f"/api/photos/{id_of(album, 'day 3/ama.jpg')}/peaks"
    corrected = client.put(address, json={"peaks": ["thamserku", "lhotse", "thamserku"]}).get_json()
    assert corrected["corrected"]
    assert [p["id"] for p in corrected["peaks"]] == ["thamserku", "lhotse"]
    undone = client.delete(address).get_json()
    assert not undone["corrected"]
    assert [p["id"] for p in undone["peaks"]] == ["ama-dablam"]


@pytest.mark.parametrize(
    "body", [None, [], {}, {"peaks": "lhotse"}, {"peaks": [1]}, {"peaks": ["k2"]}, {"peaks": [], "x": 1}]
)
def test_an_invalid_correction_is_refused(client: FlaskClient, album: FakeAlbum, body: object) -> None:
    address = f"/api/photos/{id_of(album, 'day 3/ama.jpg')}/peaks"
    error(client.put(address, data=json.dumps(body), content_type="application/json"), 400, "invalid_request")


def test_a_correction_must_be_json(client: FlaskClient, album: FakeAlbum) -> None:
    response = client.put(f"/api/photos/{id_of(album, 'day 3/ama.jpg')}/peaks", data="{}", content_type="text/plain")
    error(response, 415, "unsupported_media_type")


def test_a_manual_orientation_counts_until_it_is_undone(client: FlaskClient, album: FakeAlbum) -> None:
    address = f"/api/photos/{id_of(album, 'day 3/ama.jpg')}/orientation"
    manual = client.put(address, json={"heading_deg": 360, "pitch_deg": 1.5, "roll_deg": -2}).get_json()["orientation"]
    assert (manual["heading_deg"], manual["pitch_deg"], manual["roll_deg"]) == (0.0, 1.5, -2.0)
    assert (manual["said"], manual["sure"]) == (True, True)
    undone = client.delete(address).get_json()["orientation"]
    assert (undone["heading_deg"], undone["said"]) == (70.0, False)
    (ama, *_) = undone["summits"]
    assert (ama["name"], ama["elev_m"], ama["hidden"]) == ("Ama Dablam", 6812, False)
    assert 0.5 < ama["x"] < 0.6


@pytest.mark.parametrize(
    "change",
    [
        {"heading_deg": 361},
        {"pitch_deg": -91},
        {"roll_deg": 1e9},
        {"roll_deg": True},
        {"pitch_deg": "1"},
        {"heading_deg": None},
        {"zoom": 1},
    ],
)
def test_an_invalid_orientation_is_refused(client: FlaskClient, album: FakeAlbum, change: dict[str, object]) -> None:
    address = f"/api/photos/{id_of(album, 'day 3/ama.jpg')}/orientation"
    body = {"heading_deg": 1, "pitch_deg": 2, "roll_deg": 3} | change
    assert "heading_deg" in error(client.put(address, json=body), 400, "invalid_request")
    for text in ("[]", "nan", '{"heading_deg": NaN, "pitch_deg": 0, "roll_deg": 0}'):
        error(client.put(address, data=text, content_type="application/json"), 400, "invalid_request")
    error(client.put(address, data="{}", content_type="text/plain"), 415, "unsupported_media_type")


def test_names_are_written_on_a_rendition_on_request(client: FlaskClient, album: FakeAlbum) -> None:
    address = f"/api/photos/{id_of(album, 'day 3/ama.jpg')}/rendition?size=640"
    plain, named = client.get(address), client.get(f"{address}&names=1")
    assert plain.data != named.data
    assert plain.get_etag() != named.get_etag()
    assert client.get(f"{address}&names=0").data == plain.data
    assert client.get(f"{address}&names=1", headers={"If-None-Match": named.headers["ETag"]}).status_code == 304
    assert "names must be 1" in error(client.get(f"{address}&names=yes"), 400, "invalid_request")


def test_a_photo_is_added_under_its_own_name(client: FlaskClient, album: FakeAlbum) -> None:
    response = client.post("/api/photos", **photo_form(draw_photo((91, 141, 221)), name="../../etc/Ama Dablam.jpg"))
    assert response.status_code == 201
    assert response.get_json()["path"] == "inbox/Ama Dablam.jpg"
    assert client.get(response.headers["Location"]).get_json()["filename"] == "Ama Dablam.jpg"


def test_a_picture_that_is_in_the_album_is_not_added_twice(client: FlaskClient, album: FakeAlbum) -> None:
    first = client.post("/api/photos", **photo_form(draw_photo((91, 141, 221))))
    second = client.post("/api/photos", **photo_form(draw_photo((91, 141, 221)), name="copy.jpg"))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(album.photos) == 6


def test_added_photos_can_be_deleted_but_files_of_the_album_cannot(client: FlaskClient, album: FakeAlbum) -> None:
    added = client.post("/api/photos", **photo_form(draw_photo((91, 141, 221)))).get_json()
    assert client.delete(f"/api/photos/{added['id']}").status_code == 204
    assert added["id"] not in album.photos
    refused = client.delete(f"/api/photos/{id_of(album, 'day 3/ama.jpg')}")
    assert "your own file" in error(refused, 400, "invalid_request")


def test_originals_are_served_only_if_the_setting_allows_it(
    client: FlaskClient, album: FakeAlbum, query: FakeQueryService
) -> None:
    address = f"/api/photos/{id_of(album, 'day 3/ama.jpg')}/original"
    assert "CUMBRE_ORIGINALS" in error(client.get(address), 403, "forbidden")
    allowed = create_app(query, FakeAlbumService(album), lambda: album.catalog, originals=True).test_client()
    answer = allowed.get(address)
    assert answer.data == query.original(id_of(album, "day 3/ama.jpg"))
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename=ama.jpg"


@pytest.mark.parametrize("key", ["x/a\r\nSet-Cookie: b=1.jpg", 'x/".jpg', "x/<script>.jpg", "x/आमा.jpg"])
def test_a_file_name_never_becomes_another_header(album: FakeAlbum, query: FakeQueryService, key: str) -> None:
    photo = make_photo(key, "evil", (1, 2, 3))
    album.photos[photo.document.id] = photo
    client = create_app(query, FakeAlbumService(album), lambda: album.catalog, originals=True).test_client()
    answer = client.get(f"/api/photos/{photo.document.id}/original")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")


def test_shots_are_returned_as_columns(client: FlaskClient, album: FakeAlbum) -> None:
    found = client.get("/api/shots?peak=ama-dablam").get_json()
    assert found["ids"] == [id_of(album, "day 3/ama.jpg"), id_of(album, "day 4/ama-sunset.jpg")]
    assert found["taken_at"] == [1696295700, 1696382100]
    assert (found["lat"], found["lon"]) == ([27.8362] * 2, [86.7649] * 2)


def test_peaks_around_a_place_have_a_distance(client: FlaskClient) -> None:
    found = client.get("/api/peaks/around?at=27.8362,86.7649,3867").get_json()
    ama = next(peak for peak in found["peaks"] if peak["id"] == "ama-dablam")
    assert (ama["distance_m"], found["altitude_m"], found["altitude_is_assumed"]) == (9888, 3867, False)


def test_the_place_of_a_query_photo_can_be_given(client: FlaskClient, query: FakeQueryService) -> None:
    client.post("/api/search", **photo_form(at="27.8,86.7,3500"))
    assert query.requests[-1].photo_at == Position(27.8, 86.7, 3500.0)


def test_the_next_page_continues_where_the_first_one_ended(client: FlaskClient) -> None:
    whole = client.get("/api/search?k=5").get_json()
    first, second = (client.get(f"/api/search?k=3&offset={offset}").get_json() for offset in (0, 3))
    assert first["results"] + second["results"] == whole["results"]
    assert (first["more"], second["more"]) == (True, False)


@pytest.mark.parametrize("accepted", ["es", "es-PE,en;q=0.5"])
def test_sentences_are_in_the_requested_language(client: FlaskClient, accepted: str) -> None:
    answer = client.get("/api/search?q=morning", headers={"Accept-Language": accepted})
    (hit,) = answer.get_json()["results"]
    assert hit["peaks"][0]["why"] == "a 9,2 km, rumbo 041°, dentro del encuadre, 17,2° sobre el horizonte"
    assert "Accept-Language" in answer.headers["Vary"]
    refused = client.get("/api/search?from=2023-10-05&to=2023-10-01", headers={"Accept-Language": accepted})
    assert "principio" in error(refused, 400, "invalid_request")


def test_a_failed_photo_can_be_retried(client: FlaskClient, album: FakeAlbum) -> None:
    assert client.get("/api/status").get_json()["failures"][0]["reason"] == "the file ends too early"
    assert client.post(f"/api/photos/{BROKEN.id}/retry").get_json()["failure"] is None
    assert client.get("/api/status").get_json()["failures"] == []


def test_peaks_have_photo_counts(client: FlaskClient) -> None:
    peaks = client.get("/api/peaks").get_json()["peaks"]
    assert [(p["name"], p["photos"]) for p in peaks[:3]] == [("Ama Dablam", 2), ("Mount Everest", 1), ("Lhotse", 0)]


def test_photo_counts_of_peaks_respect_the_filters(client: FlaskClient) -> None:
    peaks = client.get("/api/peaks?from=2023-10-04").get_json()["peaks"]
    assert [(p["name"], p["photos"]) for p in peaks[:2]] == [("Mount Everest", 1), ("Ama Dablam", 1)]
    error(client.get("/api/peaks?near=here"), 400, "invalid_request")


def test_names_in_other_scripts_stay_readable(client: FlaskClient) -> None:
    assert "अमा दब्लम" in client.get("/api/peaks").get_data(as_text=True)


def test_uploads_are_limited(client: FlaskClient) -> None:
    error(client.post("/api/search", **photo_form(b"x" * 200_001)), 413, "too_large")
    error(client.post("/api/photos", **photo_form(b"x" * 400_000)), 413, "too_large")


def test_an_upload_must_contain_one_photo(client: FlaskClient) -> None:
    error(client.post("/api/identify", json={}), 415, "unsupported_media_type")
    error(client.post("/api/identify", data={"at": "1,2"}, content_type="multipart/form-data"), 400, "invalid_request")
    error(client.post("/api/identify", **photo_form(b"")), 400, "invalid_request")
    error(client.post("/api/photos", **photo_form(peak="lhotse")), 400, "invalid_request")


def test_an_upload_that_is_not_a_picture_is_refused(client: FlaskClient) -> None:
    assert "picture" in error(client.post("/api/search", **photo_form(b"hello")), 422, "photo_unusable")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (errors.StorageError("no such folder: /home/maya/Pictures"), 503, "unavailable"),
        (errors.IndexFault("can't open /home/maya/index.sqlite"), 503, "unavailable"),
        (errors.ModelError("/home/maya/models is incomplete"), 503, "unavailable"),
        (errors.CatalogError("/home/maya/peaks.yaml, line 3"), 503, "unavailable"),
        (RuntimeError("/home/maya/secret"), 500, "internal"),
        (errors.VersionConflict("document of /home/maya/a.jpg"), 409, "conflict"),
        (errors.ObjectGone("/home/maya/a.jpg"), 404, "not_found"),
    ],
)
def test_an_internal_error_never_reveals_paths(
    client: FlaskClient, query: FakeQueryService, fault: Exception, status: int, code: str
) -> None:
    def fail(*_: object) -> Any:
        raise fault

    query.search = fail  # type: ignore[assignment, method-assign]  # a fake that fails
    response = client.get("/api/search?q=ama")
    assert "maya" not in error(response, status, code)
    assert "Traceback" not in response.get_data(as_text=True)
    assert ("Retry-After" in response.headers) == (status in (503, 409))


def test_an_unknown_address_is_answered_with_json(client: FlaskClient) -> None:
    error(client.get("/api/nowhere"), 404, "not_found")
    error(client.patch("/api/peaks"), 405, "method_not_allowed")


def test_an_unknown_address_while_the_state_is_unreachable_is_unavailable(query: FakeQueryService) -> None:
    class Unreachable(InMemoryLoginThrottle):
        def wait_s(self, address: str | None) -> int:
            raise errors.StorageError("can't reach the table of /home/maya")

    guard = Guard(attempts=Unreachable())
    album = FakeAlbumService(query.album)
    client = create_app(query, album, lambda: KHUMBU, password="ama", guard=guard).test_client()
    assert "maya" not in error(client.get("/api/nowhere", auth=("me", "ama")), 503, "unavailable")


def test_answers_about_the_album_are_not_cached_by_browsers(client: FlaskClient) -> None:
    assert "no-store" in client.get("/api/search").headers["Cache-Control"]


def test_the_catalogue_is_read_anew_for_each_request(query: FakeQueryService, album: FakeAlbum) -> None:
    current = [KHUMBU]
    client = create_app(query, FakeAlbumService(album), lambda: current[0]).test_client()
    assert client.get("/api/search?peak=lhotse").status_code == 200
    current[0] = type(KHUMBU)([KHUMBU["ama-dablam"]])
    assert client.get("/api/search?peak=lhotse").status_code == 400
