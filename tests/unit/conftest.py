"""Fail a unit test if it, or a fixture of any scope, starts a process or a server; it belongs in tests/integration."""

import functools
import multiprocessing.process
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cumbre.imaging.decode import PhotoLimits
from cumbre.sandbox.in_process import InProcessPictureReader
from cumbre.sandbox.port import PictureContent, PictureReader

_STARTS_A_PROCESS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"})
_HERE = Path(__file__).parent
_start = multiprocessing.process.BaseProcess.start
_watching = False


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching:
        return
    # Unix sockets are allowed: they are files, and a test of folders creates one.
    if event in _STARTS_A_PROCESS or (event == "socket.bind" and isinstance(arguments[1], tuple)):
        raise AssertionError(f"a unit test may not do this ({event} {arguments!r}): move the test to tests/integration")


# An audit hook can't be removed, so it checks a flag.
sys.addaudithook(_refuse)


# Not every way in which multiprocessing starts a process causes an event.
def _start_unless_watching(process: multiprocessing.process.BaseProcess) -> None:
    if _watching:
        raise AssertionError(f"a unit test may not start {process.name}: move the test to tests/integration")
    _start(process)


multiprocessing.process.BaseProcess.start = _start_unless_watching  # type: ignore[assignment, method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Watch a test with its fixtures: a fixture could not watch those of a module or session, which start before it."""
    global _watching
    # This hook is called for the tests of all folders.
    _watching = item.path.is_relative_to(_HERE)
    try:
        return (yield)
    finally:
        _watching = False


class RememberingPictureReader(InProcessPictureReader):
    """Reads pictures in this process, and the same file only once, because most tests index the same three photos."""

    def read(
        self, data: bytes, size: tuple[int, int], resample: int, renditions_px: Sequence[int] = ()
    ) -> PictureContent:
        return _content(self._limits, data, size, resample, tuple(renditions_px))


@functools.lru_cache(maxsize=100)
def _content(
    limits: PhotoLimits, data: bytes, size: tuple[int, int], resample: int, renditions_px: tuple[int, ...]
) -> PictureContent:
    content = InProcessPictureReader(limits).read(data, size, resample, renditions_px)
    content.pixels.setflags(write=False)
    return content


@pytest.fixture(autouse=True)
def shared_picture_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Override the fixture of tests/conftest.py: read pictures in this process."""

    def reader(limits: PhotoLimits, most: int) -> PictureReader:
        return RememberingPictureReader(limits)

    monkeypatch.setattr("cumbre.bootstrap.IsolatedPictureReader", reader)
