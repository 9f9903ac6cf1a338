"""The API behind a function URL: the event as AWS documents it (payload version 2), values made up."""

import base64
import json

import pytest

from bot.app import create_app
from functions.query.handler import create_handler
from tests.fakes import KHUMBU, FakeAlbum, FakeAlbumService, FakeQueryService, khumbu_album


def event(path: str, query: str = "", method: str = "GET", body: bytes = b"", content_type: str = "") -> dict:
    headers = {"host": "localhost", "x-forwarded-proto": "https", "x-forwarded-port": "443"}
    if content_type:
        headers |= {"content-type": content_type, "content-length": str(len(body))}
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {"http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7"}},
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


@pytest.fixture
def handler():
    album = FakeAlbum.of(khumbu_album())
    return create_handler(create_app(FakeQueryService(album), FakeAlbumService(album), lambda: KHUMBU))


def test_a_search_is_answered_as_json(handler):
    answer = handler(event("/api/search", "q=ama"), None)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["query"] == "ama"


def test_a_rendition_travels_as_base64(handler):
    (result, *_) = json.loads(handler(event("/api/search", "q=ama"), None)["body"])["results"]
    answer = handler(event(f"/api/photos/{result['id']}/rendition", "size=320"), None)
    assert answer["isBase64Encoded"]
    assert base64.b64decode(answer["body"]).startswith(b"\xff\xd8")


def test_wrong_requests_keep_their_status(handler):
    assert handler(event("/api/search", "k=many"), None)["statusCode"] == 400
    assert handler(event("/api/nowhere"), None)["statusCode"] == 404
