"""Who has an index open: each process shares a lock file beside it, and only who has it alone may replace the index.

A process that went on writing to a file that another has moved away would write for nobody.
"""

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, which refuses to move an open file anyway.
    fcntl = None  # type: ignore[assignment]


class IndexLock:
    """The lock of one index file. Where no lock file can be made (a drive for reading alone) nothing is locked."""

    def __init__(self, index: Path) -> None:
        self._path = index.with_name(f"{index.name}.lock")
        self._descriptor: int | None = None

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

    def release(self) -> None:
        """This process doesn't use the index any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
