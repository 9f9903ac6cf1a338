"""Wire the parts of the bot together for one client, in the running event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from telegram.ext import ExtBot

from bot.chat.context import ChatContext
from bot.chat.memory import Memory
from bot.telegram.access import Access
from bot.telegram.downloads import Downloads
from bot.telegram.file_ids import FileIds
from bot.telegram.inbox import UpdateInbox
from bot.telegram.inline import InlineAnswers
from bot.telegram.outbox import Outbox
from bot.telegram.photo_sender import PictureSender
from bot.telegram.rate_limit import RateLimiter
from bot.telegram.update_handler import TelegramBot
from bot.telegram.worker_threads import WorkerThreads
from cumbre.peaks.catalog import Catalog
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService
from cumbre.state.port import StateStore


@dataclass(frozen=True)
class BotParts:
    """The services shared by all bots of a process. storage_chat: see bot/telegram/inline.py."""

    query: QueryService
    album: AlbumService
    catalog: Callable[[], Catalog]
    state: StateStore
    access: Access
    storage_chat: int | None
    threads: WorkerThreads
    throttle: RateLimiter

    def bot(self, client: ExtBot[int]) -> TelegramBot:
        """Return a bot for this client, without any updates yet. Call it in the running event loop."""
        downloads = Downloads(client, asyncio.get_running_loop())
        context = ChatContext(self.query, self.album, self.catalog, Memory(self.state), downloads.fetch)
        files = FileIds(self.state, client.bot.id)
        pictures = PictureSender(client, self.query, files, self.threads)
        inline = InlineAnswers(client, context, files, pictures, self.threads, self.storage_chat)
        outbox = Outbox(client, pictures)
        inbox = UpdateInbox(self.state)
        return TelegramBot(client, context, inbox, self.access, outbox, inline, self.threads, self.throttle)
