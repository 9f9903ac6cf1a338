"""A real MinIO sends the events of its bucket to a real `cumbre serve`."""

import json
import re
import statistics
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.minio_server import MinioServer, running_minio
from tests.support.processes import Server, cumbre, eventually, kill
from tests.support.server_cache import free_port
from tests.support.small_album import photo_towards

pytestmark = pytest.mark.servers

TOKEN = "only-for-this-test-0123456789"
BUCKET = "trek"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def store(tmp_path: Path, port: int) -> Iterator[MinioServer]:
    """MinIO with the webhook as docs/storage.md sets it up."""
    folder = tmp_path / "minio"
    (folder / "events").mkdir(parents=True)
    webhook = {
        "ENABLE": "on",
        "ENDPOINT": f"http://127.0.0.1:{port}/events",
        "AUTH_TOKEN": TOKEN,
        "QUEUE_DIR": str(folder / "events"),
    }
    variables = {f"MINIO_NOTIFY_WEBHOOK_{name}_CUMBRE": value for name, value in webhook.items()}
    with running_minio(folder, 0, **variables) as server:
        yield server


@pytest.fixture
def settings(store: MinioServer) -> dict[str, str]:
    return {
        "CUMBRE_STORAGE": f"s3://{BUCKET}",
        "CUMBRE_S3_ENDPOINT": store.address,
        "CUMBRE_S3_ACCESS_KEY": store.user,
        "CUMBRE_S3_SECRET_KEY": store.password,
        "CUMBRE_EVENTS_TOKEN": TOKEN,
        # No scan on a timer: uploads must be found by events alone.
        "CUMBRE_RECONCILE_MINUTES": "0",
    }


@pytest.fixture
def serve(home: Path, start: Callable[..., Server], settings: dict[str, str], port: int) -> Callable[[], Server]:
    # MinIO enables its webhook a moment after it is ready.
    eventually(lambda: cumbre(home, "setup", **settings).returncode == 0)
    return lambda: start("--port", str(port), **settings)


def photo_count(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status") as answer:
        return int(json.load(answer)["photos"])


def test_setup_reports_what_it_creates_and_keeps_what_exists(
    home: Path, serve: Callable[[], Server], settings: dict[str, str], store: MinioServer
) -> None:
    client = store.client
    client.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={})
    again = cumbre(home, "setup", **settings)
    assert again.stdout.splitlines() == [
        f"already there: bucket {BUCKET}",
        f"created: notification of {BUCKET}/",
        "already there: index of 1000 dimensions for lite-1",
    ]
    assert "created" not in cumbre(home, "setup", **settings).stdout
    other = cumbre(home, "setup", **{**settings, "CUMBRE_STORAGE": "s3://another-bucket/2023"})
    assert "created: bucket another-bucket\ncreated: notification of another-bucket/2023/" in other.stdout


def test_an_upload_is_indexed_and_a_deleted_photo_removed(
    serve: Callable[[], Server], store: MinioServer, port: int
) -> None:
    serve()
    client, waited = store.client, []
    # The scan at the start may find the first photo; only events bring the others.
    for number in range(3):
        began = time.monotonic()
        picture = photo_towards(139.0 + number, f"2024:11:0{number + 1} 08:00:00")
        client.put_object(Bucket=BUCKET, Key=f"día 1/a+b {number}.jpg", Body=picture)
        eventually(lambda: photo_count(port) == number + 1)  # noqa: B023
        waited.append(time.monotonic() - began)
    assert statistics.median(waited) < 20
    client.delete_object(Bucket=BUCKET, Key="día 1/a+b 0.jpg")
    eventually(lambda: photo_count(port) == 2)


def test_a_photo_added_on_the_page_is_stored_in_the_bucket(
    home: Path, serve: Callable[[], Server], store: MinioServer, port: int
) -> None:
    serve()
    picture = photo_towards(139.0, "2024:11:05 08:00:00")
    sent = {"photo": ("from the page.jpg", picture, "image/jpeg")}
    answer = httpx.post(f"http://127.0.0.1:{port}/api/photos", files=sent, timeout=60)
    assert answer.status_code == 201, answer.text
    (stored,) = store.client.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert re.fullmatch(r"inbox/from-the-page-[0-9a-f]{8}\.jpg", stored["Key"])
    assert answer.json()["path"] == f"{BUCKET}/{stored['Key']}"
    assert photo_count(port) == 1
    assert not (home / "inbox").exists()


def test_photos_uploaded_while_cumbre_is_down_are_indexed_when_it_is_back(
    serve: Callable[[], Server], store: MinioServer, port: int
) -> None:
    kill(serve().process)
    keys = [f"{number}.jpg" for number in range(4)]
    for number, key in enumerate(keys):
        picture = photo_towards(100.0 + number, f"2024:11:0{number + 1} 09:00:00")
        store.client.put_object(Bucket=BUCKET, Key=key, Body=picture)
    serve()
    eventually(lambda: photo_count(port) == len(keys))


@pytest.mark.parametrize(("token", "status"), [("", 401), ("wrong", 401), (TOKEN, 200)])
def test_only_the_right_token_is_accepted(serve: Callable[[], Server], port: int, token: str, status: int) -> None:
    serve()
    event: dict[str, Any] = {"Event": "s3:TestEvent", "Bucket": BUCKET}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/events/", json.dumps(event).encode(), {"Authorization": f"Bearer {token}"}
    )
    assert status_of(request) == status


def status_of(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
