"""The webhook for bucket events: who is authorized, what is recorded, and when the store must send an event again."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from cumbre.errors import IndexFault
from functions.ingest.events import ObjectEvent
from local.bucket_events.ledger import TooManyEvents
from local.bucket_events.webhook import create_event_webhook

TOKEN = "a token of sixteen characters"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def minio_event(*keys: str, bucket: str = "trek") -> str:
    """Return an event as MinIO sends it: recorded from a real server and shortened."""
    records = [
        {
            "eventVersion": "2.0",
            "eventSource": "minio:s3",
            "eventName": "s3:ObjectCreated:Put",
            "s3": {"bucket": {"name": bucket}, "object": {"key": key, "eTag": "e", "size": 5}},
        }
        for key in keys
    ]
    return json.dumps({"EventName": "s3:ObjectCreated:Put", "Key": f"{bucket}/{keys[0]}", "Records": records})


class Recorder:
    def __init__(self) -> None:
        self.events: list[ObjectEvent] = []
        self.fault: Exception | None = None

    def __call__(self, events: list[ObjectEvent]) -> None:
        if self.fault is not None:
            raise self.fault
        self.events += events


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def client(recorder: Recorder) -> FlaskClient:
    return create_event_webhook(TOKEN, recorder, lambda: ["trek", "/home/maya/photos"]).test_client()


def test_an_event_is_recorded_before_it_is_answered(client: FlaskClient, recorder: Recorder) -> None:
    answer = client.post("/", data=minio_event("day+1%2Fama+dablam.jpg"), headers=AUTHORIZED)
    assert (answer.status_code, answer.get_json()) == (200, {"recorded": 1})
    assert [(one.bucket, one.key) for one in recorder.events] == [("trek", "day 1/ama dablam.jpg")]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_a_request_without_the_token_is_refused(
    client: FlaskClient, recorder: Recorder, header: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    assert client.post("/", data=minio_event("a.jpg"), headers=header).status_code == 401
    assert recorder.events == []
    assert TOKEN not in caplog.text


def test_an_event_of_another_bucket_is_ignored_with_a_warning(
    client: FlaskClient, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.post("/", data=minio_event("a.jpg", bucket="payroll"), headers=AUTHORIZED).status_code == 200
    assert recorder.events == []
    assert "'payroll', which is not part of the album" in caplog.text


@pytest.mark.parametrize("fault", [TooManyEvents("10000 events wait"), IndexFault("the disk is full")])
def test_an_event_that_cannot_be_recorded_must_be_sent_again(
    client: FlaskClient, recorder: Recorder, fault: Exception
) -> None:
    recorder.fault = fault
    answer = client.post("/", data=minio_event("a.jpg"), headers=AUTHORIZED)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("data", ["no json", "{}", '{"Records": 3}', b"\xff\xfe"])
def test_a_body_that_is_not_an_event_is_refused(client: FlaskClient, recorder: Recorder, data: Any) -> None:
    assert client.post("/", data=data, headers=AUTHORIZED).status_code == 400
    assert recorder.events == []


def test_a_body_that_is_too_large_is_not_read(client: FlaskClient) -> None:
    assert client.post("/", data=b"x" * 1_100_000, headers=AUTHORIZED).status_code == 413


@pytest.mark.parametrize("address", ["/events", "/events/"])
def test_the_address_may_end_in_a_slash(recorder: Recorder, address: str) -> None:
    site = DispatcherMiddleware(Flask("page"), {"/events": create_event_webhook(TOKEN, recorder, lambda: ["trek"])})
    assert Client(site).post(address, data=minio_event("a.jpg"), headers=AUTHORIZED).status_code == 200
    assert len(recorder.events) == 1


def test_only_posts_are_answered(client: FlaskClient) -> None:
    assert client.get("/", headers=AUTHORIZED).status_code == 405
