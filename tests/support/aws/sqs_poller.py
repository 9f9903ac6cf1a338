"""Lambda's event source mapping for SQS, in small: receives, calls the handler, deletes what is not given back."""

from collections.abc import Callable
from typing import Any

Handler = Callable[[object, object], dict[str, Any]]


class SqsPoller:
    """With ReportBatchItemFailures, as the user guide states it ("Using Lambda with Amazon SQS").

    A handler that raises, or answers what is no list of known messages, leaves the whole batch in the queue, from where
    it comes again when its visibility time-out is over.
    """

    def __init__(self, client: Any, address: str, handler: Handler, context: object = None) -> None:
        self._client = client
        self._address = address
        self._handler = handler
        self._context = context
        self._arn = self._attributes("QueueArn")["QueueArn"]

    def poll(self) -> tuple[int, int]:
        """One batch of up to ten messages; returns how many came and how many were deleted."""
        received = self._client.receive_message(
            QueueUrl=self._address,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            # Lambda waits for messages as long as the queue says; a test knows when there are none.
            WaitTimeSeconds=0,
        ).get("Messages", [])
        if not received:
            return 0, 0
        deleted = 0
        for message in self._settled(received):
            self._client.delete_message(QueueUrl=self._address, ReceiptHandle=message["ReceiptHandle"])
            deleted += 1
        return len(received), deleted

    def drain(self) -> int:
        """Poll until nothing is visible any more; returns how many messages were deleted."""
        total = 0
        while True:
            came, deleted = self.poll()
            total += deleted
            if not came:
                return total

    def _settled(self, received: list[Any]) -> list[Any]:
        try:
            answer = self._handler({"Records": [self._record(one) for one in received]}, self._context)
        except Exception:
            return []
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        if not failed <= {one["MessageId"] for one in received}:
            return []
        return [one for one in received if one["MessageId"] not in failed]

    def _record(self, message: Any) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": self._arn.split(":")[3],
        }

    def _attributes(self, name: str) -> dict[str, str]:
        found = self._client.get_queue_attributes(QueueUrl=self._address, AttributeNames=[name])
        return dict(found["Attributes"])
