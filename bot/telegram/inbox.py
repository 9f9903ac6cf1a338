"""Updates from Telegram that are not answered yet, stored durably before they are acknowledged.

Telegram repeats an update until it is acknowledged (by the next offset, or the webhook's 200), and never afterwards. So
each update is stored first. Answered updates are remembered for longer than Telegram repeats them (a day).
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cumbre.state.port import StateStore

Update = Mapping[str, Any]

_WAITING: Final = "telegram update"
_ANSWERED: Final = "telegram answered"
_REMEMBERED_S: Final = 3 * 86_400.0


class UpdateInbox:
    """Any thread or process may store updates. The updates of one chat are answered by one process at a time."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def store(self, update: Update) -> bool:
        """Store an update and return once it is on disk; False if it was stored or answered before."""
        if self.is_answered(update):
            return False
        return self._state.put_if_absent(_WAITING, _key(update), _record(update, 0))

    def is_answered(self, update: Update) -> bool:
        """Return whether an update was answered within the last three days."""
        return self._state.get(_ANSWERED, _key(update)) is not None

    def waiting(self) -> Iterator[tuple[Update, int]]:
        """Yield the unanswered updates, oldest first, each with the number of times it was resumed."""
        for _, value in self._state.items(_WAITING):
            record = json.loads(value)
            yield record["update"], record["resumed"]

    def resumed(self, update: Update, times: int) -> None:
        """Store how often an update was resumed, so that one that crashes the process is not retried forever."""
        self._state.put(_WAITING, _key(update), _record(update, times))

    def mark_answered(self, update: Update) -> None:
        """Remember that an update was answered, and remove it from the waiting ones."""
        key = _key(update)
        self._state.put(_ANSWERED, key, b"", expires_at=time.time() + _REMEMBERED_S)
        self._state.delete(_WAITING, key)


def _record(update: Update, resumed: int) -> bytes:
    return json.dumps({"update": update, "resumed": resumed}).encode()


def _key(update: Update) -> str:
    # Leading zeros make keys sort like the numbers.
    return f"{int(update['update_id']):020}"
