"""The JSON answers of the query function to calls."""

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

INLINE = Payloads(None, 1_000_000)


@pytest.fixture
def album() -> FakeAlbum:
    return FakeAlbum.of(khumbu_album(), [make_failure("bad.jpg", "no picture")])


def ask(album: FakeAlbum, call: Any, **arguments: Any) -> dict[str, Any]:
    reply = answer({"call": call, "arguments": arguments}, FakeQueryService(album), FakeAlbumService(album), INLINE)
    assert json.loads(json.dumps(reply)) == reply
    return reply


def test_every_method_of_the_interfaces_can_be_called() -> None:
    for service, calls in ((QueryService, QUERY_CALLS), (AlbumService, ALBUM_CALLS)):
        assert sorted(calls) == sorted(name for name in vars(service) if not name.startswith("_"))


def test_a_search_returns_hits_with_their_facts(album: FakeAlbum) -> None:
    reply = ask(album, "search", request={"text": "yak", "k": 1})["result"]
    assert [hit["photo"]["key"] for hit in reply["hits"]] == ["day 1/yak.jpg"]
    assert reply["hits"][0]["photo"]["facts"]["taken_at"] == "2023-10-01T01:15:00+00:00"


def test_bytes_go_both_ways(album: FakeAlbum) -> None:
    picture = base64.b64encode(draw_photo((90, 140, 220))).decode()
    assert ask(album, "identify", photo=picture)["result"]["answer"] == "ama-dablam"
    photo_id = next(iter(album.photos))
    jpeg = base64.b64decode(ask(album, "rendition", photo_id=photo_id, size_px=320)["result"])
    assert jpeg.startswith(b"\xff\xd8")


def test_a_call_without_a_result_returns_null(album: FakeAlbum) -> None:
    added = ask(album, "add", filename="a.jpg", photo=base64.b64encode(draw_photo((1, 2, 3))).decode())["result"]
    assert ask(album, "remove", photo_id=added["photo"]["id"]) == {"result": None}


def test_an_error_comes_back_with_its_type_and_message(album: FakeAlbum) -> None:
    assert ask(album, "photo", photo_id="0" * 40) == {
        "error": {"type": "NotFound", "message": "no photo with this id"},
    }


@pytest.mark.parametrize(
    ("request_", "expected"),
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
        ({"call": "photo", "arguments": {"photo_id": 7}}, "photo: photo_id: this must be a string"),
        ({"call": "search", "arguments": {"request": {"k": "9"}}}, "search: request: .k: this must be a whole number"),
        ({"call": "search", "arguments": {"request": {"k": 99_999}}}, "a search returns at most"),
        ({"version": "2.0", "rawPath": "/api/search"}, 'a call is {"call"'),
    ],
)
def test_an_invalid_call_is_refused(album: FakeAlbum, request_: object, expected: str) -> None:
    reply = answer(request_, FakeQueryService(album), FakeAlbumService(album), INLINE)
    assert reply["error"]["type"] == "InvalidRequest"
    message = reply["error"]["message"]
    assert (message if isinstance(message, str) else message["text"]).startswith(expected)


def test_the_details_of_a_bug_are_logged_and_not_returned(album: FakeAlbum, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeQueryService):
        def peak(self, peak_id: str) -> Any:
            raise RuntimeError("the key is hush")

    reply = answer({"call": "peak", "arguments": {"peak_id": "lhotse"}}, Broken(album), FakeAlbumService(album), INLINE)
    assert reply["error"] == {"type": "CumbreError", "message": "the query function failed: see its log"}
    assert "the key is hush" in caplog.text


def test_text_that_is_not_valid_unicode_does_not_crash_the_function(album: FakeAlbum) -> None:
    album.notices = ("half a character: \ud83c",)
    assert ask(album, "status")["error"]["type"] == "CumbreError"


def test_a_returned_error_is_also_logged_where_it_happened(album: FakeAlbum, caplog: pytest.LogCaptureFixture) -> None:
    class Unreachable(FakeQueryService):
        def status(self) -> Any:
            raise errors.IndexFault("Elasticsearch can't be reached")

    reply = answer({"call": "status", "arguments": {}}, Unreachable(album), FakeAlbumService(album), INLINE)
    assert reply["error"]["type"] == "IndexFault"
    assert "status: IndexFault: Elasticsearch can't be reached" in caplog.text


@pytest.mark.parametrize(
    "kind", [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.CumbreError)]
)
def test_every_error_comes_back_as_itself(kind: type[errors.CumbreError]) -> None:
    message = sentence("no photo of {peak}", peak=KHUMBU["lhotse"].name)
    restored = error_of_json(json.loads(json.dumps(error_to_json(kind(message)))))
    assert type(restored) is kind
    assert isinstance(restored.message, Sentence)
    assert (restored.message.template, restored.message.values) == ("no photo of {peak}", {"peak": "Lhotse"})


def test_an_error_of_an_unknown_type_comes_back_as_its_known_base_class() -> None:
    restored = error_of_json(error_to_json(ListingIncomplete("2 objects are dotted", ("a/../b",))))
    assert type(restored) is errors.StorageError
    assert type(error_of_json({"type": "OfTheFuture", "message": "hm"})) is errors.CumbreError
    assert type(error_of_json({"type": "annotations", "message": "hm"})) is errors.CumbreError
