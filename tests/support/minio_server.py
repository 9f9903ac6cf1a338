"""A real MinIO server for the tests.

CUMBRE_TEST_MINIO (http://user:password@host:port) may name a running server. Otherwise the first test that needs one
starts it, and it stops at the end of the test run. Go builds it once from its published source, into the system's
temporary folder.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from tests.support.server_cache import (
    free_port,
    obtain_or_skip,
    one_at_a_time,
    raise_unless_downloads_allowed,
    server_cache,
    stop,
    wait_until_ready,
)

VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
# Read at import, because a fixture hides the CUMBRE_ variables from the tests.
_GIVEN_ADDRESS = os.environ.get("CUMBRE_TEST_MINIO", "")
_USER, _PASSWORD = "cumbre-test", "cumbre-test-secret"


@dataclass(frozen=True)
class MinioServer:
    """A running server and its credentials."""

    address: str
    user: str = _USER
    password: str = field(default=_PASSWORD, repr=False)

    @property
    def client(self) -> Any:
        """A new S3 client for this server."""
        return boto3.client(
            "s3",
            endpoint_url=self.address,
            aws_access_key_id=self.user,
            aws_secret_access_key=self.password,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
        )


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    """The server that all tests share."""
    if _GIVEN_ADDRESS:
        parts = urlsplit(_GIVEN_ADDRESS)
        address = f"{parts.scheme}://{parts.hostname}:{parts.port}"
        yield MinioServer(address, parts.username or _USER, parts.password or _PASSWORD)
        return
    with running_minio(tmp_path_factory.mktemp("minio")) as server:
        yield server


@contextmanager
def running_minio(folder: Path, port: int = 0, **environment: str) -> Iterator[MinioServer]:
    """Run a separate server with its data in `folder`; started again in the same folder, it still has its data."""
    program = obtain_or_skip(minio_program, "MinIO")
    address = f"127.0.0.1:{port or free_port()}"
    given = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "MINIO_ROOT_USER": _USER,
        "MINIO_ROOT_PASSWORD": _PASSWORD,
        "MINIO_BROWSER": "off",
        **environment,
    }
    output = folder / "output"
    with output.open("ab") as log:
        process = subprocess.Popen(
            [program, "server", "--address", address, folder / "data"],
            env=given,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until_ready(process, f"http://{address}/minio/health/ready", output)
        yield MinioServer(f"http://{address}")
    finally:
        stop(process)


def minio_program() -> Path:
    """Return the server program, building it if necessary, which takes minutes. Raises OSError if that fails."""
    program = server_cache() / f"minio-{VERSION}"
    with one_at_a_time(program.name):
        return program if program.is_file() else _built(program)


def _built(program: Path) -> Path:
    raise_unless_downloads_allowed("some minutes for Go to build it")
    if shutil.which("go") is None:
        raise OSError("Go is not installed; set CUMBRE_TEST_MINIO to the address of a server")
    building = server_cache() / f"building-{os.getpid()}"
    environment = {**os.environ, "GOBIN": str(building), "GOFLAGS": "-trimpath"}
    built = subprocess.run(
        ["go", "install", "-ldflags=-s -w", f"github.com/minio/minio@{VERSION}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    if built.returncode:
        raise OSError(f"Go could not build it: {built.stderr[-300:]}")
    (building / "minio").rename(program)
    building.rmdir()
    return program
