"""Send replies of the conversation through Telegram's API, within its limits, and never as markup."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from telegram import (
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyParameters,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.chat.messages import ButtonsGone, PhotosReply, PictureReply, Reply, TextReply, Toast
from bot.i18n.translator import Translator
from bot.telegram.incoming import Address
from bot.telegram.photo_sender import PictureSender
from bot.telegram.retries import with_retries
from bot.telegram.text import MAX_MESSAGE_UNITS, MAX_TOAST_UNITS, cut, utf16_units

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ForceReply
# Quick answers need no typing indicator. Telegram shows it for five seconds.
_TYPING_AFTER_S: Final = 0.3
_TYPING_AGAIN_S: Final = 4.5


class Outbox:
    """Sends the replies of the conversation."""

    def __init__(self, bot: ExtBot[int], pictures: PictureSender) -> None:
        self._bot = bot
        self._pictures = pictures

    async def send(self, replies: Sequence[Reply], to: Address, translator: Translator) -> None:
        """Send all replies in order. A pressed button is always answered, or it would keep spinning."""
        if to.pressed_id is not None:
            await self._answer_press(to.pressed_id, next(_toasts(replies), ""))
        for reply in replies:
            match reply:
                case TextReply(replaces=True) if to.pressed_message_id is not None:
                    await self._replace(reply, to, translator)
                case TextReply():
                    await self._text(reply, to, translator)
                case PhotosReply():
                    if not await self._pictures.send(reply.photos, to):
                        await self._text(TextReply(translator.text("chat.trouble")), to, translator)
                case PictureReply():
                    # A group may forbid the bot to send pictures. The text has answered already.
                    with suppress(BadRequest):
                        await self._pictures.send_picture(reply, to)
                case ButtonsGone():
                    await self._remove_buttons(to)

    @asynccontextmanager
    async def typing(self, to: Address) -> AsyncIterator[None]:
        """Show the typing indicator inside the context, if it takes longer than a moment."""
        indicator = asyncio.create_task(self._type(to))
        try:
            yield
        finally:
            indicator.cancel()

    async def _type(self, to: Address) -> None:
        pause_s = _TYPING_AFTER_S
        while True:
            await asyncio.sleep(pause_s)
            try:
                await self._bot.send_chat_action(to.chat_id, ChatAction.TYPING, message_thread_id=to.thread_id)
            except TelegramError:
                # The indicator is optional; sending the answer will report the problem.
                return
            pause_s = _TYPING_AGAIN_S

    async def _text(self, reply: TextReply, to: Address, translator: Translator) -> None:
        text, entities = _composed(reply)
        answered = None
        if to.reply_to is not None:
            answered = ReplyParameters(to.reply_to, allow_sending_without_reply=True)
        await with_retries(
            lambda: self._bot.send_message(
                to.chat_id,
                text,
                entities=entities,
                message_thread_id=to.thread_id,
                reply_parameters=answered,
                reply_markup=_markup(reply, to, translator),
            )
        )

    async def _replace(self, reply: TextReply, to: Address, translator: Translator) -> None:
        text, entities = _composed(reply)
        try:
            await with_retries(
                lambda: self._bot.edit_message_text(
                    text,
                    chat_id=to.chat_id,
                    message_id=to.pressed_message_id,
                    entities=entities,
                    reply_markup=_keyboard(reply),
                )
            )
        except BadRequest as error:
            if "not modified" not in str(error):
                # The message was deleted, or is too old to be edited.
                await self._text(reply, to, translator)

    async def _remove_buttons(self, to: Address) -> None:
        if to.pressed_message_id is None:
            return
        # An earlier press removed the buttons already, or the message is gone.
        with suppress(BadRequest):
            await with_retries(
                lambda: self._bot.edit_message_reply_markup(chat_id=to.chat_id, message_id=to.pressed_message_id)
            )

    async def _answer_press(self, pressed_id: str, toast: str) -> None:
        # Telegram forgets a press after a while.
        with suppress(BadRequest):
            await with_retries(
                lambda: self._bot.answer_callback_query(pressed_id, text=cut(toast, MAX_TOAST_UNITS) or None)
            )


def _toasts(replies: Sequence[Reply]) -> Iterator[str]:
    return (reply.text for reply in replies if isinstance(reply, Toast))


def _composed(reply: TextReply) -> tuple[str, list[MessageEntity]]:
    """Return the text with its title, and a bold entity for the title, so that no character acts as markup."""
    text = cut("\n".join(part for part in (reply.title, reply.text) if part), MAX_MESSAGE_UNITS)
    bold = min(utf16_units(reply.title), utf16_units(text))
    return text, [MessageEntity(MessageEntity.BOLD, 0, bold)] if reply.title else []


def _keyboard(reply: TextReply) -> InlineKeyboardMarkup | None:
    if not reply.buttons:
        return None
    rows = [[InlineKeyboardButton(one.label, callback_data=one.data) for one in row] for row in reply.buttons]
    return InlineKeyboardMarkup(rows)


def _markup(reply: TextReply, to: Address, translator: Translator) -> Markup | None:
    if reply.buttons:
        return _keyboard(reply)
    if reply.asks_text:
        return ForceReply(selective=True)
    if reply.asks_place and to.is_private:
        button = KeyboardButton(translator.text("chat.button_place"), request_location=True)
        return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)
    return None
