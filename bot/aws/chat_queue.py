"""The SQS queue of Telegram updates: each is stored before Telegram gets its 200, and chats keep their order."""

import json
from collections.abc import Mapping
from typing import Any

from cumbre.errors import CumbreError

Update = Mapping[str, Any]

# Paths to the id that an update is ordered by: the chat, or the user of an inline query.
_ORDER_KEY_PATHS = (
    ("message", "chat", "id"),
    ("callback_query", "message", "chat", "id"),
    ("callback_query", "from", "id"),
    ("inline_query", "from", "id"),
)


class ChatQueue:
    """An SQS FIFO queue. client is a boto3 SQS client, address the queue's URL."""

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address

    def send(self, update: Update) -> None:
        """Store an update; return once it is safe.

        SQS drops duplicates of an update_id for five minutes. Raises CumbreError if the update could not be stored:
        Telegram then delivers it again.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.send_message(
                QueueUrl=self._address,
                MessageBody=json.dumps(update, ensure_ascii=False, separators=(",", ":")),
                MessageGroupId=group_of(update),
                MessageDeduplicationId=str(update["update_id"]),
            )
        except (BotoCoreError, ClientError) as error:
            raise CumbreError(f"the chat queue did not accept a message: {error}") from error

    def put_back(self, receipts: Mapping[str, str], seconds: int) -> None:
        """Make messages visible again after some seconds. receipts maps message ids to receipt handles."""
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
            for number, receipt in enumerate(receipts.values())
        ]
        if entries:
            # A message for which this fails becomes visible a little later anyway.
            self._client.change_message_visibility_batch(QueueUrl=self._address, Entries=entries)


def group_of(update: Update) -> str:
    """Return the message group of an update, in characters that SQS allows. Updates without a chat share one group.

    >>> group_of({"update_id": 1, "message": {"chat": {"id": -100123}}})
    'chat:-100123'
    """
    for path in _ORDER_KEY_PATHS:
        found: object = update
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, int):
            return f"chat:{found}"
    return "chat:none"
