"""New files that appear under their name only when they are whole, whatever ends the process that writes them."""

import errno
import os
import tempfile
import time
from contextlib import suppress
from io import BufferedWriter
from pathlib import Path

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
# Hidden: a watcher of the folder must not take it for a photo.
_PARTIAL_PREFIX = ".cumbre-"
# No file takes so long to write: whoever began this one was killed.
_ABANDONED_S = 3600.0


def write_new_file(path: Path, data: bytes, mode: int = 0o600) -> os.stat_result:
    """Write a file of a name that is free. Raises FileExistsError if it is taken, OSError where it can't be written."""
    written = _written_without_name(path, data, mode)
    if written is None:
        written = _written_under_another_name(path, data, mode)
    _sync_folder(path.parent)
    return written


def _written_without_name(path: Path, data: bytes, mode: int) -> os.stat_result | None:
    """A file without any name until it is whole: it goes with the process. None where the system has no such files."""
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
            # With a descriptor of a folder Python follows the link to the open file; the folder itself doesn't matter.
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)
        except FileExistsError:
            raise
        except OSError:
            # No /proc, or a file system that links nothing.
            return None
        return os.fstat(descriptor)


def _written_under_another_name(path: Path, data: bytes, mode: int) -> os.stat_result:
    _forget_abandoned(path.parent)
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
            # exFAT and the like, where nothing takes a name only if it is free. An empty file that reserves it would
            # be half a photo after a crash; two writers of one name in one moment are what is left.
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


def _forget_abandoned(folder: Path) -> None:
    for partial in folder.glob(f"{_PARTIAL_PREFIX}*"):
        with suppress(OSError):
            if time.time() - partial.stat().st_mtime > _ABANDONED_S:
                partial.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where folders can be synced (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(OSError):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
