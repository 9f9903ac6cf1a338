"""Where servers for the tests are kept between runs, and how one is started for a run."""

import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

_Thing = TypeVar("_Thing")

_DEADLINE_S = 180.0
_ANY_CERTIFICATE = ssl._create_unverified_context()
# Read here, for the tests' environment has no settings of Cumbre's.
_WANTED = os.environ.get("CUMBRE_TEST_SERVERS", "") not in ("", "0")


def server_cache() -> Path:
    """A folder that everyone may read: Elasticsearch does not run as root, and nobody else may look into root's home.

    Raises OSError if it belongs to someone else.
    """
    cache = Path(tempfile.gettempdir()) / f"cumbre-test-servers-{os.getuid()}"
    cache.mkdir(mode=0o755, exist_ok=True)
    if cache.stat().st_uid != os.getuid():
        raise OSError(f"{cache} belongs to someone else")
    return cache


def refuse_unasked(cost: str) -> None:
    """Raises OSError, with the way to allow it, unless downloads for tests are wanted: by CI, or by the environment."""
    if os.environ.get("CI") != "true" and not _WANTED:
        raise OSError(f"CUMBRE_TEST_SERVERS=1 brings it ({cost})")


def obtained(obtain: Callable[[], _Thing], name: str) -> _Thing:
    """What obtain() brings; where it can't the test is skipped with the reason, or fails if CI=true."""
    try:
        return obtain()
    except OSError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no {name}: {error}")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_until_ready(server: "subprocess.Popen[bytes]", address: str, output: Path) -> None:
    """Until an address answers; if the server ends before, or never answers, its last words are the reason.

    An answer that asks who we are is one, and a certificate of the tests' own is no hindrance.
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
    raise AssertionError(f"{server.args} did not start: {output.read_text(errors='replace')[-3000:]}")


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End a server that was started in a session of its own, with all that it has started."""
    if server.poll() is not None:
        return
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
