"""Pictures of one album come as messages of their own: those that came last are waited for, so one answer has them all.

A FIFO queue gives no further message of a chat while one of it is in hand. So the messages of an album that may still
be growing are put back for a moment, and come again with the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

# For so long after the last picture of an album another may follow.
SETTLING_S: Final = 1.5
# SQS lends a handler at most so many messages of such a queue: an album of them all can't grow in one hand.
LARGEST_BATCH: Final = 10


@dataclass(frozen=True, slots=True)
class QueuedUpdate:
    """One message of the chat queue. sent_at is a POSIX time in seconds."""

    message_id: str
    receipt: str
    group: str
    sent_at: float
    update: Mapping[str, Any]

    @property
    def album(self) -> str | None:
        """What the picture belongs to."""
        message = self.update.get("message")
        found = message.get("media_group_id") if isinstance(message, Mapping) else None
        return found if isinstance(found, str) else None


def split_unsettled(queued: Sequence[QueuedUpdate], now: float) -> tuple[list[QueuedUpdate], list[QueuedUpdate]]:
    """Those to answer now, and those to put back: a growing album, and what follows it in its chat."""
    ready: list[QueuedUpdate] = []
    back: list[QueuedUpdate] = []
    for one in queued:
        waits = any(other.group == one.group for other in back) or (
            one.album is not None and len(queued) < LARGEST_BATCH and now - _last_of(one, queued) < SETTLING_S
        )
        (back if waits else ready).append(one)
    return ready, back


def _last_of(one: QueuedUpdate, queued: Sequence[QueuedUpdate]) -> float:
    return max(other.sent_at for other in queued if (other.group, other.album) == (one.group, one.album))
