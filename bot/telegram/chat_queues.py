"""Work side by side, but that of one chat in order: slow work in one chat keeps no other waiting."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

_log = logging.getLogger(__name__)

_AT_ONCE: Final = 8

Item = TypeVar("Item")


class ChatQueues(Generic[Item]):
    """handle(item) is called for each item, one after the other within a chat. Used from one event loop."""

    def __init__(self, handle: Callable[[Item], Awaitable[None]], at_once: int = _AT_ONCE) -> None:
        self._handle = handle
        self._room = asyncio.Semaphore(at_once)
        self._queues: dict[Hashable, deque[Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, chat: Hashable, item: Item) -> None:
        """The last of its chat."""
        queue = self._queues.get(chat)
        if queue is not None:
            queue.append(item)
            return
        self._queues[chat] = deque([item])
        task = asyncio.create_task(self._work(chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Until all that was put has been handled."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _work(self, chat: Hashable) -> None:
        queue = self._queues[chat]
        while queue:
            item = queue[0]
            async with self._room:
                try:
                    await self._handle(item)
                except Exception:
                    # What follows in this chat must be answered nevertheless.
                    _log.exception("an update could not be handled")
            queue.popleft()
        del self._queues[chat]
