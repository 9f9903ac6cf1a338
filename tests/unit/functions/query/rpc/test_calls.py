"""What the query function answers to a call, as JSON."""

import base64
import json
from typing import Any

import pytest

from cumbre import errors
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService
from cumbre.storage.port import ListingIncomplete
from cumbre.text.sentence import Sentence, sentence
from functions.query.rpc.calls import ALBUM_CALLS, QUERY_CALLS, answer, error_of_json, error_to_json
from functions.query.rpc.payloads import Payloads
from tests.support.fakes import (
    KHUMBU,
    FakeAlbum,
    FakeAlbumService,
    FakeQueryService,
    draw_photo,
    khumbu_album,
    make_failure,
)

PARCELS = Payloads(None, 1_000_000)


@pytest.fixture
def album() -> FakeAlbum:
    return FakeAlbum.of(khumbu_album(), [make_failure("bad.jpg", "no picture")])


def ask(album: FakeAlbum, call: Any, **arguments: Any) -> dict[str, Any]:
    said = answer({"call": call, "arguments": arguments}, FakeQueryService(album), FakeAlbumService(album), PARCELS)
    assert json.loads(json.dumps(said)) == said
    return said


def test_every_method_of_the_interfaces_can_be_called() -> None:
    for service, calls in ((QueryService, QUERY_CALLS), (AlbumService, ALBUM_CALLS)):
        assert sorted(calls) == sorted(name for name in vars(service) if not name.startswith("_"))


def test_a_search(album: FakeAlbum) -> None:
    said = ask(album, "search", request={"text": "yak", "k": 1})["result"]
    assert [hit["photo"]["key"] for hit in said["hits"]] == ["day 1/yak.jpg"]
    assert said["hits"][0]["photo"]["facts"]["taken_at"] == "2023-10-01T01:15:00+00:00"


def test_bytes_go_both_ways(album: FakeAlbum) -> None:
    picture = base64.b64encode(draw_photo((90, 140, 220))).decode()
    assert ask(album, "identify", photo=picture)["result"]["answer"] == "ama-dablam"
    photo_id = next(iter(album.photos))
    jpeg = base64.b64decode(ask(album, "rendition", photo_id=photo_id, size_px=320)["result"])
    assert jpeg.startswith(b"\xff\xd8")


def test_nothing_is_an_answer_too(album: FakeAlbum) -> None:
    added = ask(album, "add", filename="a.jpg", photo=base64.b64encode(draw_photo((1, 2, 3))).decode())["result"]
    assert ask(album, "remove", photo_id=added["photo"]["id"]) == {"result": None}


def test_an_error_comes_back_with_its_type_and_message(album: FakeAlbum) -> None:
    assert ask(album, "photo", photo_id="0" * 40) == {
        "error": {"type": "NotFound", "message": "no photo with this id"},
    }


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (None, 'a call is {"call"'),
        ([], 'a call is {"call"'),
        ({"call": "peaks"}, 'a call is {"call"'),
        ({"call": 7, "arguments": {}}, 'a call is {"call"'),
        ({"call": "__init__", "arguments": {}}, "there is no call '__init__'"),
        ({"call": "close", "arguments": {}}, "there is no call 'close'"),
        ({"call": "peaks", "arguments": []}, "peaks: arguments must be an object"),
        ({"call": "peaks", "arguments": {"k": 1}}, "peaks: there is no argument 'k'"),
        ({"call": "photo", "arguments": {}}, "photo: missing a required argument: 'photo_id'"),
        ({"call": "photo", "arguments": {"photo_id": 7}}, "photo: photo_id: this must be a text"),
        ({"call": "search", "arguments": {"request": {"k": "9"}}}, "search: request: .k: this must be a whole number"),
        ({"call": "search", "arguments": {"request": {"k": 99_999}}}, "an answer ends after"),
        ({"version": "2.0", "rawPath": "/api/search"}, 'a call is {"call"'),
    ],
)
def test_what_is_no_call_is_refused(album: FakeAlbum, request_: object, says: str) -> None:
    said = answer(request_, FakeQueryService(album), FakeAlbumService(album), PARCELS)
    assert said["error"]["type"] == "InvalidRequest"
    message = said["error"]["message"]
    assert (message if isinstance(message, str) else message["text"]).startswith(says)


def test_a_bug_is_logged_and_tells_nothing(album: FakeAlbum, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeQueryService):
        def peak(self, peak_id: str) -> Any:
            raise RuntimeError("the key is hush")

    said = answer({"call": "peak", "arguments": {"peak_id": "lhotse"}}, Broken(album), FakeAlbumService(album), PARCELS)
    assert said["error"] == {"type": "CumbreError", "message": "the query function failed: its log says why"}
    assert "the key is hush" in caplog.text


def test_a_text_that_is_no_unicode_does_not_end_the_function(album: FakeAlbum) -> None:
    album.notices = ("half a character: \ud83c",)
    assert ask(album, "status")["error"]["type"] == "CumbreError"


def test_what_is_in_the_way_is_logged_where_it_happened(album: FakeAlbum, caplog: pytest.LogCaptureFixture) -> None:
    class Unreachable(FakeQueryService):
        def status(self) -> Any:
            raise errors.IndexFault("Elasticsearch can't be reached")

    said = answer({"call": "status", "arguments": {}}, Unreachable(album), FakeAlbumService(album), PARCELS)
    assert said["error"]["type"] == "IndexFault"
    assert "status: IndexFault: Elasticsearch can't be reached" in caplog.text


@pytest.mark.parametrize(
    "kind", [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.CumbreError)]
)
def test_every_error_comes_back_as_itself(kind: type[errors.CumbreError]) -> None:
    message = sentence("no photo of {peak}", peak=KHUMBU["lhotse"].name)
    there = error_of_json(json.loads(json.dumps(error_to_json(kind(message)))))
    assert type(there) is kind
    assert isinstance(there.message, Sentence)
    assert (there.message.template, there.message.values) == ("no photo of {peak}", {"peak": "Lhotse"})


def test_an_error_that_others_do_not_know_comes_back_as_what_it_is_one_of() -> None:
    there = error_of_json(error_to_json(ListingIncomplete("2 objects are dotted", ("a/../b",))))
    assert type(there) is errors.StorageError
    assert type(error_of_json({"type": "OfTheFuture", "message": "hm"})) is errors.CumbreError
    assert type(error_of_json({"type": "annotations", "message": "hm"})) is errors.CumbreError
