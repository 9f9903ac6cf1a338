"""Download pictures that people sent, by their file ids."""

import asyncio
import logging
from typing import Final

from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.chat.messages import SentPicture
from bot.telegram.retries import with_retries
from cumbre.errors import PhotoError
from cumbre.text.sentence import sentence

_log = logging.getLogger(__name__)

# core.telegram.org/bots/api#getfile
MAX_DOWNLOAD_BYTES: Final = 20_000_000
_PATIENCE_S: Final = 120.0


class Downloads:
    """Downloads in the event loop on behalf of worker threads."""

    def __init__(self, bot: ExtBot[int], loop: asyncio.AbstractEventLoop) -> None:
        self._bot = bot
        self._loop = loop

    def fetch(self, picture: SentPicture) -> bytes:
        """Return the bytes of a picture; call it from a worker thread.

        Raises PhotoError if Telegram does not deliver the picture.
        """
        try:
            return asyncio.run_coroutine_threadsafe(self._fetch(picture), self._loop).result(_PATIENCE_S)
        except BadRequest as error:
            if "too big" in str(error):
                raise PhotoError(
                    sentence("this file is larger than 20 MB, the most that Telegram gives to bots: send it as a photo")
                ) from error
            raise PhotoError(
                sentence("this picture can't be downloaded from Telegram any more: send it again")
            ) from error
        except (TelegramError, TimeoutError) as error:
            _log.warning("a picture can't be downloaded from Telegram: %s", type(error).__name__)
            raise PhotoError(sentence("Telegram doesn't deliver this picture now: try again in a minute")) from error

    async def _fetch(self, picture: SentPicture) -> bytes:
        file = await with_retries(lambda: self._bot.get_file(picture.source))
        if file.file_size is not None and file.file_size > MAX_DOWNLOAD_BYTES:
            raise BadRequest("file is too big")
        return bytes(await with_retries(file.download_as_bytearray))
