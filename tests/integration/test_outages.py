"""Uploads during outages: Cumbre is killed, Elasticsearch stops, MinIO restarts, and each photo is indexed once.

Short by default; CUMBRE_TEST_ROUNDS=100 means 300 uploads, five kills and a minute without Elasticsearch.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from cumbre.index.elasticsearch.connection import ElasticAccess, connect
from tests.support.changing_album import picture
from tests.support.elasticsearch_server import elasticsearch_folder, running_elasticsearch
from tests.support.minio_server import MinioServer, running_minio
from tests.support.processes import Server, cumbre, descendants, eventually, kill
from tests.support.server_cache import free_port, obtain_or_skip

pytestmark = [pytest.mark.servers, pytest.mark.slow]

IN_FULL = int(os.environ.get("CUMBRE_TEST_ROUNDS", "0")) >= 100
UPLOADS, KILLS, OUTAGE_S = (300, 5, 60.0) if IN_FULL else (40, 2, 6.0)
TOKEN = "only-for-this-test-0123456789"
BUCKET = "trek"
PATIENCE_S = 180.0


class Servers:
    """Elasticsearch and MinIO, which can stop and start again with the same data and addresses."""

    def __init__(self, elastic_folder: Path, minio_folder: Path, cumbre_port: int) -> None:
        self._folders = {"elasticsearch": elastic_folder, "minio": minio_folder}
        self._ports = {"elasticsearch": free_port(), "minio": free_port()}
        self._running: dict[str, ExitStack] = {}
        (minio_folder / "events").mkdir(parents=True)
        webhook = {
            "ENABLE": "on",
            "ENDPOINT": f"http://127.0.0.1:{cumbre_port}/events",
            "AUTH_TOKEN": TOKEN,
            "QUEUE_DIR": str(minio_folder / "events"),
        }
        self._webhook = {f"MINIO_NOTIFY_WEBHOOK_{name}_CUMBRE": value for name, value in webhook.items()}
        self.elasticsearch = ElasticAccess(f"http://127.0.0.1:{self._ports['elasticsearch']}")
        self.minio = MinioServer(f"http://127.0.0.1:{self._ports['minio']}")

    def start(self, name: str) -> None:
        folder, port, stack = self._folders[name], self._ports[name], ExitStack()
        if name == "minio":
            stack.enter_context(running_minio(folder, port, **self._webhook))
        else:
            stack.enter_context(running_elasticsearch(folder, port))
        self._running[name] = stack

    def stop(self, name: str) -> None:
        self._running.pop(name).close()

    def stop_all(self) -> None:
        for name in list(self._running):
            self.stop(name)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def servers(tmp_path: Path, port: int) -> Iterator[Servers]:
    with elasticsearch_folder() as folder:
        both = Servers(folder, tmp_path / "minio", port)
        try:
            obtain_or_skip(lambda: both.start("elasticsearch"), "Elasticsearch")
            both.start("minio")
            yield both
        finally:
            both.stop_all()


@pytest.fixture
def settings(servers: Servers) -> dict[str, str]:
    return {
        "CUMBRE_INDEX": servers.elasticsearch.address,
        "CUMBRE_STORAGE": f"s3://{BUCKET}",
        "CUMBRE_S3_ENDPOINT": servers.minio.address,
        "CUMBRE_S3_ACCESS_KEY": servers.minio.user,
        "CUMBRE_S3_SECRET_KEY": servers.minio.password,
        "CUMBRE_EVENTS_TOKEN": TOKEN,
        # No scan on a timer: the events and the scan at each start must be enough.
        "CUMBRE_RECONCILE_MINUTES": "0",
    }


class Uploader:
    """A thread that uploads photos to the bucket and, as any uploader does, retries while it is unreachable."""

    def __init__(self, client: Any, count: int) -> None:
        self._client = client
        self._count = count
        self.done = 0
        self._thread = threading.Thread(target=self._run, name="uploader")
        self._stop = threading.Event()

    def __enter__(self) -> "Uploader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait(self, share: float) -> None:
        eventually(lambda: self.done >= share * self._count, PATIENCE_S)

    def _run(self) -> None:
        for number in range(self._count):
            while not self._stop.wait(0.05):
                with suppress(BotoCoreError, ClientError):
                    key = f"day {number % 3}/{number:03}.jpg"
                    self._client.put_object(Bucket=BUCKET, Key=key, Body=picture(number))
                    break
            self.done += 1


class RestartingServer:
    """A `cumbre serve` that is started again after it was killed, as a container would be."""

    def __init__(self, start: Callable[..., Server], port: int, settings: dict[str, str]) -> None:
        self._start = start
        self._port = port
        self._settings = settings
        self.server = self._start("--port", str(port), **settings)

    def kill_and_restart(self) -> None:
        kill(self.server.process)
        while True:
            try:
                self.server = self._start("--port", str(self._port), **self._settings)
                return
            except AssertionError:
                # It ends with an error while it can't connect.
                time.sleep(0.5)

    def ask(self) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self._port}/api/search", params={"q": "yak"}, timeout=30)


def indexed_keys(access: ElasticAccess) -> list[str]:
    """Return the key of every document, failures included, as often as it is in the index."""
    generations = connect(access)
    index = generations.active()
    assert index is not None
    found = [*index.select(), *index.failures()]
    generations.close()
    return sorted(one.key for one in found)


def test_each_photo_is_indexed_once_despite_outages(
    home: Path, servers: Servers, start: Callable[..., Server], settings: dict[str, str], port: int
) -> None:
    assert cumbre(home, "setup", **settings).returncode == 0
    client = servers.minio.client
    one = RestartingServer(start, port, settings)
    eventually(lambda: one.ask().status_code == 200)
    with Uploader(client, UPLOADS) as uploader:
        for number in range(KILLS):
            uploader.wait((number + 1) / (2 * KILLS + 2))
            one.kill_and_restart()
        servers.stop("elasticsearch")
        outage_began = time.monotonic()
        answers = []
        while time.monotonic() - outage_began < OUTAGE_S:
            began = time.monotonic()
            answer = one.ask()
            answers.append((time.monotonic() - began, answer.status_code, answer.text))
            time.sleep(0.5)
        servers.start("elasticsearch")
        uploader.wait(0.8)
        servers.stop("minio")
        time.sleep(1.0)
        servers.start("minio")
        uploader.wait(1.0)
    uploaded = time.monotonic()
    slowest_s = max(seconds for seconds, _, _ in answers)
    assert {status for _, status, _ in answers} == {503}
    assert all("the index can't answer" in json.loads(text)["error"]["message"] for _, _, text in answers)
    assert slowest_s < 3.0
    assert one.ask().status_code == 200
    expected = sorted(f"day {number % 3}/{number:03}.jpg" for number in range(UPLOADS))
    eventually(lambda: len(indexed_keys(servers.elasticsearch)) >= UPLOADS, PATIENCE_S)
    assert indexed_keys(servers.elasticsearch) == expected
    print(  # noqa: T201  the figures of the run in full
        f"{UPLOADS} uploads, {KILLS} kills, Elasticsearch down for {OUTAGE_S:.0f} s, MinIO restarted: all indexed "
        f"{time.monotonic() - uploaded:.1f} s after the last upload; {len(answers)} questions during the outage, the "
        f"slowest answered in {slowest_s:.2f} s"
    )


def test_a_hanging_elasticsearch_is_reported_in_time_and_used_again_later(
    home: Path, servers: Servers, start: Callable[..., Server], settings: dict[str, str], port: int
) -> None:
    assert cumbre(home, "setup", **settings).returncode == 0
    one = RestartingServer(start, port, settings)
    eventually(lambda: one.ask().status_code == 200)
    hanging = elasticsearch_processes(servers)
    for pid in hanging:
        os.kill(pid, signal.SIGSTOP)
    assert hanging
    try:
        began = time.monotonic()
        answer = one.ask()
        assert time.monotonic() - began < 3.0
        assert answer.status_code == 503
    finally:
        for pid in hanging:
            os.kill(pid, signal.SIGCONT)
    eventually(lambda: one.ask().status_code == 200)


def elasticsearch_processes(servers: Servers) -> list[int]:
    """Return the process ids of the launcher, found by its port, and of its descendants. Needs /proc."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if f"http.port={servers.elasticsearch.address.rpartition(':')[2]}" in command.read_text():
                launcher = int(command.parent.name)
                found += [launcher, *descendants(launcher)]
    return list(dict.fromkeys(found))
