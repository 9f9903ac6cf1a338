"""The ingest function's handler: events in, their photos reconciled, and for SQS the messages that must come again."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from cumbre.errors import CumbreError
from functions.ingest.deadline import Deadline
from functions.ingest.events import ObjectEvent, QueueMessage, is_sqs, keys_by_bucket, parse_events, parse_sqs

_log = logging.getLogger(__name__)

Failures = dict[str, list[dict[str, str]]]
Place = tuple[str, str]


class Settle(Protocol):
    """Look at keys of one bucket; on_settled hears of each that is right in the index, or recorded as a failure.

    With `stopped` it ends early. It may raise anything; what it has told of stays done.
    """

    def __call__(
        self, bucket: str, keys: Sequence[str], on_settled: Callable[[str], None], stopped: Callable[[], bool]
    ) -> None: ...


def create_handler(settle: Settle, margin_s: float = 0.0) -> Callable[[object, object], Failures]:
    """A Lambda handler that settles every photo that an event names; so long before its end it begins no more.

    For SQS it returns which messages failed (the event source mapping needs ReportBatchItemFailures): those that can't
    be read, and those of which a photo was not settled. They come again, and end in the dead-letter queue. For any
    other source an error is raised, so that the caller tries again. Raises InvalidRequest for what is no event.
    """

    def handler(event: object, context: object = None) -> Failures:
        batch = _Batch(settle, Deadline(context, margin_s))
        if not is_sqs(event):
            batch.settle_or_raise(parse_events(event))
            return {"batchItemFailures": []}
        messages = parse_sqs(event)
        batch.settle(one for message in messages for one in message.events)
        failed = [message.message_id for message in messages if not batch.is_done(message)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handler


class _Batch:
    """One invocation: a photo that several messages name is looked at once, and those of a bucket together."""

    def __init__(self, settle: Settle, deadline: Deadline) -> None:
        self._settle = settle
        self._deadline = deadline
        self._settled: set[Place] = set()

    def is_done(self, message: QueueMessage) -> bool:
        if message.error is not None:
            _log.error("message %r can't be read: %s", message.message_id, message.error)
            return False
        return all((event.bucket, event.key) in self._settled for event in message.events)

    def settle(self, events: Iterable[ObjectEvent]) -> None:
        """As many as can be in the time; none raises."""
        for bucket, keys in keys_by_bucket(events).items():
            try:
                self._together(bucket, keys)
            except Exception as error:
                # One photo may be the cause, or the bucket: each by itself, so that the others are none the worse.
                _log.warning("%d photos of %r are looked at one by one: %s", len(keys), bucket, error)
                for key in self._left(bucket, keys):
                    self._alone(bucket, key)
            left = self._left(bucket, keys)
            if left and self._deadline.is_near():
                _log.warning("no time is left for %d photos of %r: they come again", len(left), bucket)

    def settle_or_raise(self, events: Iterable[ObjectEvent]) -> None:
        for bucket, keys in keys_by_bucket(events).items():
            self._together(bucket, keys)
            left = self._left(bucket, keys)
            if left:
                raise CumbreError(f"{len(left)} photos of {bucket} could not be looked at in the time that there was")

    def _together(self, bucket: str, keys: list[str]) -> None:
        self._settle(bucket, keys, lambda key: self._settled.add((bucket, key)), self._deadline.is_near)

    def _alone(self, bucket: str, key: str) -> None:
        if self._deadline.is_near():
            return
        try:
            self._together(bucket, [key])
        except Exception:  # whatever it was must not take the batch's other messages down
            _log.exception("%r in %r could not be reconciled", key, bucket)

    def _left(self, bucket: str, keys: list[str]) -> list[str]:
        return [key for key in keys if (bucket, key) not in self._settled]
