"""How often a password may be tried: guessing must take years, mistyping must not lock anybody out for long."""

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final, Protocol

WINDOW_S: Final = 900.0
MOST_OF_ONE: Final = 10
# Of all addresses together: whoever has many of them.
MOST_OF_ALL: Final = 200
_REMEMBERED_MAX: Final = 10_000
_NETWORK_BITS: Final = 64
EVERYBODY: Final = "everybody"


class LoginThrottle(Protocol):
    """Wrong passwords by the address that they came from, in the last quarter of an hour."""

    def wait_s(self, address: str | None) -> int:
        """Seconds until this address may try again; 0 if it may now."""
        ...

    def failed(self, address: str | None) -> None: ...

    def succeeded(self, address: str | None) -> None:
        """Whoever knows the password starts from nothing again."""
        ...


class InMemoryLoginThrottle:
    """The Attempts of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str | None) -> int:
        now = self._clock()
        with self._lock:
            of_one = self._times.get(network_of(address), ())
            of_all = self._times.get(EVERYBODY, ())
            return max(wait_after(of_one, MOST_OF_ONE, now), wait_after(of_all, MOST_OF_ALL, now))

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
    """Seconds until fewer than `most` of these times, oldest first, lie in the window.

    >>> wait_after([100.0, 200.0], most=2, now=300.0), wait_after([100.0], most=2, now=300.0)
    (700, 0)
    """
    recent = [time for time in times if now - time < WINDOW_S]
    return 0 if len(recent) < most else math.ceil(recent[-most] + WINDOW_S - now)


def network_of(address: str | None) -> str:
    """The address itself; of IPv6 its network, since one household has 2^64 of them.

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
