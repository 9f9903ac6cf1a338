"""Handler of the ingest function: reconcile the photos named by events, and report the SQS messages that failed."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from cumbre.errors import CumbreError
from cumbre.text.counted import counted
from functions.ingest.deadline import Deadline
from functions.ingest.events import ObjectEvent, QueueMessage, is_sqs, keys_by_bucket, parse_events, parse_sqs

_log = logging.getLogger(__name__)

Failures = dict[str, list[dict[str, str]]]
Place = tuple[str, str]


class Settle(Protocol):
    """Reconcile keys of one bucket with the index.

    Calls on_settled with each key that is now correct in the index, or recorded there as a failure. Ends early once
    stopped() returns true. It may raise any exception; keys already reported stay settled.
    """

    def __call__(
        self, bucket: str, keys: Sequence[str], on_settled: Callable[[str], None], stopped: Callable[[], bool]
    ) -> None: ...


def create_handler(settle: Settle, margin_s: float = 0.0) -> Callable[[object, object], Failures]:
    """Return a Lambda handler that settles every photo named by an event.

    It starts no further photo once less than margin_s seconds are left.

    For SQS it returns the messages that failed (the event source mapping needs ReportBatchItemFailures): those that
    can't be parsed, and those with a photo that was not settled. SQS delivers them again, and moves them to the
    dead-letter queue in the end. For any other source the handler raises an error, so that the caller retries. It
    raises InvalidRequest if the event can't be parsed.
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
    """One invocation. A photo named by several messages is settled once; photos of a bucket are settled together."""

    def __init__(self, settle: Settle, deadline: Deadline) -> None:
        self._settle = settle
        self._deadline = deadline
        self._settled: set[Place] = set()

    def is_done(self, message: QueueMessage) -> bool:
        """Return whether a message could be parsed and all its photos are settled."""
        if message.error is not None:
            _log.error("message %r can't be read: %s", message.message_id, message.error)
            return False
        return all((event.bucket, event.key) in self._settled for event in message.events)

    def settle(self, events: Iterable[ObjectEvent]) -> None:
        """Settle as many photos as time allows. Errors are logged, never raised."""
        for bucket, keys in keys_by_bucket(events).items():
            try:
                self._settle_keys(bucket, keys)
            except Exception as error:
                # The cause may be one photo or the whole bucket: retry one by one, so that other photos succeed.
                _log.warning("retrying %s of %r one by one: %s", counted(len(keys), "photo"), bucket, error)
                for key in self._unsettled(bucket, keys):
                    self._settle_one(bucket, key)
            left = self._unsettled(bucket, keys)
            if left and self._deadline.is_near():
                _log.warning(
                    "no time left for %s of %r: SQS will deliver them again", counted(len(left), "photo"), bucket
                )

    def settle_or_raise(self, events: Iterable[ObjectEvent]) -> None:
        """Settle all photos. Raises CumbreError if time runs out, and any error of a photo."""
        for bucket, keys in keys_by_bucket(events).items():
            self._settle_keys(bucket, keys)
            left = self._unsettled(bucket, keys)
            if left:
                raise CumbreError(f"{counted(len(left), 'photo')} of {bucket} could not be reconciled in time")

    def _settle_keys(self, bucket: str, keys: list[str]) -> None:
        self._settle(bucket, keys, lambda key: self._settled.add((bucket, key)), self._deadline.is_near)

    def _settle_one(self, bucket: str, key: str) -> None:
        if self._deadline.is_near():
            return
        try:
            self._settle_keys(bucket, [key])
        except Exception:  # one photo must not fail the other messages of the batch
            _log.exception("%r in %r could not be reconciled", key, bucket)

    def _unsettled(self, bucket: str, keys: list[str]) -> list[str]:
        return [key for key in keys if (bucket, key) not in self._settled]
