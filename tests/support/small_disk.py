"""Mount a file system of a few megabytes, or make a folder read-only; skip the test if mounting is not allowed."""

import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_FILLER = "filler"


class SmallDisk:
    """A folder on its own small file system, with methods to fill it and to free the space again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def free_bytes(self) -> int:
        statistics = os.statvfs(self.path)
        return statistics.f_bavail * statistics.f_frsize

    def fill(self, but_bytes: int = 0) -> None:
        """Fill the file system, leaving `but_bytes` bytes free."""
        with (self.path / _FILLER).open("ab") as file:
            while self.free_bytes > but_bytes:
                file.write(bytes(min(65_536, self.free_bytes - but_bytes)))
                file.flush()

    def make_room(self) -> None:
        """Free the space that fill() took."""
        (self.path / _FILLER).unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a file system of this size on a new folder; skip the test if mounting is not allowed."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder)
    try:
        yield SmallDisk(folder)
    finally:
        _unmount(folder)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make everything in a folder read-only: as root with a read-only mount, otherwise with permissions."""
    if os.geteuid() == 0:
        _mount("--bind", folder, folder)
        try:
            _mount("-o", "remount,ro,bind", folder)
            yield
        finally:
            _unmount(folder)
        return
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    for path, mode in reversed(modes.items()):
        path.chmod(mode & 0o555)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def _mount(*arguments: object) -> None:
    try:
        subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here ({error})")


def _unmount(folder: Path) -> None:
    # Lazily, because a failed test may have left files open, which would make umount fail.
    subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)
