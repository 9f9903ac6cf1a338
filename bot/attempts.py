"""How often a password may be tried: guessing must take years, mistyping must not lock anybody out for long."""

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Final

WINDOW_S: Final = 900.0
MOST_OF_ONE: Final = 10
# Of all addresses together: whoever has many of them.
MOST_OF_ALL: Final = 200
_REMEMBERED_MAX: Final = 10_000
_NETWORK_BITS: Final = 64
_EVERYBODY: Final = "everybody"


class FailedAttempts:
    """Wrong passwords by the address that they came from, in the last quarter of an hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str | None) -> int:
        """Seconds until this address may try again; 0 if it may now."""
        with self._lock:
            waits = (self._wait_s(_network(address), MOST_OF_ONE), self._wait_s(_EVERYBODY, MOST_OF_ALL))
        return math.ceil(max(waits))

    def failed(self, address: str | None) -> None:
        now = self._clock()
        with self._lock:
            for name in (_network(address), _EVERYBODY):
                self._times.setdefault(name, deque(maxlen=MOST_OF_ALL)).append(now)
                self._times.move_to_end(name)
            while len(self._times) > _REMEMBERED_MAX:
                self._times.popitem(last=False)

    def succeeded(self, address: str | None) -> None:
        """Whoever knows the password starts from nothing again."""
        with self._lock:
            self._times.pop(_network(address), None)

    def _wait_s(self, name: str, most: int) -> float:
        times = self._times.get(name, deque())
        now = self._clock()
        while times and now - times[0] >= WINDOW_S:
            times.popleft()
        return 0.0 if len(times) < most else times[-most] + WINDOW_S - now


def _network(address: str | None) -> str:
    """The address itself; of IPv6 its network, since one household has 2^64 of them.

    >>> _network("2001:db8::1"), _network("192.0.2.7")
    ('2001:db8::/64', '192.0.2.7')
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, _NETWORK_BITS), strict=False))
