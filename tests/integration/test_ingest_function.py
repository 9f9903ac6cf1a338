"""The ingest function as Lambda runs it, on moto: partial failures, dead letters and their replay, and a small /tmp."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from cumbre.bootstrap import open_library
from cumbre.cli import cli, run
from cumbre.errors import IndexFault, SettingsError
from cumbre.ingest.queue import s3_event
from cumbre.library.library import Library
from cumbre.settings import read_settings
from cumbre.storage.s3 import S3PhotoStorage
from functions.environment import read_environment
from functions.ingest import entry
from tests.support.aws.cloud_album import RECEIVES, CloudAlbum
from tests.support.aws.sqs_poller import SqsPoller
from tests.support.made import counting
from tests.support.processes import eventually
from tests.support.small_album import TO_AMA_DABLAM

_EVENTS = int(os.environ.get("CUMBRE_TEST_ROUNDS", "12"))


@pytest.fixture
def open_cloud_library(cloud: CloudAlbum) -> Iterator[Callable[..., Library]]:
    """Return a function that opens a library with the settings of the function and more."""
    libraries: list[Library] = []

    def open_one(**more: str) -> Library:
        libraries.append(open_library(read_settings(cloud.environment | more)))
        return libraries[-1]

    yield open_one
    for library in libraries:
        library.close()


def command(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(cli, list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_three_failing_photos_of_ten_become_dead_letters_and_are_indexed_after_a_replay(
    cloud: CloudAlbum,
    open_cloud_library: Callable[..., Library],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = f"later-{cloud.photos}"
    cloud.environment["CUMBRE_STORAGE"] += f":s3://{later}"
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    healthy = [f"photos/{number}.jpg" for number in range(7)]
    for number, key in enumerate(healthy):
        cloud.put(key, 10.0 * number)
    poisoned = [f"yak {number}.jpg" for number in range(3)]
    cloud.send(*(s3_event(cloud.photos, key) for key in healthy), *(s3_event(later, key) for key in poisoned))

    library = open_cloud_library()
    poller = SqsPoller(cloud.sqs, cloud.queue, entry.create_for(library))
    assert poller.poll() == (10, 7)
    assert sorted(photo.key for photo in library.index().select()) == healthy
    code, out, err = command("status", capsys=capsys)
    assert "Photos in the ingest queue: 3." in err
    for _ in range(RECEIVES - 1):
        eventually(lambda: cloud.visible(cloud.queue) == 3)
        assert poller.poll() == (3, 0)
    eventually(lambda: cloud.visible(cloud.queue) == 3)
    assert poller.poll() == (0, 0)
    assert (cloud.in_queue(cloud.queue), cloud.in_queue(cloud.dead)) == (0, 3)

    code, out, err = command("status", capsys=capsys)
    assert code == 0
    assert "in the dead-letter queue: 3." in err
    assert "`cumbre queue replay`" in err
    code, out, err = command("status", "--json", capsys=capsys)
    assert any("dead-letter queue" in notice for notice in json.loads(out)["notices"])
    code, out, err = command("queue", capsys=capsys)
    assert "waiting: 0, in flight: 0, dead letters: 3" in out
    assert f"{later}/yak 1.jpg" in out
    code, out, err = command("queue", "show", "--json", capsys=capsys)
    shown = json.loads(out)
    assert shown["dead_letters"] == 3
    assert sorted(photo for one in shown["some"] for photo in one["photos"]) == [f"{later}/{key}" for key in poisoned]

    cloud.s3.create_bucket(Bucket=later)
    for key in poisoned:
        cloud.put(key, TO_AMA_DABLAM, later)
    code, out, err = command("queue", "replay", capsys=capsys)
    assert (code, out) == (0, "moved back into the queue: 3\n")
    assert (cloud.in_queue(cloud.queue), cloud.in_queue(cloud.dead)) == (3, 0)
    assert poller.poll() == (3, 3)
    assert library.index().count() == 10
    code, out, err = command("status", capsys=capsys)
    assert "queue" not in err
    assert command("queue", "replay", "--json", capsys=capsys)[1] == '{"replayed": 0}\n'


def test_an_unusable_photo_is_no_failed_message_but_an_unknown_bucket_is(
    cloud: CloudAlbum, open_cloud_library: Callable[..., Library]
) -> None:
    cloud.s3.put_object(Bucket=cloud.photos, Key="photos/broken.jpg", Body=b"no picture")
    cloud.send(s3_event(cloud.photos, "photos/broken.jpg"), s3_event("/etc", "passwd.jpg"), "no event")
    library = open_cloud_library()
    assert SqsPoller(cloud.sqs, cloud.queue, entry.create_for(library)).poll() == (3, 1)
    (failure,) = library.index().failures()
    assert failure.key == "photos/broken.jpg"


def test_the_entry_point_opens_everything_and_handles_events_and_jobs(
    cloud: CloudAlbum, open_cloud_library: Callable[..., Library]
) -> None:
    handler = entry.create(cloud.environment)
    cloud.put("photos/a.jpg", TO_AMA_DABLAM)
    assert handler({"cumbre": "reconcile"}, None)["queued"] == 1
    poller = SqsPoller(cloud.sqs, cloud.queue, handler)
    assert poller.poll() == (1, 1)
    (photo,) = open_cloud_library().index().select()
    assert photo.predicted_peaks[0] == "ama-dablam"
    assert len(cloud.s3.list_objects_v2(Bucket=cloud.shown)["Contents"]) == 4


def test_a_job_without_a_queue_names_the_missing_setting(
    cloud: CloudAlbum, open_cloud_library: Callable[..., Library]
) -> None:
    with pytest.raises(SettingsError, match="CUMBRE_QUEUE"):
        entry.create_for(open_cloud_library(CUMBRE_QUEUE=""))({"cumbre": "reconcile"}, None)


def test_a_function_that_starts_while_the_index_is_unreachable_works_later(
    cloud: CloudAlbum, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreachable(_: Library) -> None:
        raise IndexFault("the index can't be reached")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Library, "active", unreachable)
        handler = entry.create(cloud.environment)
        assert "not warmed up: the index can't be reached" in caplog.text
        cloud.put("photos/a.jpg", TO_AMA_DABLAM)
        cloud.send(s3_event(cloud.photos, "photos/a.jpg"))
        poller = SqsPoller(cloud.sqs, cloud.queue, handler)
        assert poller.poll() == (1, 0)
    eventually(lambda: cloud.visible(cloud.queue) == 1)
    assert poller.poll() == (1, 1)


def test_the_handler_is_created_on_its_first_use(cloud: CloudAlbum, monkeypatch: pytest.MonkeyPatch) -> None:
    created: list[Any] = []

    def create(environment: Any) -> Any:
        created.append(environment)
        return lambda event, context=None: event

    monkeypatch.setattr(entry, "create", create)
    assert "handler" not in vars(entry)
    assert entry.handler is entry.handler
    assert created == [os.environ]
    vars(entry).pop("handler")
    with pytest.raises(AttributeError):
        _ = entry.nothing


def test_the_environment_overrides_settings_in_secrets(cloud: CloudAlbum) -> None:
    name = f"index-{cloud.photos}"
    secret = {"CUMBRE_INDEX_API_KEY": "key", "CUMBRE_INDEX_PREFIX": "secret-"}
    cloud.moto.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(secret))
    settings = read_environment(cloud.environment | {"CUMBRE_SECRETS": name, "CUMBRE_INDEX_PREFIX": "trek-"})
    assert (settings.index_api_key, settings.index_prefix) == ("key", "trek-")


def files(folder: Path) -> set[str]:
    """Return every file with its size, except those of the embedded index, which no deployed function has."""
    found = (file for file in folder.rglob("*") if file.is_file() and "sqlite" not in file.name)
    return {f"{file.relative_to(folder)} {file.stat().st_size}" for file in found}


def open_files() -> int:
    """Return the number of open files of this process, or 0 if the system doesn't show them."""
    shown = Path("/proc/self/fd")
    return sum(1 for _ in shown.iterdir()) if shown.exists() else 0


def test_nothing_accumulates_in_the_temporary_folder(
    cloud: CloudAlbum, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instance lives for hours and handles thousands of events; its folder has 512 MB."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    (home / "cache" / "half.part").write_bytes(b"an instance was ended here")
    handler = entry.create(cloud.environment)
    assert not (home / "cache" / "half.part").exists()
    before = files(home)
    descriptors = open_files()
    for number in range(_EVENTS):
        cloud.put("photos/a.jpg", float(number))
        event = {
            "Records": [{"messageId": "1", "body": s3_event(cloud.photos, "photos/a.jpg"), "eventSource": "aws:sqs"}]
        }
        assert handler(event, None) == {"batchItemFailures": []}
        handler({"Records": [{"messageId": "1", "body": "no event", "eventSource": "aws:sqs"}]}, None)
    assert files(home) == before
    assert files(temporary) == set()
    assert open_files() <= descriptors + 8
    # Of all the versions of the photo, only the renditions of the last one are kept.
    assert len(cloud.s3.list_objects_v2(Bucket=cloud.shown)["Contents"]) == 4


def test_a_photo_that_keeps_changing_is_retried(
    cloud: CloudAlbum, open_cloud_library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, headings = S3PhotoStorage.read, iter(range(100))

    def read_and_change(storage: S3PhotoStorage, key: str, etag: str, max_bytes: int) -> bytes:
        data = read(storage, key, etag, max_bytes)
        cloud.put(key, float(next(headings)))
        return data

    cloud.put("photos/a.jpg", 200.0)
    cloud.send(s3_event(cloud.photos, "photos/a.jpg"))
    poller = SqsPoller(cloud.sqs, cloud.queue, entry.create_for(open_cloud_library()))
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(S3PhotoStorage, "read", read_and_change)
        assert poller.poll() == (1, 0)
    eventually(lambda: cloud.visible(cloud.queue) == 1)
    assert poller.poll() == (1, 1)


def test_all_events_and_jobs_of_a_process_share_its_threads_and_clients(
    cloud: CloudAlbum, open_cloud_library: Callable[..., Library]
) -> None:
    handle = entry.create_for(open_cloud_library())

    def add(*numbers: int) -> None:
        for number in numbers:
            cloud.put(f"photos/{number}.jpg", 10.0 * number)
        events = [json.loads(s3_event(cloud.photos, f"photos/{number}.jpg")) for number in numbers]
        handle({"Records": [record for event in events for record in event["Records"]]}, None)

    add(0, 1)
    handle({"cumbre": "reconcile"}, None)
    with counting(ThreadPoolExecutor, BaseClient) as made:
        for first in range(2, 12, 2):
            add(first, first + 1)
        handle({"cumbre": "reconcile"}, None)
    assert made == {"ThreadPoolExecutor": 0, "BaseClient": 0}
