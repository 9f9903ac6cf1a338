"""The SQS queue of photos that are to be looked at: filling it, and how much waits in it.

S3 tells it what happened; a reconcile puts the same kind of events in for what differs. Behind it is a queue of dead
letters (dead_letters.py).
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

_CONNECT_TIMEOUT_S: Final = 5
_READ_TIMEOUT_S: Final = 30
_ATTEMPTS: Final = 4
# What SendMessageBatch takes at once.
_BATCH: Final = 10
# Entries of a batch that were refused (throttled) are sent again so often, after a pause that doubles.
_ROUNDS: Final = 5
_FIRST_PAUSE_S: Final = 0.2
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """About how many messages wait, are being handled, and come later; SQS counts approximately."""

    waiting: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        return self.waiting + self.in_flight + self.delayed


def open_sqs_client(address: str) -> Any:
    """A client for a queue's address, of the region that it names; see open_aws_client."""
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
    """Any thread may ask. Every method raises CumbreError where the queue can't be used."""

    def __init__(self, client: Any, address: str) -> None:
        self.client = client
        self.address = address

    def send(self, bucket: str, keys: Iterable[str], removed: bool = False) -> int:
        """One message for each key, to be looked at; returns how many. What was sent before an error stays sent."""
        sent = 0
        batch: list[str] = []
        for key in keys:
            batch.append(s3_event(bucket, key, removed))
            if len(batch) == _BATCH:
                sent += self._send(batch)
                batch = []
        return sent + (self._send(batch) if batch else 0)

    def counts(self) -> QueueCounts:
        found = self.attributes(*_COUNTS)
        return QueueCounts(*(int(found[name]) for name in _COUNTS))

    def attributes(self, *names: str) -> dict[str, str]:
        with queue_faults(self.address):
            answer = self.client.get_queue_attributes(QueueUrl=self.address, AttributeNames=list(names))
        return dict(answer.get("Attributes", {}))

    def _send(self, bodies: list[str]) -> int:
        """All of a batch; entries that SQS refused for its own reasons are sent again."""
        left = {str(number): body for number, body in enumerate(bodies)}
        pause_s = _FIRST_PAUSE_S
        for attempt in range(_ROUNDS):
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
        raise CumbreError(f"the queue {self.address} did not take {len(left)} of {len(bodies)} messages: {why}")


def s3_event(bucket: str, key: str, removed: bool = False) -> str:
    """A message as S3 sends it: look at this object."""
    name = "ObjectRemoved:Delete" if removed else "ObjectCreated:Put"
    where = {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}}
    return json.dumps({"Records": [{"eventSource": "cumbre:s3", "eventName": name, "s3": where}]})


@contextmanager
def queue_faults(address: str) -> Iterator[None]:
    """Raises CumbreError for what the client raises."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        code = str(said.get("Code", ""))
        if "NonExistentQueue" in code or "QueueDoesNotExist" in code:
            raise CumbreError(f"the queue {address} does not exist: correct CUMBRE_QUEUE") from error
        if "AccessDenied" in code:
            raise CumbreError(
                f"the queue {address} may not be used with these credentials: docs/cli.md names the rights that are "
                "needed"
            ) from error
        raise CumbreError(f"the queue {address} refused: {code} {said.get('Message', '')}") from error
    except BotoCoreError as error:
        raise CumbreError(
            f"the queue {address} can't be reached ({' '.join(str(error).split())[:200]}): is CUMBRE_QUEUE right?"
        ) from error
