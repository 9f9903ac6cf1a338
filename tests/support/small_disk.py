"""A file system of a few megabytes, and one that may only be read: made for real, where that is allowed."""

import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_FILLER = "filler"


class SmallDisk:
    """A folder on a file system of its own, which can be filled and emptied again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def free_bytes(self) -> int:
        figures = os.statvfs(self.path)
        return figures.f_bavail * figures.f_frsize

    def fill(self, but_bytes: int = 0) -> None:
        """Take all room but so many bytes."""
        with (self.path / _FILLER).open("ab") as file:
            while self.free_bytes > but_bytes:
                file.write(bytes(min(65_536, self.free_bytes - but_bytes)))
                file.flush()

    def make_room(self) -> None:
        (self.path / _FILLER).unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Skips the test where nothing can be mounted."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder)
    try:
        yield SmallDisk(folder)
    finally:
        _unmount(folder)


@contextmanager
def only_for_reading(folder: Path) -> Iterator[None]:
    """Nothing in the folder can be written: by a mount for who may do that, else by permissions."""
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
    # Lazily: what a test that failed has left open must not keep it.
    subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)
