"""A progress bar for scans, on standard error."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cumbre.ingest.scan import ScanProgress

_REFRESH_S = 0.2


def _no_bar(enabled: bool) -> bool | None:
    """The value of tqdm's `disable`; None shows the bar only on a terminal."""
    return None if enabled else True


@contextmanager
def progress_bar(enabled: bool) -> "Iterator[ScanProgress]":
    """Yield a ScanProgress and draw it while the block runs: photos done, rate, time left, failures."""
    from tqdm import tqdm

    from cumbre.ingest.scan import ScanProgress

    progress = ScanProgress()
    finished = threading.Event()

    def follow() -> None:
        with tqdm(unit=" photos", file=sys.stderr, disable=_no_bar(enabled), dynamic_ncols=True) as bar:
            while True:
                ended = finished.wait(_REFRESH_S)
                bar.total = progress.total
                bar.set_postfix(failed=progress.failed, refresh=False)
                bar.update(progress.done - bar.n)
                bar.refresh()
                if ended:
                    return

    follower = threading.Thread(target=follow, name="progress")
    follower.start()
    try:
        yield progress
    finally:
        finished.set()
        follower.join()
