"""The web chat over HTTP: replies, the cookie of each chat, refused requests, and stored pictures."""

import base64
import io
import json
import logging
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.chat.messages import SentPicture
from bot.web.chat.routes import create_chat
from bot.web.chat.sent_pictures import SentPictures
from bot.web.site import create_app
from cumbre.errors import IndexFault, PhotoError, StorageError
from cumbre.state.sqlite import SqliteStateStore
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService, draw_photo, khumbu_album

AMA, NO_PEAK = draw_photo((90, 140, 220)), draw_photo((255, 0, 255))
MAX_PHOTO_BYTES = 100_000


@dataclass
class Site:
    client: FlaskClient
    album: FakeAlbum
    query: FakeQueryService
    folder: Path

    def say(self, body: Any, **more: Any) -> TestResponse:
        return self.client.post("/chat/messages", json=body, **more)

    def send_photos(self, *photos: bytes, text: str = "", **more: Any) -> TestResponse:
        data: dict[str, Any] = {"photo": [(io.BytesIO(one), f"{n}.jpg") for n, one in enumerate(photos)]}
        return self.client.post("/chat/messages", data=data | ({"text": text} if text else {}), **more)

    def press(self, response: TestResponse, label: str) -> TestResponse:
        return self.say({"pressed": data_of(response, label)})


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteStateStore]:
    opened = SqliteStateStore(tmp_path / "state.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def site(tmp_path: Path, state: SqliteStateStore) -> Site:
    album = FakeAlbum.of(khumbu_album())
    query, changes, folder = FakeQueryService(album), FakeAlbumService(album), tmp_path / "chat"
    chat = create_chat(
        query, changes, lambda: album.catalog, state, SentPictures(folder), max_photo_bytes=MAX_PHOTO_BYTES
    )
    return Site(create_app(query, changes, lambda: album.catalog, beside=[chat]).test_client(), album, query, folder)


def replies(response: TestResponse) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.get_data(as_text=True)
    found: list[dict[str, Any]] = response.get_json()["replies"]
    return found


def data_of(response: TestResponse, label: str) -> str:
    buttons = [one for reply in replies(response) for row in reply.get("buttons", ()) for one in row]
    return str(next(one["data"] for one in buttons if label in one["label"]))


def code_of(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.get_json()["error"]["code"]


def message_of(response: TestResponse) -> str:
    return str(response.get_json()["error"]["message"])


# Messages and replies


def test_words_find_photos_with_captions(site: Site) -> None:
    photos, reply = replies(site.say({"text": "ama dablam"}))
    first = next(iter(site.album.photos))
    assert photos["kind"] == "photos"
    assert photos["photos"][0] == {
        "id": first,
        "content_sha256": site.album.photos[first].document.content_sha256,
        "width": 640,
        "height": 480,
        "caption": "Ama Dablam (6,812\xa0m)\n3 October 2023, 07:00\nits words are in the photo",
        "alt": "Ama Dablam",
    }
    assert (reply["kind"], reply["text"]) == ("text", "2 photos for “ama dablam”, best first.")
    assert not any(reply[one] for one in ("replaces", "asks_place", "asks_text"))


def test_a_photo_is_identified_and_related_photos_of_the_album_are_shown(site: Site) -> None:
    reply, picture, photos, _ = replies(site.send_photos(AMA))
    assert picture["kind"] == "picture"
    assert picture["alt"].startswith("Ama Dablam")
    assert base64.b64decode(picture["jpeg"])[:2] == b"\xff\xd8"
    assert reply["title"] == "Ama Dablam (6,812\xa0m)"
    assert "9.2 km away" in reply["text"]
    assert len(photos["photos"]) == 2


def test_words_sent_with_a_photo_are_part_of_the_search(site: Site) -> None:
    _, _, photos, _ = replies(site.send_photos(AMA, text="sunset"))
    assert len(photos["photos"]) == 1


def test_several_photos_in_a_message_get_one_answer(site: Site) -> None:
    reply, *_ = replies(site.send_photos(AMA, NO_PEAK, draw_photo((40, 60, 120))))
    assert reply["title"] == "3 photos"
    assert [line[:2] for line in reply["text"].split("\n")[:3]] == ["1.", "2.", "3."]


def test_a_place_is_answered_with_the_peaks_around_it(site: Site) -> None:
    reply, _, _ = replies(site.say({"place": {"lat": 27.83, "lon": 86.76}}))
    assert reply["title"] == "Peaks around there"
    assert "Ama Dablam" in reply["text"]


def test_a_place_after_a_photo_is_taken_as_the_place_of_the_photo(site: Site) -> None:
    reply, *_ = replies(site.send_photos(NO_PEAK))
    assert reply["asks_place"]
    reply, *_ = replies(site.say({"place": {"lat": 27.83, "lon": 86.76}}))
    assert reply["text"].startswith("Taken: 27.83000, 86.76000")


def test_the_answer_to_a_button_replaces_its_message(site: Site) -> None:
    asked = site.press(site.send_photos(AMA), "It's another peak")
    thanks = site.press(asked, "Thamserku")
    [reply] = replies(thanks)
    assert reply["text"] == "Thanks! From now on this photo shows Thamserku (6,608\xa0m)."
    assert reply["replaces"]
    [undone] = replies(site.press(thanks, "Undo"))
    assert undone["text"].startswith("Correction undone")


def test_sorting_by_date_removes_the_pressed_buttons(site: Site) -> None:
    gone, photos, _ = replies(site.press(site.say({"text": "ama dablam"}), "Sort by date"))
    assert gone == {"kind": "buttons_gone"}
    assert photos["kind"] == "photos"


def test_a_sent_photo_can_be_added_to_the_album(site: Site) -> None:
    before = len(site.album.photos)
    _, reply = replies(site.press(site.send_photos(draw_photo((91, 141, 221))), "Add to the album"))
    assert reply["text"] == "Added to the album: 1 photo."
    assert len(site.album.photos) == before + 1


def test_the_language_is_that_of_the_browser_until_another_is_chosen(site: Site) -> None:
    spanish = {"Accept-Language": "es-PE,es;q=0.9,en;q=0.5"}
    [reply] = replies(site.say({"text": "/near xyz"}, headers=spanish))
    assert reply["text"].startswith("No conozco ninguna cumbre")
    site.say({"text": "/language en"}, headers=spanish)
    [reply] = replies(site.say({"text": "/near xyz"}, headers=spanish))
    assert reply["text"].startswith("I don't know a peak")


def test_markup_in_a_message_is_plain_text_in_json(site: Site) -> None:
    response = site.say({"text": "<script>alert(1)</script>"})
    assert response.mimetype == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    [reply] = replies(response)
    assert "“<script>alert(1)</script>”" in reply["text"]


def test_answers_are_not_cached(site: Site) -> None:
    assert site.say({"text": "ama"}).headers["Cache-Control"] == "private, no-store"
    assert site.say({}).headers["Cache-Control"] == "private, no-store"


# The cookie of a chat


def test_the_cookie_is_only_for_the_chat_and_hidden_from_scripts(site: Site) -> None:
    cookie = site.say({"text": "ama"}).headers["Set-Cookie"]
    assert re.match(r"cumbre_chat=[A-Za-z0-9_-]{22};", cookie)
    parts = set(cookie.split("; ")[1:])
    assert {"HttpOnly", "SameSite=Strict", "Path=/chat"} <= parts
    assert "Secure" not in parts
    assert "Domain" not in cookie


def test_over_tls_the_cookie_is_secure(site: Site) -> None:
    assert "; Secure" in site.say({"text": "ama"}, base_url="https://localhost").headers["Set-Cookie"]


def test_a_visitor_keeps_the_cookie_and_another_visitor_gets_a_different_one(site: Site) -> None:
    number = site.say({"text": "ama"}).headers["Set-Cookie"].split(";")[0]
    assert site.say({"text": "ama"}).headers["Set-Cookie"].split(";")[0] == number
    site.client.delete_cookie("cumbre_chat", path="/chat")
    assert site.say({"text": "ama"}).headers["Set-Cookie"].split(";")[0] != number


@pytest.mark.parametrize(
    "forged", ["1", "a" * 21, "a" * 23, "a" * 4000, "../../../../etc/passwd", "a b" * 7 + "a", "é" * 22]
)
def test_a_forged_cookie_is_replaced(site: Site, forged: str) -> None:
    response = site.say({"text": "ama"}, headers={"Cookie": f"cumbre_chat={forged}"})
    assert re.match(r"cumbre_chat=[A-Za-z0-9_-]{22};", response.headers["Set-Cookie"])


def test_buttons_of_another_chat_do_nothing(site: Site) -> None:
    data = data_of(site.send_photos(AMA), "It's another peak")
    site.client.delete_cookie("cumbre_chat", path="/chat")
    assert replies(site.say({"pressed": data})) == [
        {"kind": "toast", "text": "This button has expired. Please ask again."}
    ]


def test_a_place_does_not_apply_to_a_picture_of_another_chat(site: Site) -> None:
    site.send_photos(NO_PEAK)
    site.client.delete_cookie("cumbre_chat", path="/chat")
    reply, *_ = replies(site.say({"place": {"lat": 27.83, "lon": 86.76}}))
    assert reply["title"] == "Peaks around there"


# Refused requests

PLACE = {"lat": 27.8, "lon": 86.7}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "ama",
        None,
        {"text": 1},
        {"text": "ama", "pressed": "x"},
        {"pressed": ""},
        {"pressed": "x" * 65},
        {"pressed": None},
        {"place": PLACE | {"lat": 91}},
        {"place": PLACE | {"lon": -180.5}},
        {"place": PLACE | {"lon": float("nan")}},
        {"place": PLACE | {"lat": True}},
        {"place": PLACE | {"lat": "27.8"}},
        {"place": {"lat": 1}},
        {"place": PLACE | {"more": 1}},
        {"place": [1, 2]},
        {"photo": "x"},
        {"text": "half of a pair: \ud83c"},
        {"text": "x" * 501},
    ],
)
def test_an_invalid_message_is_refused(site: Site, body: Any) -> None:
    response = site.client.post("/chat/messages", data=json.dumps(body), content_type="application/json")
    assert code_of(response) == (400, "invalid_request")
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000])
def test_a_body_that_is_not_json_is_refused(site: Site, body: bytes) -> None:
    response = site.client.post("/chat/messages", data=body, content_type="application/json")
    assert code_of(response) == (400, "invalid_request")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "image/jpeg", ""])
def test_other_content_types_are_refused(site: Site, content_type: str) -> None:
    response = site.client.post("/chat/messages", data=b'{"text": "ama"}', content_type=content_type)
    assert code_of(response) == (415, "unsupported_media_type")


def test_json_that_is_larger_than_a_message_is_refused(site: Site) -> None:
    assert code_of(site.say({"text": "x" * 9000})) == (413, "too_large")


def test_a_photo_that_is_too_large_is_refused_with_the_limit(site: Site) -> None:
    response = site.send_photos(AMA + bytes(MAX_PHOTO_BYTES))
    assert code_of(response) == (413, "too_large")
    assert message_of(response) == "a photo may have at most 0.1 MB"


def test_photos_that_are_too_large_together_are_refused(site: Site) -> None:
    assert code_of(site.send_photos(*[bytes(MAX_PHOTO_BYTES - 1)] * 3)) == (413, "too_large")


def test_ten_photos_are_accepted_and_eleven_are_refused(site: Site) -> None:
    assert replies(site.send_photos(*[AMA] * 10))[0]["title"] == "10 photos"
    response = site.send_photos(*[AMA] * 11)
    assert code_of(response) == (400, "invalid_request")
    assert message_of(response) == "a message may have at most 10 photos"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": "ama"},
        {"picture": (io.BytesIO(AMA), "a.jpg")},
        {"photo": (io.BytesIO(b""), "a.jpg")},
        {"photo": (io.BytesIO(AMA), "a.jpg"), "chat": "1"},
        {"photo": (io.BytesIO(AMA), "a.jpg"), "text": ["a", "b"]},
    ],
)
def test_an_invalid_form_is_refused(site: Site, data: dict[str, Any]) -> None:
    response = site.client.post("/chat/messages", data=data, content_type="multipart/form-data")
    assert code_of(response) == (400, "invalid_request")


def test_a_file_that_is_not_a_picture_is_refused_in_the_chat(site: Site) -> None:
    [reply] = replies(site.send_photos(b"hello"))
    assert reply["text"] == "I can't use that: this is not a picture that can be read."


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_website_cannot_send_messages(site: Site, headers: dict[str, str]) -> None:
    assert code_of(site.say({"text": "ama"}, headers=headers)) == (403, "forbidden")
    assert code_of(site.send_photos(AMA, headers=headers)) == (403, "forbidden")
    assert site.query.requests == []
    assert not site.folder.exists()


def test_an_error_of_the_service_is_reported_without_its_details(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_request: object) -> None:
        raise IndexFault("/home/me/secret is damaged")

    site.query.search = fail  # type: ignore[method-assign, assignment]
    with caplog.at_level(logging.CRITICAL):
        response = site.say({"text": "ama"})
    assert code_of(response) == (503, "unavailable")
    assert "secret" not in response.get_data(as_text=True)


def test_without_a_chat_the_page_offers_none(site: Site) -> None:
    without = create_app(site.query, FakeAlbumService(site.album), lambda: site.album.catalog).test_client()
    assert without.post("/chat/messages", json={"text": "ama"}).status_code == 404
    assert 'id="open-chat"' not in without.get("/").get_data(as_text=True)
    assert 'id="open-chat"' in site.client.get("/").get_data(as_text=True)


# Stored pictures


def test_a_picture_that_is_no_longer_stored_is_reported(site: Site) -> None:
    asked = site.press(site.send_photos(AMA), "It's another peak")
    for file in site.folder.iterdir():
        file.unlink()
    [reply] = replies(site.press(asked, "Thamserku"))
    assert reply["text"] == "I can't use that: this picture is no longer stored: send it again."


def test_pictures_are_named_by_their_content_and_stored_once(tmp_path: Path) -> None:
    pictures = SentPictures(tmp_path)
    first, second = pictures.save("a.jpg", AMA), pictures.save("b.jpg", AMA)
    assert (first.source, first.name, first.is_original) == (second.source, "a.jpg", True)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [AMA]
    assert pictures.fetch(first) == AMA


@pytest.mark.parametrize("source", ["", "../state.sqlite", "/etc/passwd", "0" * 64, "0" * 63 + "\n", "A" * 64])
def test_no_other_file_is_fetched(tmp_path: Path, source: str) -> None:
    with pytest.raises(PhotoError):
        SentPictures(tmp_path).fetch(SentPicture(source))


def test_the_oldest_pictures_are_deleted_first(tmp_path: Path) -> None:
    pictures = SentPictures(tmp_path, most_bytes=25)
    sent = [pictures.save("a.jpg", bytes([n]) * 10) for n in range(2)]
    grow_old(tmp_path / sent[0].source, 60.0)
    # The first is sent again, so the second is now the oldest.
    grow_old(tmp_path / sent[1].source, 30.0)
    pictures.save("a.jpg", bytes([0]) * 10)
    third = pictures.save("c.jpg", bytes([2]) * 10)
    assert {file.name for file in tmp_path.iterdir()} == {sent[0].source, third.source}


def test_a_picture_larger_than_the_limit_is_kept_until_the_next_one(tmp_path: Path) -> None:
    pictures = SentPictures(tmp_path, most_bytes=5)
    assert pictures.fetch(pictures.save("a.jpg", b"0123456789")) == b"0123456789"


def test_pictures_are_deleted_at_the_maximum_age(tmp_path: Path) -> None:
    pictures = SentPictures(tmp_path, most_age_s=100.0)
    sent = pictures.save("a.jpg", AMA)
    grow_old(tmp_path / sent.source, 99.0)
    pictures.trim()
    assert pictures.fetch(sent) == AMA
    grow_old(tmp_path / sent.source, 101.0)
    pictures.trim()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "chat").write_bytes(b"a file")
    with pytest.raises(StorageError, match="can't store a chat picture"):
        SentPictures(tmp_path / "chat").save("a.jpg", AMA)


def test_a_picture_that_cannot_be_read_is_not_said_to_be_gone(tmp_path: Path) -> None:
    pictures = SentPictures(tmp_path)
    sent = pictures.save("a.jpg", AMA)
    (tmp_path / sent.source).unlink()
    (tmp_path / sent.source).mkdir()
    with pytest.raises(PhotoError, match="can't be read now: try again"):
        pictures.fetch(sent)


def grow_old(file: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(file, (then, then))
