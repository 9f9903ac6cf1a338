"""Keep server programs for the tests between runs, and start, await and stop such servers."""

import fcntl
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

_Thing = TypeVar("_Thing")

_DEADLINE_S = 180.0
_ANY_CERTIFICATE = ssl._create_unverified_context()
# Read at import, because a fixture hides the CUMBRE_ variables from the tests.
_WANTED = os.environ.get("CUMBRE_TEST_SERVERS", "") not in ("", "0")


def server_cache() -> Path:
    """Return the folder in which downloaded and built servers are kept. Raises OSError if another user owns it.

    Every user can read it, because Elasticsearch does not run as root and other users can't read root's home.
    """
    cache = Path(tempfile.gettempdir()) / f"cumbre-test-servers-{os.getuid()}"
    cache.mkdir(mode=0o755, exist_ok=True)
    if cache.stat().st_uid != os.getuid():
        raise OSError(f"{cache} belongs to another user")
    return cache


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Make the processes of a parallel run wait for each other: the first one fetches a server, the others find it."""
    with (server_cache() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def raise_unless_downloads_allowed(cost: str) -> None:
    """Raise OSError, naming the cost, unless CI=true or CUMBRE_TEST_SERVERS=1 allows downloads and builds."""
    if os.environ.get("CI") != "true" and not _WANTED:
        raise OSError(f"set CUMBRE_TEST_SERVERS=1 to allow it ({cost})")


def obtain_or_skip(obtain: Callable[[], _Thing], name: str) -> _Thing:
    """Return obtain(); if it raises OSError, skip the test with the reason, or fail it if CI=true."""
    try:
        return obtain()
    except OSError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no {name}: {error}")


def free_port() -> int:
    """Return a free TCP port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_ready(server: "subprocess.Popen[bytes]", address: str, output: Path) -> None:
    """Wait until an address answers.

    Raises AssertionError with the end of the output if the server ends or never answers. The status 401 counts as an
    answer. Certificates are not verified, because the tests make their own.
    """
    ends = time.monotonic() + _DEADLINE_S
    while time.monotonic() < ends and server.poll() is None:
        try:
            with urlopen(address, timeout=5, context=_ANY_CERTIFICATE if address.startswith("https") else None):
                return
        except HTTPError as error:
            if error.code == 401:
                return
            time.sleep(0.25)
        except (URLError, OSError):
            time.sleep(0.25)
    raise AssertionError(f"{server.args!r} did not start: {output.read_text(errors='replace')[-3000:]}")


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End a server and all processes that it started; it must have been started with start_new_session."""
    if server.poll() is not None:
        return
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
