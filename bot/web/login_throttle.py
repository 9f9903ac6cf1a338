"""Throttle for login attempts: guessing a password must take years, a typo must not lock anybody out for long."""

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final, Protocol

WINDOW_S: Final = 900.0
MOST_OF_ONE: Final = 10
# For all addresses together, against attackers with many of them.
MOST_OF_ALL: Final = 200
_REMEMBERED_MAX: Final = 10_000
_NETWORK_BITS: Final = 64
EVERYBODY: Final = "everybody"


class LoginThrottle(Protocol):
    """Counts wrong passwords by client address, within the last 15 minutes."""

    def wait_s(self, address: str | None) -> int:
        """Return the seconds until this address may try again; 0 if it may try now."""
        ...

    def failed(self, address: str | None) -> None:
        """Count a wrong password."""
        ...

    def succeeded(self, address: str | None) -> None:
        """Forget the wrong passwords of this address."""
        ...


class InMemoryLoginThrottle:
    """LoginThrottle for a single process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str | None) -> int:
        now = self._clock()
        with self._lock:
            network_times = self._times.get(network_of(address), ())
            all_times = self._times.get(EVERYBODY, ())
            return max(wait_after(network_times, MOST_OF_ONE, now), wait_after(all_times, MOST_OF_ALL, now))

    def failed(self, address: str | None) -> None:
        now = self._clock()
        with self._lock:
            for name in (network_of(address), EVERYBODY):
                self._times.setdefault(name, deque(maxlen=MOST_OF_ALL)).append(now)
                self._times.move_to_end(name)
            while len(self._times) > _REMEMBERED_MAX:
                self._times.popitem(last=False)

    def succeeded(self, address: str | None) -> None:
        with self._lock:
            self._times.pop(network_of(address), None)


def wait_after(times: Iterable[float], most: int, now: float) -> int:
    """Return the seconds until fewer than `most` of these times (oldest first) are within the window.

    >>> wait_after([100.0, 200.0], most=2, now=300.0), wait_after([100.0], most=2, now=300.0)
    (700, 0)
    """
    recent = [time for time in times if now - time < WINDOW_S]
    return 0 if len(recent) < most else math.ceil(recent[-most] + WINDOW_S - now)


def network_of(address: str | None) -> str:
    """Return the address itself, or the /64 network of an IPv6 address: one household has 2^64 of them.

    An address that can't be parsed counts as "".

    >>> network_of("2001:db8::1"), network_of("192.0.2.7")
    ('2001:db8::/64', '192.0.2.7')
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, _NETWORK_BITS), strict=False))
