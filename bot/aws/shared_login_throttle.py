"""Login throttle in shared state, for several processes. Each failure is its own record, so writes never conflict."""

import secrets
import time
from collections.abc import Callable
from typing import Final

from bot.web.login_throttle import EVERYBODY, MOST_OF_ALL, MOST_OF_ONE, WINDOW_S, network_of, wait_after
from cumbre.state.port import StateStore

_KIND: Final = "wrong password:"


class SharedLoginThrottle:
    """LoginThrottle for several processes that share one state store."""

    def __init__(self, state: StateStore, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock

    def wait_s(self, address: str | None) -> int:
        now = self._clock()
        network_wait_s = wait_after(self._times(network_of(address)), MOST_OF_ONE, now)
        return max(network_wait_s, wait_after(self._times(EVERYBODY), MOST_OF_ALL, now))

    def failed(self, address: str | None) -> None:
        now = self._clock()
        for name in (network_of(address), EVERYBODY):
            # Fixed width, so that keys sort by time.
            key = f"{now:020.6f} {secrets.token_hex(4)}"
            self._state.put(_KIND + name, key, b"", expires_at=now + WINDOW_S)

    def succeeded(self, address: str | None) -> None:
        kind = _KIND + network_of(address)
        for key, _ in list(self._state.items(kind)):
            self._state.delete(kind, key)

    def _times(self, name: str) -> list[float]:
        return [float(key.partition(" ")[0]) for key, _ in self._state.items(_KIND + name)]
