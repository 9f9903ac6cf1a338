"""The queue of messages that are to be answered: kept before Telegram is told, in order within each chat."""

import json
from collections.abc import Mapping
from typing import Any

from cumbre.errors import CumbreError

Update = Mapping[str, Any]

# Where an update of Telegram's has the chat, or in inline questions the person, whose messages stay in order.
_CHATS = (
    ("message", "chat", "id"),
    ("callback_query", "message", "chat", "id"),
    ("callback_query", "from", "id"),
    ("inline_query", "from", "id"),
)


class ChatQueue:
    """A FIFO queue of SQS; client is boto3's."""

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address

    def send(self, update: Update) -> None:
        """Returns when the update is safe. One that comes again within minutes is in the queue once.

        Raises CumbreError where it could not be kept: Telegram then brings it again.
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
            raise CumbreError(f"the queue of chat messages does not take one: {error}") from error

    def put_back(self, receipts: Mapping[str, str], seconds: int) -> None:
        """Have messages come again after so many seconds. receipts are their handles, by their ids."""
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
            for number, receipt in enumerate(receipts.values())
        ]
        if entries:
            # One that this fails for comes again a little later, by itself.
            self._client.change_message_visibility_batch(QueueUrl=self._address, Entries=entries)


def group_of(update: Update) -> str:
    """What must stay in order, in the characters that SQS allows; what belongs to no chat is one group.

    >>> group_of({"update_id": 1, "message": {"chat": {"id": -100123}}})
    'chat:-100123'
    """
    for path in _CHATS:
        found: object = update
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, int):
            return f"chat:{found}"
    return "chat:none"
