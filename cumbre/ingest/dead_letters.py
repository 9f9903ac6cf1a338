"""The dead-letter queue behind the ingest queue: messages that could not be handled five times, and their way back."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

from cumbre.errors import CumbreError
from cumbre.ingest.queue import IngestQueue, queue_faults

_BATCH: Final = 10
# Long enough to send ten messages back; whoever is ended in between leaves them in both queues, which does no harm.
_IN_HAND_S: Final = 60
# SQS may answer with nothing though there are messages: so many empty answers are believed.
_EMPTY_ANSWERS: Final = 3
_LONGEST_BODY: Final = 200
# What servers say that don't know how to move messages by themselves.
_UNKNOWN: Final = ("InvalidAction", "UnsupportedOperation", "NotImplemented", "UnknownOperation", "InternalFailure")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that was given up: the photos that it names (bucket/key), or else how its body begins."""

    message_id: str
    photos: tuple[str, ...]
    body: str


class DeadLetters:
    """Found by the redrive policy of the ingest queue. Raises CumbreError where there is none, or it can't be used."""

    def __init__(self, queue: IngestQueue) -> None:
        policy = json.loads(queue.attributes("RedrivePolicy").get("RedrivePolicy", "{}"))
        self._arn = str(policy.get("deadLetterTargetArn", ""))
        if not self._arn:
            raise CumbreError(f"the queue {queue.address} has no dead-letter queue (RedrivePolicy)")
        *_, account, name = self._arn.split(":")
        with queue_faults(queue.address):
            found = queue.client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
        self._queue = queue
        self._dead = IngestQueue(queue.client, str(found["QueueUrl"]))

    def count(self) -> int:
        return self._dead.counts().total

    def peek(self, most: int) -> list[DeadLetter]:
        """Some of them, which stay where they are."""
        found: dict[str, DeadLetter] = {}
        empty = 0
        while len(found) < most and empty < _EMPTY_ANSWERS:
            # Hidden from nobody: seen twice, one is the same.
            messages = self._receive(hidden_s=0)
            new = [one for one in messages if one["MessageId"] not in found]
            empty = 0 if new else empty + 1
            found |= {one["MessageId"]: _read(one) for one in new}
        return list(found.values())[:most]

    def replay(self) -> int:
        """Move all of them back into the ingest queue; returns how many there were.

        SQS does it by itself, within minutes; where it doesn't know how, they are moved here and now.
        """
        there = self.count()
        if not there:
            return 0
        return there if self._moved_by_sqs() else self._move_here()

    def _moved_by_sqs(self) -> bool:
        from botocore.exceptions import ClientError

        with queue_faults(self._dead.address):
            try:
                self._queue.client.start_message_move_task(SourceArn=self._arn)
            except ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if status >= 500 or any(name in str(error.response["Error"].get("Code", "")) for name in _UNKNOWN):
                    return False
                raise
        return True

    def _move_here(self) -> int:
        moved = empty = 0
        while empty < _EMPTY_ANSWERS:
            messages = self._receive(hidden_s=_IN_HAND_S)
            empty = 0 if messages else empty + 1
            for message in messages:
                with queue_faults(self._dead.address):
                    self._queue.client.send_message(QueueUrl=self._queue.address, MessageBody=message["Body"])
                    # Deleted after it was sent: ended in between, it is in both, and looked at twice.
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
    return DeadLetter(str(message["MessageId"]), photos, body[:_LONGEST_BODY])


def _photos(event: Any) -> Iterator[str]:
    """The objects that an event of S3's or EventBridge's names."""
    if "detail" in event:
        yield f"{event['detail']['bucket']['name']}/{event['detail']['object']['key']}"
    for record in event.get("Records", ()):
        yield f"{record['s3']['bucket']['name']}/{unquote_plus(record['s3']['object']['key'])}"
