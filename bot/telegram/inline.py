"""Answer inline queries: "@bot ama dablam", typed in any chat, offers photos to send.

Telegram shows only pictures that it has already. Others are first sent to the storage chat
(CUMBRE_TELEGRAM_STORAGE_CHAT), which gives them a file id.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from telegram import InlineQuery, InlineQueryResultCachedPhoto, InlineQueryResultsButton
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.chat.captions import captioned
from bot.chat.context import ChatContext
from bot.chat.conversation import MAX_TEXT_CHARS
from bot.chat.messages import CaptionedPhoto
from bot.i18n.translator import Translator
from bot.telegram.file_ids import FileIds
from bot.telegram.incoming import Address
from bot.telegram.photo_sender import PictureSender
from bot.telegram.text import MAX_CAPTION_UNITS, cut
from bot.telegram.worker_threads import WorkerThreads
from cumbre.search.query import SearchRequest

_log = logging.getLogger(__name__)

_RESULTS: Final = 20
_UPLOADED_AT_ONCE: Final = 10
# Telegram drops late answers. What has been uploaded by then serves the next query.
_UPLOAD_PATIENCE_S: Final = 8.0
_CACHED_S: Final = 30


class InlineAnswers:
    """Answers inline queries."""

    def __init__(
        self,
        bot: ExtBot[int],
        context: ChatContext,
        files: FileIds,
        pictures: PictureSender,
        threads: WorkerThreads,
        storage_chat: int | None,
    ) -> None:
        self._bot = bot
        self._context = context
        self._files = files
        self._pictures = pictures
        self._threads = threads
        self._storage_chat = storage_chat
        self._uploads: set[asyncio.Task[int]] = set()

    async def refuse(self, query: InlineQuery, translator: Translator) -> None:
        """Answer a stranger with a button to the private chat, which explains how to get access."""
        await self._answer(query, [], translator.text("chat.inline_ask_in"))

    async def answer(self, query: InlineQuery, translator: Translator) -> None:
        """Answer with the photos that Telegram has; if it has none yet, with a button to the private chat."""
        asked = SearchRequest(query.query.strip()[:MAX_TEXT_CHARS], k=_RESULTS)
        photos, file_ids = await self._threads.run(lambda: self._found(asked, translator))
        new = [photo for photo in photos if photo.picture_key not in file_ids][:_UPLOADED_AT_ONCE]
        if new and self._storage_chat is not None:
            await self._upload(new, self._storage_chat)
            file_ids |= await self._threads.run(lambda: self._known(new))
        results = [
            InlineQueryResultCachedPhoto(
                photo.hit.photo.id, file_ids[photo.picture_key], caption=cut(photo.caption, MAX_CAPTION_UNITS) or None
            )
            for photo in photos
            if photo.picture_key in file_ids
        ]
        await self._answer(query, results, translator.text("chat.inline_ask_me") if photos and not results else None)

    async def drain(self, patience_s: float) -> None:
        """Wait until all uploads have ended; cancel them after the timeout."""
        if not self._uploads:
            return
        _, late = await asyncio.wait(self._uploads, timeout=patience_s)
        for upload in late:
            upload.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _found(self, asked: SearchRequest, translator: Translator) -> tuple[list[CaptionedPhoto], dict[str, str]]:
        """Return the photos of a search, and the file ids of those that Telegram has."""
        hits = self._context.query.search(asked).hits
        catalog = self._context.catalog()
        photos = [captioned(hit, catalog, translator) for hit in hits]
        return photos, self._known(photos)

    def _known(self, photos: Sequence[CaptionedPhoto]) -> dict[str, str]:
        return self._files.known(photo.picture_key for photo in photos)

    async def _answer(
        self, query: InlineQuery, results: Sequence[InlineQueryResultCachedPhoto], button: str | None
    ) -> None:
        shown = InlineQueryResultsButton(button, start_parameter="inline") if button else None
        # If the user has typed on, Telegram rejects the answer to the earlier query.
        with suppress(BadRequest):
            await self._bot.answer_inline_query(query.id, results, cache_time=_CACHED_S, is_personal=True, button=shown)

    async def _upload(self, photos: Sequence[CaptionedPhoto], storage_chat: int) -> None:
        bare = [replace(photo, caption="") for photo in photos]
        to = Address(storage_chat, is_private=False)
        task = asyncio.create_task(self._pictures.send(bare, to, silent=True))
        self._uploads.add(task)
        task.add_done_callback(self._uploads.discard)
        try:
            await asyncio.wait_for(asyncio.shield(task), _UPLOAD_PATIENCE_S)
        except TimeoutError:
            pass
        except TelegramError as error:
            _log.warning("pictures can't be sent to the storage chat (CUMBRE_TELEGRAM_STORAGE_CHAT): %s", error)
