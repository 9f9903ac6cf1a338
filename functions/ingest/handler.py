"""The ingest function: events in, each photo reconciled, and for SQS the messages that must come again."""

import logging
from collections.abc import Callable

from functions.ingest.events import ObjectEvent, QueueMessage, is_sqs, parse_events, parse_sqs

_log = logging.getLogger(__name__)

Reconcile = Callable[[str, str], object]
Failures = dict[str, list[dict[str, str]]]


def create_handler(reconcile: Reconcile) -> Callable[[object, object], Failures]:
    """A Lambda handler that calls reconcile(bucket, key) for every photo that an event names.

    For SQS it returns which messages failed (the event source mapping needs ReportBatchItemFailures); those come again
    and end in the dead-letter queue. For any other source an error is raised, so that the caller tries again. Raises
    InvalidRequest for what is no event.
    """

    def handler(event: object, _context: object = None) -> Failures:
        if not is_sqs(event):
            for one in parse_events(event):
                reconcile(one.bucket, one.key)
            return {"batchItemFailures": []}
        attempt = _Attempt(reconcile)
        failed = [message.message_id for message in parse_sqs(event) if not attempt.message(message)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handler


class _Attempt:
    """One batch: a photo that several messages name is reconciled once."""

    def __init__(self, reconcile: Reconcile) -> None:
        self._reconcile = reconcile
        self._done: dict[tuple[str, str], bool] = {}

    def message(self, message: QueueMessage) -> bool:
        if message.error is not None:
            _log.error("message %r can't be read: %s", message.message_id, message.error)
            return False
        outcomes = [self._event(event) for event in message.events]
        return all(outcomes)

    def _event(self, event: ObjectEvent) -> bool:
        place = (event.bucket, event.key)
        if place not in self._done:
            try:
                self._reconcile(*place)
                self._done[place] = True
            except Exception:  # whatever it was must not take the batch's other messages down
                _log.exception("%r in %r could not be reconciled", event.key, event.bucket)
                self._done[place] = False
        return self._done[place]
