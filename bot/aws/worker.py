"""Worker that answers the chat queue: in order within each chat, each message once, none lost."""

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from telegram.ext import ExtBot

from bot.aws.chat_queue import ChatQueue
from bot.aws.media_groups import QueuedUpdate, split_unsettled
from bot.telegram.inbox import UpdateInbox
from bot.telegram.service import IDLE_CONNECTION_S
from bot.telegram.update_handler import TelegramBot

_log = logging.getLogger(__name__)

# Time kept back from the function's timeout, so that it can still report which messages to retry.
_MARGIN_S: Final = 5.0
_RETRY_AFTER_S: Final = 2
Failures = dict[str, list[dict[str, str]]]


class UpdateWorker:
    """Handle SQS batches, one at a time. Between two batches Lambda may freeze the process for hours.

    Event loop, client and connections serve all batches. answering(bot) creates the update handler: for each batch,
    because it tracks the updates in progress.
    """

    def __init__(
        self,
        bot: ExtBot[int],
        answering: Callable[[ExtBot[int]], TelegramBot],
        inbox: UpdateInbox,
        queue: ChatQueue,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bot = bot
        self._answering = answering
        self._inbox = inbox
        self._queue = queue
        self._clock = clock
        self._loop = asyncio.new_event_loop()
        self._is_initialized = False
        self._connected_until = math.inf

    def handle(self, event: Mapping[str, Any], remaining_s: float) -> Failures:
        """Answer a batch and return the messages that SQS must deliver again.

        After a message that must come again, all later messages of its chat must come again, too.
        """
        queued, unreadable = _read(event)
        ready, back = split_unsettled(queued, self._clock())
        self._queue.put_back({one.message_id: one.receipt for one in back}, _RETRY_AFTER_S)
        new = [one for one in ready if not self._inbox.is_answered(one.update)]
        unanswered: frozenset[int] = frozenset()
        if new:
            unanswered = self._loop.run_until_complete(self._answer(new, max(1.0, remaining_s - _MARGIN_S)))
        retried = {one.message_id for one in new if one.update["update_id"] in unanswered}
        retried |= {one.message_id for one in back}
        return _failures([*_with_followers(queued, retried), *unreadable])

    def close(self) -> None:
        """Close the client with its connections, and the event loop."""
        self._loop.run_until_complete(self._bot.shutdown())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _answer(self, queued: Sequence[QueuedUpdate], patience_s: float) -> frozenset[int]:
        """Answer updates and return the ids of those that are not answered."""
        if self._clock() > self._connected_until:
            # Connections do not survive a long freeze of the process, during which the client's own clock may stand.
            await self._bot.request.shutdown()
        await self._bot.request.initialize()
        if not self._is_initialized:
            await self._bot.initialize()
            self._is_initialized = True
        answering = self._answering(self._bot)
        for one in queued:
            answering.accept(one.update)
        await answering.drain(patience_s)
        self._connected_until = self._clock() + IDLE_CONNECTION_S
        return answering.unanswered


def _read(event: Mapping[str, Any]) -> tuple[list[QueuedUpdate], list[str]]:
    """Return the messages of a batch, and the ids of messages that can't be parsed."""
    queued, unreadable = [], []
    for record in event["Records"]:
        attributes = record["attributes"]
        try:
            update = json.loads(record["body"])
            int(update["update_id"])
        except (ValueError, KeyError, TypeError):
            _log.error("message %s of the chat queue can't be read", record["messageId"])
            unreadable.append(record["messageId"])
            continue
        queued.append(
            QueuedUpdate(
                record["messageId"],
                record["receiptHandle"],
                attributes["MessageGroupId"],
                int(attributes["SentTimestamp"]) / 1000,
                update,
            )
        )
    return queued, unreadable


def _with_followers(queued: Iterable[QueuedUpdate], failed: set[str]) -> list[str]:
    """Return the failed messages and those after them in the same chats, which would overtake them otherwise."""
    stopped: set[str] = set()
    found = []
    for one in queued:
        if one.message_id in failed or one.group in stopped:
            stopped.add(one.group)
            found.append(one.message_id)
    return found


def _failures(message_ids: Iterable[str]) -> Failures:
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in message_ids]}
