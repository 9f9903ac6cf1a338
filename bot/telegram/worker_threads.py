"""Threads for what takes long (the conversation, renditions), so that the event loop goes on serving all chats."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_AT_ONCE: Final = 8

Result = TypeVar("Result")


class WorkerThreads:
    """At most so many things at once."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._executor = ThreadPoolExecutor(at_once, thread_name_prefix="telegram-work")

    async def run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """Wait for what is in hand; what has not begun is dropped."""
        self._executor.shutdown(wait=True, cancel_futures=True)
