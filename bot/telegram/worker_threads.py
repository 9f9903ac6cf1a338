"""Worker threads for slow work (the conversation, renditions), so that the event loop keeps serving all chats."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_AT_ONCE: Final = 8

Result = TypeVar("Result")


class WorkerThreads:
    """Runs at most at_once calls at the same time."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._executor = ThreadPoolExecutor(at_once, thread_name_prefix="telegram-work")

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return the result of work, called in a worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """Wait for running calls; drop those that have not started."""
        self._executor.shutdown(wait=True, cancel_futures=True)
