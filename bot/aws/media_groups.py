"""Wait until a Telegram media group (an album of photos) is complete, so that one reply covers all its photos.

Each photo of a media group is an update of its own. A FIFO queue delivers no further message of a chat while one of it
is being processed. So messages of a media group that may still grow are put back for a moment and come again with the
rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

# After the last photo of a media group, another one may follow within this time.
SETTLING_S: Final = 1.5
# The most messages that SQS gives a handler from a FIFO queue: a batch of this size can't grow, so it never waits.
LARGEST_BATCH: Final = 10


@dataclass(frozen=True, slots=True)
class QueuedUpdate:
    """A message of the chat queue. sent_at is a POSIX time in seconds."""

    message_id: str
    receipt: str
    group: str
    sent_at: float
    update: Mapping[str, Any]

    @property
    def album(self) -> str | None:
        """The media group id of the update; None if it belongs to none."""
        message = self.update.get("message")
        found = message.get("media_group_id") if isinstance(message, Mapping) else None
        return found if isinstance(found, str) else None


def split_unsettled(queued: Sequence[QueuedUpdate], now: float) -> tuple[list[QueuedUpdate], list[QueuedUpdate]]:
    """Split a batch into messages to answer now and messages to put back.

    Put back are media groups that may still grow, and everything after them in the same chat.
    """
    ready: list[QueuedUpdate] = []
    back: list[QueuedUpdate] = []
    for one in queued:
        waits = any(other.group == one.group for other in back) or (
            one.album is not None and len(queued) < LARGEST_BATCH and now - _last_sent_at(one, queued) < SETTLING_S
        )
        (back if waits else ready).append(one)
    return ready, back


def _last_sent_at(one: QueuedUpdate, queued: Sequence[QueuedUpdate]) -> float:
    return max(other.sent_at for other in queued if (other.group, other.album) == (one.group, one.album))
