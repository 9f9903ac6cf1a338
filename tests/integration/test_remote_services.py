"""The query function as in the cloud: invoked by name with boto3, run by Lambda's own runtime client.

tests/unit/services/test_services.py tests the answers of the services, also through remote calls. These tests are about
the transport.
"""

import json
import logging
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cumbre.bootstrap import open_library
from cumbre.errors import CumbreError, InvalidRequest, NotFound, SettingsError
from cumbre.ingest.scan import scan
from cumbre.search.query import SearchRequest
from cumbre.settings import Settings
from functions.environment import read_environment
from functions.query.entry import create
from functions.query.rpc.calls import answer
from functions.query.rpc.client import Calls, RemoteAlbumService, RemoteQueryService, connect
from functions.query.rpc.invoker import FunctionFault, LambdaInvoker, open_lambda_client
from functions.query.rpc.payloads import Payloads
from functions.query.rpc.staging import StagingArea
from tests.support.aws.lambda_runtime import FunctionFailed, LambdaRuntime
from tests.support.aws.lambda_service import LambdaService
from tests.support.aws.moto_server import REGION, MotoServer
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService, khumbu_album, make_photo
from tests.support.small_album import TO_AMA_DABLAM, photo_towards

MB = 1_000_000


@pytest.fixture
def cloud(moto: MotoServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a query function whose album, staging area, state and secrets are in the cloud."""
    access = {
        "AWS_ENDPOINT_URL": moto.address,
        "AWS_ACCESS_KEY_ID": moto.access_key,
        "AWS_SECRET_ACCESS_KEY": moto.secret_key,
        "AWS_DEFAULT_REGION": REGION,
    }
    for name, value in access.items():
        monkeypatch.setenv(name, value)
    bucket, secret = f"photos-{uuid.uuid4().hex}", f"cumbre-{uuid.uuid4().hex}"
    moto.client("s3").create_bucket(Bucket=bucket)
    # The values don't matter, only that they are read.
    values = {"CUMBRE_PEAK_MAX": "3", "CUMBRE_INDEX_API_KEY": "hush", "CUMBRE_HOME": "/of/somebody/else"}
    moto.client("secretsmanager").create_secret(Name=secret, SecretString=json.dumps(values))
    return access | {
        "CUMBRE_HOME": str(home),
        "CUMBRE_MODEL": "lite",
        "CUMBRE_STORAGE": f"s3://{bucket}/photos",
        "CUMBRE_STAGING": f"s3://{bucket}/staging",
        "CUMBRE_STATE": f"dynamodb:{moto.make_state_table()}",
        "CUMBRE_SECRETS": secret,
    }


def fill(settings: Settings, moto: MotoServer) -> None:
    """Put two photos into the bucket and index them."""
    ((bucket, prefix),) = settings.album_buckets.items()
    photos = {"ama dablam.jpg": photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12"), "bad.jpg": b"no picture"}
    for name, data in photos.items():
        moto.client("s3").put_object(Bucket=bucket, Key=prefix + name, Body=data)
    library = open_library(settings)
    try:
        scan(library.ingestor(library.active()), library.storage(bucket), prefix)
    finally:
        library.close()


@pytest.fixture
def lambda_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaService]:
    with LambdaService() as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", service.address)
        yield service


@pytest.mark.slow
def test_the_function_answers_the_bot_function(
    cloud: dict[str, str], moto: MotoServer, lambda_service: LambdaService
) -> None:
    settings = read_environment(cloud)
    assert (settings.peak_max, settings.index_api_key) == (3, "hush")
    assert str(settings.home) == cloud["CUMBRE_HOME"]
    fill(settings, moto)
    runtime = LambdaRuntime("functions.query.entry.handler", cloud)
    lambda_service.register("cumbre-query", runtime)
    query, album = connect(read_environment(cloud | {"CUMBRE_QUERY_FUNCTION": "cumbre-query"}))

    (hit,) = query.search(SearchRequest(text="आमा दब्लम")).hits
    assert hit.photo.key == "photos/ama dablam.jpg"
    # Too large for the payload of a call, so it goes through the staging area.
    large = photo_towards(TO_AMA_DABLAM, "2023:11:05 08:00:00") + bytes(2 * MB)
    assert query.identify(large).answer == "ama-dablam"
    added = album.add("new.jpg", large).photo
    assert added.key.startswith("photos/inbox/new-")
    assert query.original(added.id) == large
    album.remove(added.id)
    with pytest.raises(NotFound):
        query.photo(added.id)
    (failed,) = query.status().failures
    assert failed.path.endswith("bad.jpg")
    # One execution environment answered everything, and its log contains nothing of the requests.
    assert runtime.starts == 1
    assert "hush" not in runtime.logs
    assert "दब्लम" not in runtime.logs


def test_a_handler_is_created_from_an_environment(cloud: dict[str, str]) -> None:
    handler = create(cloud)
    event = {"call": "peak", "arguments": {"peak_id": "lhotse"}}
    assert handler(event, None)["result"]["names"][0] == "Lhotse"


@pytest.mark.slow
def test_a_missing_secret_ends_the_init_with_a_reason(cloud: dict[str, str]) -> None:
    wrong = cloud | {"CUMBRE_SECRETS": "no-such-secret"}
    with (
        LambdaRuntime("functions.query.entry.handler", wrong) as runtime,
        pytest.raises(FunctionFailed, match="no-such-secret can't be read"),
    ):
        runtime.invoke({"call": "status", "arguments": {}})


def test_a_client_needs_the_name_of_the_function() -> None:
    with pytest.raises(SettingsError, match="CUMBRE_QUERY_FUNCTION"):
        connect(Settings())


# The module of a function whose handler misbehaves on request, to test the transport.
HANDLERS = """
import os, time

def answers(event, context):
    if event == "raise":
        raise ValueError("the key is hush")
    if event == "end":
        os._exit(1)
    if event == "sleep":
        time.sleep(60)
    if event == "much":
        return "x" * (6 * 1024 * 1024)
    left_s = context.get_remaining_time_in_millis() / 1000
    return {"event": event, "time is left": 0 < left_s <= 60}
"""


@pytest.fixture
def invoke(lambda_service: LambdaService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], Any]:
    """Return a function that invokes a Lambda function by its name with an event."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "cumbre-test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    (tmp_path / "handlers.py").write_text(HANDLERS)
    lambda_service.register("a-function", LambdaRuntime("handlers.answers", {}, tmp_path), timeout_s=3)

    def invoke(event: object, name: str = "a-function") -> Any:
        return json.loads(LambdaInvoker(open_lambda_client(), name)(json.dumps(event).encode()))

    return invoke


def test_a_function_is_invoked_by_its_name(invoke: Callable[..., Any]) -> None:
    assert invoke({"peak": "Cho Oyu, चोयु"}) == {"event": {"peak": "Cho Oyu, चोयु"}, "time is left": True}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("raise", r"failed \(ValueError\): see its log"),
        ("end", r"failed \(Runtime.ExitError\): see its log"),
        ("sleep", "took too long"),
        ("much", r"failed \(Function.ResponseSizeTooLarge\)"),
    ],
)
def test_a_failing_function_is_a_fault_and_the_next_call_is_answered(
    invoke: Callable[..., Any], event: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(FunctionFault, match=message) as fault:
        invoke(event)
    assert "hush" not in str(fault.value) + caplog.text
    assert "the function a-function failed" in caplog.text
    assert invoke("again")["event"] == "again"


def test_a_throttled_call_is_retried(invoke: Callable[..., Any], lambda_service: LambdaService) -> None:
    lambda_service.throttle(2)
    assert invoke("again")["event"] == "again"
    assert lambda_service.invocations == ["a-function"] * 3


def test_a_call_that_cannot_be_made_is_explained(invoke: Callable[..., Any], lambda_service: LambdaService) -> None:
    with pytest.raises(FunctionFault, match="correct CUMBRE_QUERY_FUNCTION"):
        invoke("x", "no-such-function")
    with pytest.raises(FunctionFault, match="set CUMBRE_STAGING"):
        invoke("x" * 7 * MB)
    lambda_service.throttle(9)
    with pytest.raises(FunctionFault, match="is overloaded"):
        invoke("x")


def test_an_unreachable_lambda_is_a_fault(invoke: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    monkeypatch.setattr("functions.query.rpc.invoker._ATTEMPTS", 1)
    with pytest.raises(FunctionFault, match="can't be reached"):
        invoke("x")


def services(album: FakeAlbum, payloads: Payloads) -> tuple[RemoteQueryService, RemoteAlbumService]:
    def invoke(payload: bytes) -> bytes:
        response = answer(json.loads(payload), FakeQueryService(album), FakeAlbumService(album), payloads)
        return json.dumps(response).encode()

    call = Calls(invoke, payloads)
    return RemoteQueryService(call), RemoteAlbumService(call)


def test_an_answer_that_is_too_large_for_lambda_goes_through_the_staging_area(
    moto: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = f"photos-{uuid.uuid4().hex}"
    moto.client("s3").create_bucket(Bucket=bucket)
    payloads = Payloads(StagingArea(moto.client("s3"), bucket, "staging/"), MB)
    monkeypatch.setattr("functions.query.rpc.calls.ANSWER_BYTES_MAX", 4000)
    album = FakeAlbum.of([*khumbu_album(), *(make_photo(f"{n}.jpg", "yak", (n, n, n)) for n in range(9))])
    query, _ = services(album, payloads)
    assert query.search(SearchRequest()) == FakeQueryService(album).search(SearchRequest())
    (staged,) = moto.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert staged["Key"].startswith("staging/")
    with pytest.raises(InvalidRequest, match="your own file"):
        services(album, payloads)[1].remove(next(iter(album.photos)))


@pytest.mark.parametrize(
    "response",
    [b"", b"null", b"[]", b'{"result": 7}', b'{"result": {}}', b'{"error": "x"}', b'{"error": {"type": "NotFound"}}'],
)
def test_an_unreadable_answer_is_explained_by_different_versions(response: bytes) -> None:
    query = RemoteQueryService(Calls(lambda _: response, Payloads(None, MB)))
    with pytest.raises(CumbreError, match="deploy the same version of both") as refused:
        query.photo("0" * 40)
    assert type(refused.value) is CumbreError


@pytest.mark.parametrize("name", ["boto3", "botocore", "urllib3"])
def test_client_libraries_do_not_log_payloads(
    name: str, invoke: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, name):
        invoke("hush")
    assert "hush" not in caplog.text
