"""Who has an index open: each process shares a lock file beside it, and only who has it alone may replace the index.

A process that went on writing to a file that another has moved away would write for nobody.

The lock file also remembers that the index may lack photos of the album, until a scan has seen to it. Whoever closes
the index last leaves no log, so a log that lies there with nobody at it was left by a process that was killed or by a
power cut; of such a log the end may be lost without a sign.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from cumbre.errors import IndexFault

try:
    import fcntl
except ImportError:  # Windows, which refuses to move an open file anyway.
    fcntl = None  # type: ignore[assignment]

# Opening an index takes it alone for a moment; building one again takes longer.
_PATIENCE_S = 5.0
_PAUSE_S = 0.02


class IndexLock:
    """The lock of one index file. Where no lock file can be made (a drive for reading alone) nothing is locked."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._path = index.with_name(f"{index.name}.lock")
        self._log = index.with_name(f"{index.name}-wal")
        self._descriptor: int | None = None

    def was_used(self) -> bool:
        """Whether any process has ever used the index."""
        return self._path.is_file()

    def acquire_shared(self) -> None:
        """Say that this process uses the index. Raises IndexFault while another one builds it again."""
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
                        f"the index {self._index} is being built again by another Cumbre: try again when it has "
                        "finished"
                    ) from None
                time.sleep(_PAUSE_S)
            except OSError:
                # Some network drives know no locks.
                return

    def exclusive(self) -> bool:
        """Take the index for this process alone; False if another has it open. Afterwards `share` or `release`."""
        if fcntl is None or self._descriptor is None:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.acquire_shared()
            return False
        return True

    def detect_crash(self) -> None:
        """Remember that the index was left in the middle of work, if it was; call it while sharing."""
        try:
            left = self._log.stat().st_size > 0
        except OSError:
            left = False
        if left and fcntl is not None and self._descriptor is not None and self.exclusive():
            self.set_incomplete(True)
            self.acquire_shared()

    def is_incomplete(self) -> bool:
        """Whether the index may lack photos of the album."""
        return self._descriptor is not None and os.fstat(self._descriptor).st_size > 0

    def set_incomplete(self, incomplete: bool) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, int(incomplete))

    def release(self) -> None:
        """This process doesn't use the index any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
