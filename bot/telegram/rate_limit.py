"""A rate limit per user, so that a flood from one does not keep the others waiting."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import Enum
from typing import Final

_WINDOW_S: Final = 60.0
_MOST: Final = 30
# The most users remembered; the least recently active is forgotten first.
_USERS_MAX: Final = 10_000


class Verdict(Enum):
    """What to do with a message: ANSWER it; over the limit SAY_SO once, then IGNORE until there is room again."""

    ANSWER = "answer"
    SAY_SO = "say so"
    IGNORE = "ignore"


class RateLimiter:
    """Allows each user a number of questions per minute. For use in one thread."""

    def __init__(self, most: int = _MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._asked: OrderedDict[int, deque[float]] = OrderedDict()
        self._told: set[int] = set()

    def check(self, user_id: int) -> Verdict:
        """Count a question and return what to do with it."""
        now = self._clock()
        times = self._asked.setdefault(user_id, deque())
        self._asked.move_to_end(user_id)
        while times and now - times[0] >= _WINDOW_S:
            times.popleft()
        if len(times) < self._most:
            times.append(now)
            self._told.discard(user_id)
            self._forget()
            return Verdict.ANSWER
        if user_id in self._told:
            return Verdict.IGNORE
        self._told.add(user_id)
        return Verdict.SAY_SO

    def _forget(self) -> None:
        while len(self._asked) > _USERS_MAX:
            user_id, _ = self._asked.popitem(last=False)
            self._told.discard(user_id)
