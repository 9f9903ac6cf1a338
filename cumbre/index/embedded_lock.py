"""Who has an index open: each process shares a lock file beside it, and only who has it alone may replace the index.

A process that went on writing to a file that another has moved away would write for nobody. Whoever closes the index
last leaves no log, so a log that lies there with nobody at it was left by a process that was killed, or by a power cut;
of such a log the end may be lost without a sign. The lock file remembers that until the album is scanned.
"""

import os
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, which refuses to move an open file anyway.
    fcntl = None  # type: ignore[assignment]


class IndexLock:
    """The lock of one index file. Where no lock file can be made (a drive for reading alone) nothing is locked."""

    def __init__(self, index: Path) -> None:
        self._path = index.with_name(f"{index.name}.lock")
        self._log = index.with_name(f"{index.name}-wal")
        self._descriptor: int | None = None

    def was_used(self) -> bool:
        """Whether any process has ever used the index."""
        return self._path.is_file()

    def share(self) -> None:
        """Say that this process uses the index; waits while another replaces it."""
        if fcntl is None:
            return
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            except OSError:
                return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        except OSError:
            # Some network drives know no locks.
            self.release()

    def alone(self) -> bool:
        """Take the index for this process alone; False if another has it open. Afterwards `share` or `release`."""
        if fcntl is None or self._descriptor is None:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.share()
            return False
        return True

    def was_cut(self) -> bool:
        """Whether the index was left in the middle of work, and no scan has followed; call it while sharing."""
        try:
            left = self._log.stat().st_size > 0
        except OSError:
            left = False
        if left and self._descriptor is not None and self.alone():
            self.remember_cut(True)
            self.share()
        return self._descriptor is not None and os.fstat(self._descriptor).st_size > 0

    def remember_cut(self, cut: bool) -> None:
        """Say that the index was left in the middle of work, or that a scan makes up for it."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, int(cut))

    def release(self) -> None:
        """This process doesn't use the index any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
