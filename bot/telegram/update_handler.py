"""Handle updates: answer each one once, and those of one chat in order."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from telegram import BotCommand, CallbackQuery, Update
from telegram import Message as TelegramMessage
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from bot.chat.commands import COMMANDS
from bot.chat.context import ChatContext
from bot.chat.conversation import Conversation
from bot.chat.messages import Message, Reply, TextReply
from bot.chat.turn import Turn
from bot.i18n.languages import DEFAULT_LANGUAGE, languages
from bot.i18n.translator import Translator
from bot.telegram.access import Access
from bot.telegram.chat_queues import ChatQueues
from bot.telegram.inbox import UpdateInbox
from bot.telegram.incoming import (
    Address,
    address_of,
    batch_of,
    is_content,
    is_for_bot,
    pictures_of,
    place_of,
    queue_of,
    words_of,
)
from bot.telegram.inline import InlineAnswers
from bot.telegram.outbox import Outbox
from bot.telegram.rate_limit import RateLimiter, Verdict
from bot.telegram.worker_threads import WorkerThreads
from cumbre.errors import CumbreError

_log = logging.getLogger(__name__)

# An update that the process was answering each time it ended this often may be the cause, and is dropped.
_MOST_RESUMPTIONS: Final = 3


class TelegramBot:
    """Answers updates in one event loop."""

    def __init__(
        self,
        bot: ExtBot[int],
        context: ChatContext,
        inbox: UpdateInbox,
        access: Access,
        outbox: Outbox,
        inline: InlineAnswers,
        threads: WorkerThreads,
        throttle: RateLimiter,
    ) -> None:
        self._bot = bot
        self._conversation = Conversation(context)
        self._inbox = inbox
        self._access = access
        self._outbox = outbox
        self._inline = inline
        self._threads = threads
        self._throttle = throttle
        self._queues: ChatQueues[Update] = ChatQueues(self._handle, batch_of)
        self._in_hand: set[int] = set()
        self._dropping: set[asyncio.Task[None]] = set()
        # Updates that arrived while earlier ones are read from the inbox; None at any other time.
        self._behind: list[Mapping[str, Any]] | None = None

    async def register_commands(self) -> None:
        """Register the commands with Telegram in each language, English as the default."""
        for code, commands in command_lists().items():
            await self._bot.set_my_commands(commands, language_code=code)

    async def resume(self) -> None:
        """Answer the updates that were unanswered when the process ended, and after them those accepted meanwhile."""
        self._behind = []
        waiting = await self._threads.run(self._waiting)
        behind, self._behind = self._behind, None
        for raw in (*waiting, *behind):
            self.accept(raw)

    def _waiting(self) -> list[Mapping[str, Any]]:
        """Return the updates to resume, and count that they are resumed."""
        found = []
        for raw, resumed in list(self._inbox.waiting()):
            if resumed >= _MOST_RESUMPTIONS:
                _log.error("update %s was resumed %d times without success and is dropped", raw["update_id"], resumed)
                self._inbox.mark_answered(raw)
                continue
            self._inbox.resumed(raw, resumed + 1)
            found.append(raw)
        return found

    def accept(self, raw: Mapping[str, Any]) -> None:
        """Queue an update from the inbox, behind earlier ones of its chat."""
        if self._behind is not None:
            self._behind.append(raw)
            return
        number = raw["update_id"]
        if number in self._in_hand:
            return
        try:
            update = Update.de_json(dict(raw), self._bot)
        except (AttributeError, KeyError, TypeError, ValueError):
            _log.exception("update %s could not be parsed and is dropped", number)
            task = asyncio.create_task(self._mark_answered([number]))
            self._dropping.add(task)
            task.add_done_callback(self._dropping.discard)
            return
        self._in_hand.add(number)
        self._queues.enqueue(queue_of(update), update)

    async def drain(self, patience_s: float) -> None:
        """Wait until all updates are answered; after the timeout, the rest waits in the inbox for the next start."""
        ends = time.monotonic() + patience_s
        await self._queues.drain(patience_s)
        if self._dropping:
            await asyncio.wait(self._dropping, timeout=max(0.0, ends - time.monotonic()))
        await self._inline.drain(max(0.0, ends - time.monotonic()))

    @property
    def unanswered(self) -> frozenset[int]:
        """The ids of the accepted updates that are not marked as answered."""
        return frozenset(self._in_hand)

    async def _handle(self, updates: list[Update]) -> None:
        """Answer updates that belong together, and mark them as answered."""
        try:
            await self._answer(updates)
        except Forbidden as error:
            _log.info("a chat does not accept the answer: %s", error)
        except BadRequest:
            _log.exception("Telegram rejected an answer")
        except TelegramError as error:
            # It stays in the inbox for the next start.
            _log.error("an answer did not reach Telegram: %s", error)
            return
        await self._mark_answered([update.update_id for update in updates])

    async def _mark_answered(self, numbers: Sequence[int]) -> None:
        def mark() -> None:
            for number in numbers:
                self._inbox.mark_answered({"update_id": number})

        await self._threads.run(mark)
        self._in_hand.difference_update(numbers)

    async def _answer(self, updates: Sequence[Update]) -> None:
        update = updates[-1]
        user = update.effective_user
        if user is None:
            return
        if update.inline_query is not None:
            translator = Translator(user.language_code)
            if self._access.admits(user.id):
                await self._inline.answer(update.inline_query, translator)
            else:
                await self._inline.refuse(update.inline_query, translator)
            return
        to = address_of(update)
        if to is None:
            return
        messages = [one.message for one in updates if one.message is not None]
        addressed = [one for one in messages if is_content(one) and is_for_bot(one, self._bot.bot)]
        if update.callback_query is None and not addressed:
            return
        verdict = self._throttle.check(user.id)
        if verdict is Verdict.IGNORE:
            return
        turn = await self._threads.run(lambda: self._conversation.begin(str(to.chat_id), user.language_code))
        if verdict is Verdict.SAY_SO:
            replies: list[Reply] = [TextReply(turn.translator.text("chat.slow_down"))]
        elif not self._access.admits(user.id, to.chat_id):
            replies = [_refusal(to, user.id, turn.translator)]
        else:
            message = self._message(update.callback_query, messages, to)
            message = replace(message, language=user.language_code, may_add=user.id in self._access.may_add)
            async with self._outbox.typing(to):
                replies = await self._replies_to(message, turn)
        await self._outbox.send(replies, to, turn.translator)

    async def _replies_to(self, message: Message, turn: Turn) -> list[Reply]:
        try:
            return await self._threads.run(lambda: self._conversation.answer(message, turn))
        except CumbreError as error:
            _log.error("%s: %s", type(error).__name__, error)
        except Exception:
            _log.exception("a message could not be answered")
        return [TextReply(turn.translator.text("chat.trouble"))]

    def _message(self, pressed: CallbackQuery | None, messages: Sequence[TelegramMessage], to: Address) -> Message:
        """Combine updates into one message: the pictures of an album, and the text of their captions."""
        chat = str(to.chat_id)
        if pressed is not None:
            return Message(chat, pressed=pressed.data or "-")
        me = self._bot.bot
        pictures = [picture for one in messages for picture in pictures_of(one)]
        words = [words for one in messages if (words := words_of(one, me))]
        place = next((place for one in messages if (place := place_of(one)) is not None), None)
        return Message(chat, " ".join(words), tuple(pictures), place)


def command_lists() -> dict[str, list[BotCommand]]:
    """Return the commands by Telegram's code of their language, "" for English, the default.

    Telegram knows only languages with a code of two letters.
    """
    lists = {}
    for language in languages():
        code = "" if language == DEFAULT_LANGUAGE else language.partition("_")[0]
        if len(code) in (0, 2):
            translator = Translator(language)
            lists[code] = [BotCommand(name, translator.text(f"command.{name}")) for name in COMMANDS]
    return lists


def _refusal(to: Address, user_id: int, translator: Translator) -> TextReply:
    if to.is_private:
        return TextReply(translator.text("chat.stranger", id=user_id))
    return TextReply(translator.text("chat.stranger_group", id=to.chat_id))
