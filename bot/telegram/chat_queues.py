"""Queues per chat: chats are handled concurrently, the items of one chat in order."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

_log = logging.getLogger(__name__)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Batch:
    """Identifies items that belong together; they are complete once none has arrived for settling_s seconds."""

    name: str
    settling_s: float


class ChatQueues(Generic[Item]):
    """Calls handle(items) for each batch, one batch at a time within a chat. For use in one event loop.

    batch_of returns the batch of an item, None for an item that is handled alone.
    """

    def __init__(
        self,
        handle: Callable[[list[Item]], Awaitable[None]],
        batch_of: Callable[[Item], Batch | None] = lambda _item: None,
    ) -> None:
        self._handle = handle
        self._batch_of = batch_of
        self._queues: dict[object, deque[Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def enqueue(self, chat: object, item: Item) -> None:
        """Append an item to the queue of its chat, and start working on it."""
        queue = self._queues.get(chat)
        if queue is not None:
            queue.append(item)
            return
        self._queues[chat] = deque([item])
        task = asyncio.create_task(self._work(chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, patience_s: float | None = None) -> bool:
        """Wait until all items are handled. After the timeout, cancel the current work and return False."""
        if not self._tasks:
            return True
        _, late = await asyncio.wait(self._tasks, timeout=patience_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return not late

    async def _work(self, chat: object) -> None:
        queue = self._queues[chat]
        while queue:
            items = await self._next_batch(queue)
            try:
                await self._handle(items)
            except Exception:
                # Later messages of this chat must be answered all the same.
                _log.exception("an update could not be handled")
            for item in items:
                queue.remove(item)
        del self._queues[chat]

    async def _next_batch(self, queue: deque[Item]) -> list[Item]:
        batch = self._batch_of(queue[0])
        if batch is None:
            return [queue[0]]
        items: list[Item] = []
        found = [queue[0]]
        while len(found) > len(items):
            items = found
            await asyncio.sleep(batch.settling_s)
            found = [item for item in queue if self._batch_of(item) == batch]
        return items
