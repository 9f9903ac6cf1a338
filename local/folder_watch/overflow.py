"""Hears that the system lost events of watched folders: watchdog only writes it to its log."""

import logging
from collections.abc import Callable

_LOG_OF_WATCHDOG = logging.getLogger("watchdog.observers")


class OverflowListener(logging.Handler):
    """Calls on_overflow for every loss between start() and stop(), from whatever thread noticed it."""

    def __init__(self, on_overflow: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._on_overflow = on_overflow

    def start(self) -> None:
        _LOG_OF_WATCHDOG.addHandler(self)

    def stop(self) -> None:
        _LOG_OF_WATCHDOG.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower():
            self._on_overflow()
