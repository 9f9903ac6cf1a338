"""local/compose.yaml without Docker: parsed by Docker Compose's own library, its services run as local processes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from cumbre.settings import Settings
from local.compose_secrets import complete
from tests.support.compose_file import resolved
from tests.support.elasticsearch_server import elasticsearch_folder, running_elasticsearch
from tests.support.minio_server import running_minio
from tests.support.paths import ROOT
from tests.support.processes import CUMBRE, eventually
from tests.support.server_cache import free_port, stop
from tests.support.small_album import TO_AMA_DABLAM, photo_towards

pytestmark = pytest.mark.servers

FILE = ROOT / "local" / "compose.yaml"
SERVERS = ("elasticsearch", "minio", "cumbre")


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    file = tmp_path / ".env"
    complete(file)
    return file


@pytest.fixture
def services(env_file: Path) -> dict[str, Any]:
    found: dict[str, Any] = resolved(FILE, env_file)["services"]
    return found


def test_missing_secrets_are_reported_with_the_command_that_creates_them(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        resolved(FILE, tmp_path / ".env")
    assert "run make up" in caught.value.stderr


def test_ports_are_published_on_this_machine_only(services: dict[str, Any]) -> None:
    ports = {name: service.get("ports", []) for name, service in services.items()}
    assert {port["host_ip"] for of_one in ports.values() for port in of_one} == {"127.0.0.1"}
    assert ports["elasticsearch"] == []
    assert all("network_mode" not in service for service in services.values())


def test_every_server_has_a_health_check_a_volume_and_no_more_rights_than_it_needs(services: dict[str, Any]) -> None:
    for name in SERVERS:
        service = services[name]
        assert service["healthcheck"]["test"], name
        assert all(volume["type"] == "volume" for volume in service["volumes"]), name
        assert service["restart"] == "unless-stopped"
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service.get("privileged", False)
        assert re.search(r":[\w.-]*\d|:local", service["image"]), f"{name}: {service['image']} has no version"


def test_no_secret_is_written_in_the_file(env_file: Path) -> None:
    written = FILE.read_text()
    for line in env_file.read_text().splitlines():
        assert line.partition("=")[2] not in written
    assert not re.search(r"(?im)^\s*\w*(password|secret|token|key)\w*:\s+(?!\$\{)", written)


def test_cumbre_gets_only_settings_that_exist(services: dict[str, Any]) -> None:
    known = {setting.metadata["name"] for setting in Settings.__dataclass_fields__.values()}
    for name in ("cumbre", "setup"):
        assert services[name]["environment"].keys() <= known


class LocalServices:
    """The services as local processes: the same commands, environments and order, at other addresses."""

    def __init__(self, services: dict[str, Any], folder: Path) -> None:
        self.ports = {name: free_port() for name in SERVERS}
        self._services = services
        self._folder = folder
        self._addresses = {
            "http://elasticsearch:9200": f"http://127.0.0.1:{self.ports['elasticsearch']}",
            "http://minio:9000": f"http://127.0.0.1:{self.ports['minio']}",
            "http://cumbre:8765": f"http://127.0.0.1:{self.ports['cumbre']}",
            "0.0.0.0": "127.0.0.1",
        }
        self._stack = ExitStack()

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a service, with the addresses of the local processes."""
        given = dict(self._services[name]["environment"])
        for variable, value in given.items():
            for there, here in self._addresses.items():
                given[variable] = given[variable].replace(there, here) if there in value else given[variable]
        return given

    def start(self) -> None:
        elastic = self.environment("elasticsearch")
        # The tests' server has a smaller heap, and no module that downloads anything.
        del elastic["ES_JAVA_OPTS"], elastic["ingest.geoip.downloader.enabled"]
        # The entry point of the image does the same.
        secrets = {"bootstrap.password": elastic.pop("ELASTIC_PASSWORD")}
        settings = {name.replace(".", "__"): value for name, value in elastic.items()}
        folder = self._stack.enter_context(elasticsearch_folder())
        self._stack.enter_context(running_elasticsearch(folder, self.ports["elasticsearch"], secrets, (), **settings))
        minio = self.environment("minio")
        for volume in self._services["minio"]["volumes"]:
            folder = self._folder / volume["source"]
            folder.mkdir()
            minio = {name: str(folder) if value == volume["target"] else value for name, value in minio.items()}
        self._stack.enter_context(running_minio(self._folder, self.ports["minio"], **minio))
        self._run("setup")
        self._start_process("cumbre")

    def stop(self) -> None:
        self._stack.close()

    def cumbre_environment(self, name: str) -> dict[str, str]:
        kept = {variable: value for variable, value in os.environ.items() if not variable.startswith("CUMBRE_")}
        home = str(self._folder / "cumbre-home")
        return {**kept, **self.environment(name), "CUMBRE_HOME": home, "CUMBRE_PORT": str(self.ports["cumbre"])}

    def _run(self, name: str) -> None:
        command = [CUMBRE, *self._services[name]["command"]]
        ran = subprocess.run(
            command, cwd=self._folder, env=self.cumbre_environment(name), capture_output=True, text=True, timeout=120
        )
        assert ran.returncode == 0, ran.stderr
        assert "created: notification of photos/" in ran.stdout

    def _start_process(self, name: str) -> None:
        command = [CUMBRE, *self._services[name]["command"]]
        process = subprocess.Popen(command, cwd=self._folder, env=self.cumbre_environment(name), start_new_session=True)
        self._stack.callback(stop, process)

    def is_healthy(self) -> bool:
        check = self._services["cumbre"]["healthcheck"]["test"]
        assert check[:2] == ["CMD", "python"]
        command = [sys.executable, *check[2:]]
        return subprocess.run(command, env=self.cumbre_environment("cumbre"), cwd=FILE.parents[1]).returncode == 0


@pytest.fixture
def local_services(services: dict[str, Any], tmp_path: Path) -> Iterator[LocalServices]:
    one = LocalServices(services, tmp_path)
    try:
        one.start()
        yield one
    finally:
        one.stop()


@pytest.mark.slow
def test_a_photo_that_is_uploaded_to_the_bucket_is_found_on_the_page(local_services: LocalServices) -> None:
    settings = local_services.environment("cumbre")
    store = boto3.client(
        "s3",
        endpoint_url=settings["CUMBRE_S3_ENDPOINT"],
        aws_access_key_id=settings["CUMBRE_S3_ACCESS_KEY"],
        aws_secret_access_key=settings["CUMBRE_S3_SECRET_KEY"],
        region_name="us-east-1",
    )
    eventually(local_services.is_healthy)
    page = f"http://127.0.0.1:{local_services.ports['cumbre']}"
    assert httpx.get(f"{page}/api/status").status_code == 401
    store.put_object(
        Bucket="photos", Key="trek/ama dablam.jpg", Body=photo_towards(TO_AMA_DABLAM, "2024:11:01 08:00:00")
    )
    credentials = ("anyone", settings["CUMBRE_PASSWORD"])

    def found() -> list[str]:
        answer = httpx.get(f"{page}/api/search", params={"q": "ama dablam"}, auth=credentials, timeout=30)
        return [one["path"] for one in json.loads(answer.text)["results"]]

    eventually(lambda: found() == ["photos/trek/ama dablam.jpg"])
