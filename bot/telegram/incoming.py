"""Interpret updates from Telegram: where to answer, whether they are for the bot, and what they contain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telegram import Location, Message, MessageEntity, PhotoSize, Update, User
from telegram.constants import ChatType

from bot.chat.messages import SentPicture
from bot.telegram.chat_queues import Batch
from cumbre.geo.geodesy import Position
from cumbre.storage.formats import is_photo_name

# The kinds of updates that the bot requests.
ALLOWED_UPDATES: Final = ("message", "callback_query", "inline_query")

# The longest pause between the pictures of one album, and between keystrokes of one inline query.
_ALBUM_S: Final = 1.0
_TYPING_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Address:
    """Where to send answers.

    thread_id is the topic of a forum, reply_to the message to answer in a group. pressed_message_id and pressed_id
    belong to a button press.
    """

    chat_id: int
    is_private: bool
    thread_id: int | None = None
    reply_to: int | None = None
    pressed_message_id: int | None = None
    pressed_id: str | None = None


def queue_of(update: Update) -> object:
    """Return the key of the queue that keeps updates in order: the chat, or the user of an inline query."""
    if update.inline_query is not None:
        return "inline", update.inline_query.from_user.id
    return update.effective_chat.id if update.effective_chat else None


def batch_of(update: Update) -> Batch | None:
    """Return the batch of updates to answer together (an album, keystrokes of an inline query), None if alone."""
    if update.inline_query is not None:
        return Batch("inline", _TYPING_S)
    group = update.message.media_group_id if update.message else None
    return None if group is None else Batch(group, _ALBUM_S)


def address_of(update: Update) -> Address | None:
    """Return where to answer an update, None if it can't be answered."""
    pressed = update.callback_query
    message = pressed.message if pressed else update.message
    if message is None:
        return None
    private = message.chat.type == ChatType.PRIVATE
    topic = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None
    return Address(
        chat_id=message.chat.id,
        is_private=private,
        thread_id=topic,
        reply_to=None if private or pressed else message.message_id,
        pressed_message_id=message.message_id if pressed else None,
        pressed_id=pressed.id if pressed else None,
    )


def is_for_bot(message: Message, me: User) -> bool:
    """Return whether to answer: in private always; in groups commands, mentions and replies to the bot."""
    if message.chat.type == ChatType.PRIVATE:
        return True
    replied = message.reply_to_message
    if replied is not None and replied.from_user is not None and replied.from_user.id == me.id:
        return True
    for entity, text in _entities(message):
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0:
            _, _, named = text.partition("@")
            return not named or _is_me(named, me)
        if entity.type == MessageEntity.MENTION and _is_me(text.removeprefix("@"), me):
            return True
        if entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == me.id:
            return True
    return False


def is_content(message: Message) -> bool:
    """Return whether a message has content, unlike service messages (a pinned message, a new member)."""
    return message.text is not None or message.effective_attachment is not None


def words_of(message: Message, me: User) -> str:
    """Return the text or caption without mentions of the bot."""
    text = message.text or message.caption or ""
    for entity, mentioned in _entities(message):
        if entity.type == MessageEntity.MENTION and _is_me(mentioned.removeprefix("@"), me):
            text = text.replace(mentioned, " ")
    return " ".join(text.split())


def pictures_of(message: Message) -> tuple[SentPicture, ...]:
    """Return the message's picture, or that of the message it replies to unless a bot sent that; at most one."""
    own = _picture(message)
    replied = message.reply_to_message
    if own is None and replied is not None and not (replied.from_user and replied.from_user.is_bot):
        own = _picture(replied)
    return () if own is None else (own,)


def place_of(message: Message) -> Position | None:
    """Return the place that a message sends, None if it sends none."""
    location: Location | None = message.location or (message.venue.location if message.venue else None)
    return None if location is None else Position(location.latitude, location.longitude)


def largest_size(sizes: Sequence[PhotoSize]) -> PhotoSize:
    """Return the largest of the sizes in which Telegram stores a photo."""
    return max(sizes, key=lambda size: size.width * size.height)


def _picture(message: Message) -> SentPicture | None:
    if message.photo:
        return SentPicture(largest_size(message.photo).file_id, "photo.jpg")
    document = message.document
    if document is None:
        return None
    name = document.file_name or ""
    if (document.mime_type or "").startswith("image/") or is_photo_name(name):
        return SentPicture(document.file_id, name, is_original=True)
    return None


def _entities(message: Message) -> list[tuple[MessageEntity, str]]:
    found = message.parse_entities() if message.text else message.parse_caption_entities() if message.caption else {}
    return list(found.items())


def _is_me(name: str, me: User) -> bool:
    return name.lower() == (me.username or "").lower()
