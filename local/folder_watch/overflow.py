"""Notice when the system loses events of watched folders, which watchdog reports only in its log."""

import logging
from collections.abc import Callable

_WATCHDOG_LOG = logging.getLogger("watchdog.observers")


class OverflowListener(logging.Handler):
    """Calls on_overflow for every loss between start() and stop(), in the thread that logged it."""

    def __init__(self, on_overflow: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._on_overflow = on_overflow

    def start(self) -> None:
        """Start listening."""
        _WATCHDOG_LOG.addHandler(self)

    def stop(self) -> None:
        """Stop listening."""
        _WATCHDOG_LOG.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower():
            self._on_overflow()
