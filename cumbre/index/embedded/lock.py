"""The lock file of an embedded index: shared by every process that has the index open, exclusive to replace it.

Without it, a process could keep writing to a file that another process has moved away, and its writes would be lost.

The lock file also records that photos may be missing from the index, until a scan has added them. The last process to
close the index leaves no write-ahead log. So a log of an index that nobody has open was left by a killed process or a
power cut, and the end of such a log may be lost without any error.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from cumbre.errors import IndexFault

try:
    import fcntl
except ImportError:  # Windows refuses to move an open file anyway.
    fcntl = None  # type: ignore[assignment]

# Opening an index may hold the exclusive lock for a moment; rebuilding one takes longer.
_PATIENCE_S = 5.0
_PAUSE_S = 0.02


class IndexLock:
    """The lock of one index file. Does nothing if the lock file can't be created (a read-only drive)."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._path = index.with_name(f"{index.name}.lock")
        self._wal = index.with_name(f"{index.name}-wal")
        self._descriptor: int | None = None

    def was_used(self) -> bool:
        """Return whether any process has ever opened the index."""
        return self._path.is_file()

    def acquire_shared(self) -> None:
        """Take the shared lock, which says that this process has the index open.

        Waits up to 5 seconds. Raises IndexFault if another process is still rebuilding the index then.
        """
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            except OSError:
                return
        deadline = time.monotonic() + _PATIENCE_S
        while fcntl is not None:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self.release()
                    raise IndexFault(
                        f"another Cumbre process is rebuilding the index {self._index}: try again when it has finished"
                    ) from None
                time.sleep(_PAUSE_S)
            except OSError:
                # Some network drives do not support locks.
                return

    def try_acquire_exclusive(self) -> bool:
        """Take the exclusive lock; return False if another process has the index open.

        Call acquire_shared() or release() afterwards.
        """
        if fcntl is None or self._descriptor is None:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.acquire_shared()
            return False
        return True

    def detect_crash(self) -> None:
        """Record the index as incomplete if its last writer was interrupted. Call it with the shared lock held."""
        try:
            has_log = self._wal.stat().st_size > 0
        except OSError:
            has_log = False
        if has_log and fcntl is not None and self._descriptor is not None and self.try_acquire_exclusive():
            self.set_incomplete(True)
            self.acquire_shared()

    def is_incomplete(self) -> bool:
        """Return whether photos of the album may be missing from the index."""
        return self._descriptor is not None and os.fstat(self._descriptor).st_size > 0

    def set_incomplete(self, incomplete: bool) -> None:
        """Record in the lock file whether photos may be missing from the index."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, int(incomplete))

    def release(self) -> None:
        """Release the lock: this process has closed the index."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
