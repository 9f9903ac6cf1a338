"""The SQS queue of photos to ingest: sending messages and counting them.

S3 sends its event notifications there; a scheduled scan adds events of the same form for everything that differs
(enqueue.py). Messages that fail too often go to its dead-letter queue (dead_letters.py).
"""

import json
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus

from cumbre.errors import CumbreError
from cumbre.system.aws_client import open_aws_client
from cumbre.text.counted import counted

_CONNECT_TIMEOUT_S: Final = 5
_READ_TIMEOUT_S: Final = 30
_ATTEMPTS: Final = 4
# The limit of SendMessageBatch.
_BATCH: Final = 10
# Attempts to send the entries of a batch that SQS rejects (throttling), with a pause that doubles in between.
_SEND_ATTEMPTS: Final = 5
_FIRST_PAUSE_S: Final = 0.2
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Numbers of messages that wait, are being handled, and are delayed. SQS counts approximately."""

    waiting: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        """All messages in the queue."""
        return self.waiting + self.in_flight + self.delayed


def open_sqs_client(address: str) -> Any:
    """Return an SQS client for the region in a queue's URL; see open_aws_client."""
    named = re.match(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.", address)
    return open_aws_client(
        "sqs",
        "CUMBRE_QUEUE",
        attempts=_ATTEMPTS,
        region=named[1] if named else "",
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
    )


class IngestQueue:
    """One SQS queue, by its URL (`address`). Any thread may use it.

    Every method raises CumbreError if the queue can't be used.
    """

    def __init__(self, client: Any, address: str) -> None:
        self.client = client
        self.address = address

    def send(self, bucket: str, keys: Iterable[str], removed: bool = False) -> int:
        """Send one event per key and return their number. Messages sent before an error stay in the queue."""
        sent = 0
        batch: list[str] = []
        for key in keys:
            batch.append(s3_event(bucket, key, removed))
            if len(batch) == _BATCH:
                sent += self._send(batch)
                batch = []
        return sent + (self._send(batch) if batch else 0)

    def counts(self) -> QueueCounts:
        """Return the current numbers of messages."""
        found = self.attributes(*_COUNTS)
        return QueueCounts(*(int(found[name]) for name in _COUNTS))

    def attributes(self, *names: str) -> dict[str, str]:
        """Return the named attributes of the queue; those that are not set are left out."""
        with queue_faults(self.address):
            answer = self.client.get_queue_attributes(QueueUrl=self.address, AttributeNames=list(names))
        return dict(answer.get("Attributes", {}))

    def _send(self, bodies: list[str]) -> int:
        """Send a batch, retrying the entries that SQS rejects for reasons of its own."""
        left = {str(number): body for number, body in enumerate(bodies)}
        pause_s = _FIRST_PAUSE_S
        for attempt in range(_SEND_ATTEMPTS):
            if attempt:
                time.sleep(pause_s)
                pause_s *= 2
            entries = [{"Id": number, "MessageBody": body} for number, body in left.items()]
            with queue_faults(self.address):
                answer = self.client.send_message_batch(QueueUrl=self.address, Entries=entries)
            for one in answer.get("Successful", ()):
                left.pop(one["Id"], None)
            if not left:
                return len(bodies)
            failed = answer.get("Failed", ())
            if any(one.get("SenderFault") for one in failed):
                break
        why = next((f"{one.get('Code', '')} {one.get('Message', '')}".strip() for one in failed), "no reason given")
        raise CumbreError(f"the queue {self.address} rejected {len(left)} of {counted(len(bodies), 'message')}: {why}")


def s3_event(bucket: str, key: str, removed: bool = False) -> str:
    """Return an event notification in the form of S3: the object was created, or removed."""
    name = "ObjectRemoved:Delete" if removed else "ObjectCreated:Put"
    where = {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}}
    return json.dumps({"Records": [{"eventSource": "cumbre:s3", "eventName": name, "s3": where}]})


@contextmanager
def queue_faults(address: str) -> Iterator[None]:
    """Convert the SQS client's exceptions to a CumbreError that says what to do."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        code = str(details.get("Code", ""))
        if "NonExistentQueue" in code or "QueueDoesNotExist" in code:
            raise CumbreError(f"the queue {address} does not exist: correct CUMBRE_QUEUE") from error
        if "AccessDenied" in code:
            raise CumbreError(
                f"the queue {address} may not be used with these credentials: docs/cli.md lists the permissions that "
                "they need"
            ) from error
        raise CumbreError(f"the queue {address} refused: {code} {details.get('Message', '')}") from error
    except BotoCoreError as error:
        raise CumbreError(
            f"the queue {address} can't be reached ({' '.join(str(error).split())[:200]}): check CUMBRE_QUEUE"
        ) from error
