"""A small version of Lambda's event source mapping for SQS: receive, call the handler, delete what succeeded."""

from collections.abc import Callable
from typing import Any

Handler = Callable[[object, object], dict[str, Any]]


class SqsPoller:
    """Polls one queue for one handler, with ReportBatchItemFailures.

    Source: "Using Lambda with Amazon SQS" in the Lambda user guide. If the handler raises or returns a message id that
    is not in the batch, the whole batch stays in the queue and is received again after its visibility timeout.
    """

    def __init__(self, client: Any, address: str, handler: Handler, context: object = None) -> None:
        self._client = client
        self._address = address
        self._handler = handler
        self._context = context
        self._arn = self._attributes("QueueArn")["QueueArn"]

    def poll(self) -> tuple[int, int]:
        """Process one batch of up to ten messages; return how many were received and how many were deleted."""
        received = self._client.receive_message(
            QueueUrl=self._address,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            # Lambda uses long polling; a test knows when the queue is empty.
            WaitTimeSeconds=0,
        ).get("Messages", [])
        if not received:
            return 0, 0
        deleted = 0
        for message in self._successful(received):
            self._client.delete_message(QueueUrl=self._address, ReceiptHandle=message["ReceiptHandle"])
            deleted += 1
        return len(received), deleted

    def drain(self) -> int:
        """Poll until no message is visible; return how many messages were deleted."""
        total = 0
        while True:
            received, deleted = self.poll()
            total += deleted
            if not received:
                return total

    def _successful(self, received: list[Any]) -> list[Any]:
        try:
            answer = self._handler({"Records": [self._record(message) for message in received]}, self._context)
        except Exception:
            return []
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        if not failed <= {message["MessageId"] for message in received}:
            return []
        return [message for message in received if message["MessageId"] not in failed]

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
