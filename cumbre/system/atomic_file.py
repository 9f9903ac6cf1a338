"""Atomic creation of files: a file appears under its name only when complete, even if the writer is killed."""

import errno
import os
import tempfile
import time
from contextlib import suppress
from io import BufferedWriter
from pathlib import Path

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
# Hidden, so that a watcher of the folder does not take a partial file for a photo.
_PARTIAL_PREFIX = ".cumbre-"
# No file takes this long to write, so the writer of an older partial file was killed.
_ABANDONED_S = 3600.0


def write_new_file(path: Path, data: bytes, mode: int = 0o600) -> os.stat_result:
    """Create a file atomically and durably, and return its status.

    Raises FileExistsError if the name is taken, and OSError if the file can't be written.
    """
    written = _write_unnamed(path, data, mode)
    if written is None:
        written = _write_temporary(path, data, mode)
    _sync_folder(path.parent)
    return written


def _write_unnamed(path: Path, data: bytes, mode: int) -> os.stat_result | None:
    """Write with O_TMPFILE: the file has no name until complete, so it vanishes with a killed process.

    Returns None if the system does not support that.
    """
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, mode)
    except OSError as error:
        if error.errno in (errno.EISDIR, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL):
            return None
        raise
    with os.fdopen(descriptor, "wb") as file:
        _fill(file, data, mode)
        try:
            # src_dir_fd makes Python follow the link to the open file; its value doesn't matter for an absolute path.
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)
        except FileExistsError:
            raise
        except OSError:
            # There is no /proc, or the file system has no hard links.
            return None
        return os.fstat(descriptor)


def _write_temporary(path: Path, data: bytes, mode: int) -> os.stat_result:
    _delete_abandoned(path.parent)
    descriptor, name = tempfile.mkstemp(prefix=_PARTIAL_PREFIX, dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _fill(file, data, mode)
            written = os.fstat(descriptor)
        try:
            path.hardlink_to(partial)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            # exFAT and the like can't claim a name atomically. Reserving it with an empty file would leave a broken
            # photo after a crash, so a race remains between two writers of the same name.
            if os.path.lexists(path):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
            partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return written


def _fill(file: BufferedWriter, data: bytes, mode: int) -> None:
    file.write(data)
    file.flush()
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), mode)
    os.fsync(file.fileno())


def _delete_abandoned(folder: Path) -> None:
    for partial in folder.glob(f"{_PARTIAL_PREFIX}*"):
        with suppress(OSError):
            if time.time() - partial.stat().st_mtime > _ABANDONED_S:
                partial.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut. Windows can't sync folders."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(OSError):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
