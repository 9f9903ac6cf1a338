"""Retry calls of Telegram's API after network errors, but not after refusals."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telegram.error import BadRequest, NetworkError

_log = logging.getLogger(__name__)

# About half an hour in all. What can't be sent by then waits for the next start.
_PAUSES_S: Final = (0.5, 2.0, 5.0, 15.0, 30.0, *[60.0] * 30)

Result = TypeVar("Result")


async def with_retries(call: Callable[[], Awaitable[Result]]) -> Result:
    """Return the result of a call, retried for about half an hour. (The client's rate limiter handles 429.)"""
    for pause_s in _PAUSES_S:
        try:
            return await call()
        except BadRequest:
            raise
        except NetworkError as error:
            _log.warning("Telegram can't be reached (%s); retrying in %.1f s", error, pause_s)
            await asyncio.sleep(pause_s)
    return await call()
