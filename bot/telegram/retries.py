"""Calls of Telegram's API that the network failed are made again; what Telegram refuses is not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from telegram.error import BadRequest, NetworkError

_log = logging.getLogger(__name__)

# About half an hour in all: what is not sent by then waits for the next start.
_PAUSES_S: Final = (0.5, 2.0, 5.0, 15.0, 30.0, *[60.0] * 30)

Result = TypeVar("Result")


async def with_retries(call: Callable[[], Awaitable[Result]]) -> Result:
    """The result of a call, tried for about half an hour. (Waiting after a 429 is the rate limiter's.)"""
    for pause_s in _PAUSES_S:
        try:
            return await call()
        except BadRequest:
            raise
        except NetworkError as error:
            _log.warning("Telegram can't be reached (%s); once more in %.1f s", error, pause_s)
            await asyncio.sleep(pause_s)
    return await call()
