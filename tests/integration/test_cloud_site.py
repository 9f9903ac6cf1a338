"""The web site behind a Lambda function URL: login, pictures through buckets, and the Telegram webhook."""

import base64
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.aws.chat_pictures import BucketPictures
from bot.aws.chat_queue import ChatQueue
from bot.aws.site import Buckets, create_handler, create_site
from bot.chat.messages import SentPicture
from bot.telegram.webhook import MOUNTED_AT, webhook_path
from cumbre.errors import PhotoError, SettingsError
from cumbre.renditions.s3 import S3Renditions
from cumbre.settings import Settings
from cumbre.state.sqlite import SqliteStateStore
from functions.query.rpc.staging import StagingArea
from tests.support.aws.function_url import HOST, FunctionUrl
from tests.support.aws.moto_server import MotoServer
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService, draw_photo, khumbu_album

PASSWORD = "pangboche 3 985"
TOKEN, SECRET = "123456:AAF-token-of-the-tests", "secret-of-the-tests"
BLUE = draw_photo((90, 140, 220))
MAX_BYTES = 1_000_000
BUCKET_ORIGIN = "https://photos.s3.eu-central-1.amazonaws.com"


@pytest.fixture
def s3(moto: MotoServer) -> Iterator[Any]:
    client = moto.client("s3")
    yield client
    client.close()


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"photos-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def queue(moto: MotoServer) -> Iterator[str]:
    sqs = moto.client("sqs")
    yield str(sqs.create_queue(QueueName=f"{uuid.uuid4().hex}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"])
    sqs.close()


@pytest.fixture
def album() -> FakeAlbum:
    return FakeAlbum.of(khumbu_album())


@pytest.fixture
def site(album: FakeAlbum, s3: Any, bucket: str, queue: str, moto: MotoServer, tmp_path: Path) -> Iterator[FunctionUrl]:
    state = SqliteStateStore(tmp_path / "state.sqlite")
    settings = Settings(
        password=PASSWORD, telegram_token=TOKEN, telegram_webhook_secret=SECRET, max_photo_mb=MAX_BYTES // 1_000_000
    )
    pictures = BucketPictures(s3, bucket, "chat/", MAX_BYTES)
    buckets = Buckets(
        StagingArea(s3, bucket, "staging/"), S3Renditions(s3, bucket, "shown/"), pictures, (BUCKET_ORIGIN,)
    )
    sqs = moto.client("sqs")
    app = create_site(
        settings,
        FakeQueryService(album),
        FakeAlbumService(album),
        lambda: album.catalog,
        state,
        buckets,
        ChatQueue(sqs, queue),
    )
    yield FunctionUrl(create_handler(app))
    sqs.close()
    state.close()


def log_in(site: FunctionUrl) -> None:
    answer = site.ask("POST", "/login", data={"password": PASSWORD, "next": "/"}, headers={"origin": f"https://{HOST}"})
    assert answer.status == 303
    [cookie] = answer.set_cookies
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


def upload(site: FunctionUrl, data: bytes) -> str:
    """Upload a picture as the page does, with a presigned form. Returns its token."""
    presigned = json.loads(site.ask("POST", "/api/uploads").body)
    sent = httpx.post(presigned["url"], data=presigned["fields"], files={"file": data})
    assert sent.status_code == 204, sent.text
    return str(presigned["token"])


def test_only_a_missing_chat_picture_is_said_to_be_gone(s3: Any, bucket: str) -> None:
    pictures = BucketPictures(s3, bucket, "chat/", MAX_BYTES)
    sent = pictures.save("a.jpg", b"a picture")
    assert pictures.fetch(sent) == b"a picture"
    with pytest.raises(PhotoError, match="send it again"):
        pictures.fetch(SentPicture("0" * 64))
    with pytest.raises(PhotoError, match="can't be read now: try again"):
        BucketPictures(s3, "no-such-bucket", "chat/", MAX_BYTES).fetch(sent)


def form(**fields: str) -> dict[str, Any]:
    return {"data": fields, "content_type": "multipart/form-data"}


def test_nothing_is_shown_without_a_login(site: FunctionUrl) -> None:
    for address in ("/api/status", "/api/uploads", f"/api/shown/{'a' * 64}/320.jpg", "/static/js/app/main.js"):
        assert site.ask("GET", address).status == 401
    log_in(site)
    assert json.loads(site.ask("GET", "/api/status").body)["photos"] == 5


def test_only_requests_to_the_host_of_the_function_url_are_answered(site: FunctionUrl) -> None:
    assert site.ask("GET", "/login").status == 200
    assert site.ask("GET", "/login", headers={"host": "evil.test"}).status == 403


def test_login_attempts_are_limited_per_ip_address(site: FunctionUrl) -> None:
    for _ in range(10):
        assert site.ask("POST", "/login", data={"password": "guess"}).status == 401
    assert site.ask("POST", "/login", data={"password": PASSWORD}).status == 429
    assert site.ask("POST", "/login", data={"password": PASSWORD}, source_ip="203.0.113.99").status == 303


def test_every_form_with_a_picture_accepts_an_upload_in_the_bucket(site: FunctionUrl, album: FakeAlbum) -> None:
    log_in(site)
    token = upload(site, BLUE)
    found = json.loads(site.ask("POST", "/api/search", **form(upload=f"{token} ama.jpg", k="5")).body)
    assert found["identification"]["answer"] == "ama-dablam"
    added = site.ask("POST", "/api/photos", **form(upload=f"{upload(site, draw_photo((91, 141, 221)))} my ama.jpg"))
    assert (added.status, json.loads(added.body)["filename"]) == (201, "my ama.jpg")
    answer = site.ask("POST", "/chat/messages", **form(text="which one?", upload=f"{token} ama.jpg"))
    assert "Ama Dablam" in json.loads(answer.body)["replies"][0]["title"]
    assert len(album.photos) == 6


def test_a_missing_upload_is_not_found(site: FunctionUrl) -> None:
    log_in(site)
    answer = site.ask("POST", "/api/search", **form(upload=f"staging/upload/{'0' * 32} ama.jpg"))
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (404, "not_found")


def test_a_form_without_a_login_fetches_no_upload(site: FunctionUrl, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StagingArea, "read_upload", lambda *_: pytest.fail("it was fetched"))
    answer = site.ask("POST", "/login", **form(password="guess", upload="upload/0000 x.jpg"))
    assert answer.status == 401


def test_the_upload_form_limits_the_size_to_the_largest_photo(site: FunctionUrl) -> None:
    log_in(site)
    presigned = json.loads(site.ask("POST", "/api/uploads").body)
    policy = json.loads(base64.b64decode(presigned["fields"]["policy"]))
    assert ["content-length-range", 1, MAX_BYTES] in policy["conditions"]


def test_pictures_are_shown_directly_from_their_bucket(site: FunctionUrl) -> None:
    log_in(site)
    answer = site.ask("GET", f"/api/shown/{'ab' * 32}/320.jpg")
    assert answer.status == 302
    assert f"shown/ab/{'ab' * 32}-320.jpg?" in answer.headers["location"]
    assert re.search(r"private, max-age=\d+", answer.headers["cache-control"])
    for address in (f"/api/shown/{'ab' * 32}/321.jpg", f"/api/shown/{'a' * 63}/320.jpg", "/api/shown/../320.jpg"):
        assert site.ask("GET", address).status == 404
    policy = answer.headers["content-security-policy"]
    assert f"img-src 'self' blob: {BUCKET_ORIGIN};" in policy
    assert f"connect-src 'self' {BUCKET_ORIGIN};" in policy


def test_an_update_from_telegram_is_queued_before_it_is_answered(
    site: FunctionUrl, moto: MotoServer, queue: str
) -> None:
    address = f"{MOUNTED_AT}/{webhook_path(TOKEN, SECRET)}"
    update = {"update_id": 9, "message": {"chat": {"id": 7}, "text": "ama dablam"}}
    headers = {"x-telegram-bot-api-secret-token": SECRET}
    assert site.ask("POST", address, json=update).status == 401
    assert site.ask("POST", address, json=update, headers=headers).status == 200
    [message] = moto.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == update


def test_the_site_cannot_be_created_without_a_password(album: FakeAlbum, s3: Any, bucket: str, tmp_path: Path) -> None:
    state = SqliteStateStore(tmp_path / "state.sqlite")
    buckets = Buckets(StagingArea(s3, bucket), S3Renditions(s3, bucket), BucketPictures(s3, bucket, "chat/", 9), ())
    services = (FakeQueryService(album), FakeAlbumService(album), lambda: album.catalog)
    with pytest.raises(SettingsError, match="CUMBRE_PASSWORD"):
        create_site(Settings(), *services, state, buckets, None)
    state.close()
