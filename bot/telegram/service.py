"""Run the bot in its own thread with its own event loop."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from telegram import Update
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot.telegram.access import Access
from bot.telegram.inbox import UpdateInbox
from bot.telegram.incoming import ALLOWED_UPDATES
from bot.telegram.rate_limit import RateLimiter
from bot.telegram.update_handler import TelegramBot
from bot.telegram.wiring import BotParts
from bot.telegram.worker_threads import WorkerThreads
from cumbre.errors import CumbreError
from cumbre.peaks.catalog import Catalog
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService
from cumbre.state.port import StateStore

_log = logging.getLogger(__name__)

_POLL_S: Final = 30
_PAUSE_S: Final = 3.0
_CONFLICT_PAUSE_S: Final = 15.0
_GOODBYE_S: Final = 8.0
# So that a reply a moment later needs no new connection.
IDLE_CONNECTION_S: Final = 30.0
# The most retries of a call after a 429, each when Telegram allows it.
_RETRIES: Final = 5
_CONNECTIONS: Final = 32


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Settings of the bot. api is the address of the Bot API. polls is False if a webhook receives the updates."""

    token: str
    access: Access
    storage_chat: int | None = None
    api: str = "https://api.telegram.org"
    polls: bool = True


def open_bot(token: str, api: str) -> ExtBot[int]:
    """Return a client that keeps Telegram's limits on sending messages."""
    return ExtBot(
        token,
        base_url=f"{api}/bot",
        base_file_url=f"{api}/file/bot",
        request=HTTPXRequest(
            connection_pool_size=_CONNECTIONS,
            read_timeout=20,
            media_write_timeout=60,
            httpx_kwargs={"limits": httpx.Limits(max_connections=_CONNECTIONS, keepalive_expiry=IDLE_CONNECTION_S)},
        ),
        get_updates_request=HTTPXRequest(connection_pool_size=1, read_timeout=_POLL_S + 10),
        rate_limiter=AIORateLimiter(max_retries=_RETRIES),
    )


class TelegramService:
    """Runs the bot from start() to stop().

    It calls report(sentence) with the current problem, "" once it is solved, and announce(name) with the bot's user
    name once it is connected.
    """

    def __init__(
        self,
        settings: BotSettings,
        query: QueryService,
        album: AlbumService,
        catalog: Callable[[], Catalog],
        state: StateStore,
        report: Callable[[str], None],
        announce: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._settings = settings
        self._query = query
        self._album = album
        self._catalog = catalog
        self._state = state
        self._report = report
        self._announce = announce
        self._inbox = UpdateInbox(state)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._answering: TelegramBot | None = None
        self._said = ""
        self._thread = threading.Thread(target=self._run, name="telegram")

    def start(self) -> None:
        """Start the bot's thread."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def stop(self) -> None:
        """Stop soon: finish the current work; the rest waits in the inbox for the next start."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def receive(self, update: Mapping[str, Any]) -> None:
        """Accept an update from a webhook; return once it is on disk. Callable from any thread."""
        # A loop that has not started reads the inbox first; one that has ended leaves the update for the next start.
        if self._inbox.store(update) and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._accept, update)

    def _accept(self, update: Mapping[str, Any]) -> None:
        # Until the bot is ready, the update stays in the inbox, which the bot reads when it starts.
        if self._answering is not None:
            self._answering.accept(update)

    def _run(self) -> None:
        assert self._loop is not None
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except Exception:
            _log.exception("the Telegram bot has stopped; the page keeps running")
            self._report_once("The Telegram bot has stopped; the log says why.")
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        bot = open_bot(self._settings.token, self._settings.api)
        threads = WorkerThreads()
        try:
            if not await self._connect(bot):
                return
            answering = self._bot_parts(threads).bot(bot)
            # First, so that it keeps the updates that arrive while it resumes earlier ones.
            self._answering = answering
            await answering.resume()
            try:
                await answering.register_commands()
            except TelegramError as error:
                _log.warning("Telegram did not accept the list of commands: %s", error)
            if self._settings.polls:
                await self._poll(bot, answering)
            else:
                await self._stopping.wait()
            await answering.drain(_GOODBYE_S)
        finally:
            self._answering = None
            await asyncio.to_thread(threads.close)
            await bot.shutdown()

    def _bot_parts(self, threads: WorkerThreads) -> BotParts:
        own = self._settings
        services = (self._query, self._album, self._catalog, self._state)
        return BotParts(*services, own.access, own.storage_chat, threads, RateLimiter())

    async def _connect(self, bot: ExtBot[int]) -> bool:
        """Connect, retrying until it works; return False if the token is invalid or the bot is stopped."""
        while not self._stopping.is_set():
            try:
                await bot.initialize()
                if self._settings.polls:
                    # Telegram sends updates either to a webhook or to polling.
                    await bot.delete_webhook()
            except InvalidToken:
                self._report_once("Telegram does not accept CUMBRE_TELEGRAM_TOKEN: copy it again from @BotFather.")
                return False
            except TelegramError as error:
                self._report_once(f"Telegram can't be reached ({error}). Trying again.")
                await self._pause(_PAUSE_S)
            else:
                self._report_once("")
                self._announce(bot.username)
                return True
        return False

    async def _poll(self, bot: ExtBot[int], answering: TelegramBot) -> None:
        offset = 0
        while not self._stopping.is_set():
            for update in await self._updates(bot, offset):
                raw = update.to_dict()
                try:
                    is_new = await asyncio.to_thread(self._inbox.store, raw)
                except CumbreError as error:
                    # Telegram will send it again.
                    self._report_once(f"Messages from Telegram can't be stored: {error}")
                    await self._pause(_PAUSE_S)
                    break
                if is_new:
                    answering.accept(raw)
                # The next poll acknowledges the update with this offset.
                offset = update.update_id + 1

    async def _updates(self, bot: ExtBot[int], offset: int) -> tuple[Update, ...]:
        """Return the next updates; none if the bot is stopped, or after an error, which is reported, and a pause."""
        poll = asyncio.ensure_future(bot.get_updates(offset, timeout=_POLL_S, allowed_updates=ALLOWED_UPDATES))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((poll, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not poll.done():
            poll.cancel()
            await asyncio.gather(poll, return_exceptions=True)
            return ()
        try:
            updates = poll.result()
        except Conflict:
            self._report_once("Another program is fetching this bot's messages: stop it, or give it its own token.")
            await self._pause(_CONFLICT_PAUSE_S)
        except TelegramError as error:
            self._report_once(f"Telegram can't be reached ({error}). Trying again.")
            await self._pause(_PAUSE_S)
        else:
            self._report_once("")
            return updates
        return ()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def _report_once(self, problem: str) -> None:
        if problem == self._said:
            return
        self._said = problem
        self._report(problem)
        if problem:
            _log.warning("%s", problem)
