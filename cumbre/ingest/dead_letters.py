"""The dead-letter queue of the ingest queue: list messages that failed five times, and move them back."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

from cumbre.errors import CumbreError
from cumbre.ingest.queue import IngestQueue, queue_faults

_BATCH: Final = 10
# Long enough to send ten messages back. If the process is killed meanwhile, they are in both queues, which is harmless.
_VISIBILITY_TIMEOUT_S: Final = 60
# SQS may return no messages although there are some. After this many empty answers in a row the queue counts as empty.
_EMPTY_ANSWERS: Final = 3
_BODY_CHARACTERS_MAX: Final = 200
# Error codes of servers without StartMessageMoveTask.
_UNSUPPORTED: Final = ("InvalidAction", "UnsupportedOperation", "NotImplemented", "UnknownOperation", "InternalFailure")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that failed too often. photos are bucket/key, () if unreadable; body is cut at 200 characters."""

    message_id: str
    photos: tuple[str, ...]
    body: str


class DeadLetters:
    """The dead-letter queue that the redrive policy of an ingest queue names.

    The constructor and all methods raise CumbreError if there is no such queue or it can't be used.
    """

    def __init__(self, queue: IngestQueue) -> None:
        policy = json.loads(queue.attributes("RedrivePolicy").get("RedrivePolicy", "{}"))
        self._arn = str(policy.get("deadLetterTargetArn", ""))
        if not self._arn:
            raise CumbreError(f"the queue {queue.address} has no dead-letter queue: set its RedrivePolicy")
        *_, account, name = self._arn.split(":")
        with queue_faults(queue.address):
            found = queue.client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
        self._queue = queue
        self._dead = IngestQueue(queue.client, str(found["QueueUrl"]))

    def count(self) -> int:
        """Return the approximate number of dead letters."""
        return self._dead.counts().total

    def peek(self, most: int) -> list[DeadLetter]:
        """Return up to `most` dead letters without removing them."""
        found: dict[str, DeadLetter] = {}
        empty = 0
        while len(found) < most and empty < _EMPTY_ANSWERS:
            # They stay visible to others, so the same message may come again: count it once.
            messages = self._receive(hidden_s=0)
            new = [one for one in messages if one["MessageId"] not in found]
            empty = 0 if new else empty + 1
            found |= {one["MessageId"]: _read(one) for one in new}
        return list(found.values())[:most]

    def replay(self) -> int:
        """Move all dead letters back into the ingest queue, and return how many there were (approximately).

        SQS moves them itself, within minutes. If the server can't, this method moves them before it returns.
        """
        waiting = self.count()
        if not waiting:
            return 0
        return waiting if self._moved_by_sqs() else self._move_here()

    def _moved_by_sqs(self) -> bool:
        from botocore.exceptions import ClientError

        with queue_faults(self._dead.address):
            try:
                self._queue.client.start_message_move_task(SourceArn=self._arn)
            except ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if status >= 500 or any(name in str(error.response["Error"].get("Code", "")) for name in _UNSUPPORTED):
                    return False
                raise
        return True

    def _move_here(self) -> int:
        moved = empty = 0
        while empty < _EMPTY_ANSWERS:
            messages = self._receive(hidden_s=_VISIBILITY_TIMEOUT_S)
            empty = 0 if messages else empty + 1
            for message in messages:
                with queue_faults(self._dead.address):
                    self._queue.client.send_message(QueueUrl=self._queue.address, MessageBody=message["Body"])
                    # Send before deleting: after a crash in between, the photo is only ingested twice.
                    self._queue.client.delete_message(
                        QueueUrl=self._dead.address, ReceiptHandle=message["ReceiptHandle"]
                    )
                moved += 1
        return moved

    def _receive(self, hidden_s: int) -> list[Mapping[str, Any]]:
        with queue_faults(self._dead.address):
            answer = self._queue.client.receive_message(
                QueueUrl=self._dead.address, MaxNumberOfMessages=_BATCH, VisibilityTimeout=hidden_s
            )
        return list(answer.get("Messages", ()))


def _read(message: Mapping[str, Any]) -> DeadLetter:
    body = str(message["Body"])
    try:
        photos = tuple(_photos(json.loads(body)))
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        photos = ()
    return DeadLetter(str(message["MessageId"]), photos, body[:_BODY_CHARACTERS_MAX])


def _photos(event: Any) -> Iterator[str]:
    """Yield bucket/key of the objects in an S3 or EventBridge event."""
    if "detail" in event:
        yield f"{event['detail']['bucket']['name']}/{event['detail']['object']['key']}"
    for record in event.get("Records", ()):
        yield f"{record['s3']['bucket']['name']}/{unquote_plus(record['s3']['object']['key'])}"
