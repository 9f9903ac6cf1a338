"""Updates that Telegram has given and that are not answered yet: on the disk before Telegram is told so.

Telegram gives an update again until it is told that it has arrived (by the next offset, or the webhook's 200), and then
never again. So it is kept before; what was answered is remembered for longer than Telegram repeats itself (a day).
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
    """Any thread or process may keep updates; one answers them."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def store(self, update: Update) -> bool:
        """Returns when it is on the disk; False if it was there, or has been answered, before."""
        if self.is_answered(update):
            return False
        return self._state.put_if_absent(_WAITING, _key(update), _record(update, 0))

    def is_answered(self, update: Update) -> bool:
        """Whether it has been answered in the last days."""
        return self._state.get(_ANSWERED, _key(update)) is not None

    def waiting(self) -> Iterator[tuple[Update, int]]:
        """Those that are not answered, oldest first, each with the number of times that it was taken up again."""
        for _, value in self._state.items(_WAITING):
            record = json.loads(value)
            yield record["update"], record["resumed"]

    def resumed(self, update: Update, times: int) -> None:
        """It is taken up again: an update that ends the process each time must not do so for ever."""
        self._state.put(_WAITING, _key(update), _record(update, times))

    def mark_answered(self, update: Update) -> None:
        """Never to be answered again."""
        key = _key(update)
        self._state.put(_ANSWERED, key, b"", expires_at=time.time() + _REMEMBERED_S)
        self._state.delete(_WAITING, key)


def _record(update: Update, resumed: int) -> bytes:
    return json.dumps({"update": update, "resumed": resumed}).encode()


def _key(update: Update) -> str:
    # With zeros in front keys sort as the numbers do.
    return f"{int(update['update_id']):020}"
