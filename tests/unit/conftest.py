"""Fixtures that fail a unit test if it starts a process or a server; such tests belong in tests/integration."""

import multiprocessing.process
import sys
from collections.abc import Iterator

import pytest

from cumbre.imaging.decode import PhotoLimits
from cumbre.sandbox.in_process import InProcessPictureReader
from cumbre.sandbox.port import PictureReader

_STARTS_A_PROCESS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"})
_watching = False


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching:
        return
    # Unix sockets are allowed: they are files, and a test of folders creates one.
    if event in _STARTS_A_PROCESS or (event == "socket.bind" and isinstance(arguments[1], tuple)):
        raise AssertionError(f"a unit test may not do this ({event} {arguments!r}): move the test to tests/integration")


# An audit hook can't be removed, so it checks a flag.
sys.addaudithook(_refuse)


@pytest.fixture(autouse=True)
def no_process_and_no_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that starts a process or listens on a network port."""

    def refuse(process: multiprocessing.process.BaseProcess) -> None:
        raise AssertionError(f"a unit test may not start {process.name}: move the test to tests/integration")

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", refuse)
    global _watching
    _watching = True
    yield
    _watching = False


@pytest.fixture(autouse=True)
def shared_picture_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Override the fixture of tests/conftest.py: read pictures in this process."""

    def reader(limits: PhotoLimits, most: int) -> PictureReader:
        return InProcessPictureReader(limits)

    monkeypatch.setattr("cumbre.bootstrap.IsolatedPictureReader", reader)
