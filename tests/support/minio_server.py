"""A real MinIO for the tests.

The one at CUMBRE_TEST_MINIO (http://user:password@host:port), else one that the first test to ask starts and the run's
end stops, built by Go once from its published source and kept in the system's folder for temporary files.
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

from tests.support.server_cache import free_port, obtained, refuse_unasked, server_cache, stop, wait_until_ready

VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
# Read here, for the tests' environment has no settings of Cumbre's.
_NAMED = os.environ.get("CUMBRE_TEST_MINIO", "")
_USER, _PASSWORD = "cumbre-test", "cumbre-test-secret"


@dataclass(frozen=True)
class MinioServer:
    address: str
    user: str = _USER
    password: str = field(default=_PASSWORD, repr=False)

    @property
    def client(self) -> Any:
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
    if _NAMED:
        parts = urlsplit(_NAMED)
        address = f"{parts.scheme}://{parts.hostname}:{parts.port}"
        yield MinioServer(address, parts.username or _USER, parts.password or _PASSWORD)
        return
    with running_minio(tmp_path_factory.mktemp("minio")) as server:
        yield server


@contextmanager
def running_minio(folder: Path, port: int = 0, **environment: str) -> Iterator[MinioServer]:
    """A server of a test's own, with its data in a folder; started there again it knows what it knew."""
    program = obtained(_program, "MinIO")
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


def _program() -> Path:
    """The server, built if it is not there yet: some minutes. Raises OSError if it can't be."""
    program = server_cache() / f"minio-{VERSION}"
    if program.is_file():
        return program
    refuse_unasked("some minutes for Go to build it")
    if shutil.which("go") is None:
        raise OSError("there is no Go to build it; name one in CUMBRE_TEST_MINIO")
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
