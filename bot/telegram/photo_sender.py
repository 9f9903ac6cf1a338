"""Send pictures to Telegram: renditions of the album's photos, by file id if Telegram has them already."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from PIL import Image
from telegram import InputMediaPhoto, Message
from telegram.error import BadRequest
from telegram.ext import ExtBot

from bot.chat.messages import CaptionedPhoto, PictureReply
from bot.telegram.file_ids import FileIds
from bot.telegram.incoming import Address, largest_size
from bot.telegram.retries import with_retries
from bot.telegram.text import MAX_CAPTION_UNITS, cut
from bot.telegram.worker_threads import WorkerThreads
from cumbre.errors import CumbreError
from cumbre.services.query_service import QueryService

# Telegram itself scales larger photos down to this size. Like all renditions, these have no EXIF.
RENDITION_PX: Final = 1280
_RATIO_MAX: Final = 20

Media = str | bytes


class PictureSender:
    """Sends photos as Telegram albums of at most ten."""

    def __init__(self, bot: ExtBot[int], query: QueryService, files: FileIds, threads: WorkerThreads) -> None:
        self._bot = bot
        self._query = query
        self._files = files
        self._threads = threads

    async def send(self, photos: Sequence[CaptionedPhoto], to: Address, silent: bool = False) -> int:
        """Send photos and return how many were sent; photos that can't be shown any more are left out."""
        keys = {key for photo in photos for key in (photo.picture_key, _nameless(photo).picture_key)}
        known = await self._threads.run(lambda: self._files.known(keys))
        try:
            return await self._send(photos, known, to, silent)
        except BadRequest as error:
            if "file identifier" not in str(error):
                raise
            # Telegram no longer knows one of the file ids: upload all pictures again.
            await self._threads.run(lambda: self._files.forget(known))
            return await self._send(photos, {}, to, silent)

    async def _send(self, photos: Sequence[CaptionedPhoto], known: Mapping[str, str], to: Address, silent: bool) -> int:
        media = [found for photo in photos if (found := await self._media(photo, known)) is not None]
        if not media:
            return 0
        if len(media) == 1:
            [(photo, one)] = media
            sent = [await with_retries(lambda: self._send_one(one, photo, to, silent))]
        else:
            sent = list(await with_retries(lambda: self._send_album(media, to, silent)))
        new = _new_ids([photo for photo, _ in media], sent, known)
        if new:
            await self._threads.run(lambda: self._files.save(new))
        return len(sent)

    async def _send_one(self, media: Media, photo: CaptionedPhoto, to: Address, silent: bool) -> Message:
        return await self._bot.send_photo(
            to.chat_id,
            media,
            caption=cut(photo.caption, MAX_CAPTION_UNITS),
            message_thread_id=to.thread_id,
            disable_notification=silent,
        )

    async def send_picture(self, picture: PictureReply, to: Address) -> None:
        """Send a person's picture back with names on it."""
        await with_retries(
            lambda: self._bot.send_photo(to.chat_id, within_ratio(picture.jpeg), message_thread_id=to.thread_id)
        )

    async def _send_album(
        self, media: Sequence[tuple[CaptionedPhoto, Media]], to: Address, silent: bool
    ) -> Sequence[Message]:
        album = [InputMediaPhoto(one, caption=cut(photo.caption, MAX_CAPTION_UNITS)) for photo, one in media]
        return await self._bot.send_media_group(
            to.chat_id, album, message_thread_id=to.thread_id, disable_notification=silent
        )

    async def _media(self, photo: CaptionedPhoto, known: Mapping[str, str]) -> tuple[CaptionedPhoto, Media] | None:
        """Return photo and file id or JPEG, without names if they can't be drawn; None if it can't be shown."""
        if photo.picture_key in known:
            return photo, known[photo.picture_key]
        try:
            return photo, await self._threads.run(
                lambda: within_ratio(self._query.rendition(photo.hit.photo.id, RENDITION_PX, bool(photo.names)))
            )
        except CumbreError:
            return await self._media(_nameless(photo), known) if photo.names else None


def _nameless(photo: CaptionedPhoto) -> CaptionedPhoto:
    return replace(photo, names="")


def _new_ids(photos: Sequence[CaptionedPhoto], sent: Sequence[Message], known: Mapping[str, str]) -> dict[str, str]:
    """Return the file ids in the messages sent, by picture key, without those that are known."""
    ids = {
        photo.picture_key: largest_size(message.photo).file_id
        for photo, message in zip(photos, sent, strict=True)
        if message.photo
    }
    return {key: file_id for key, file_id in ids.items() if known.get(key) != file_id}


def within_ratio(jpeg: bytes) -> bytes:
    """Return a JPEG that is not too narrow for Telegram: beyond 20 to 1 it gets white margins."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        width, height = picture.size
        if max(width, height) <= _RATIO_MAX * min(width, height):
            return jpeg
        least = -(-max(width, height) // _RATIO_MAX)
        paper = Image.new("RGB", (max(width, least), max(height, least)), "white")
        paper.paste(picture, ((paper.width - width) // 2, (paper.height - height) // 2))
    made = io.BytesIO()
    paper.save(made, "JPEG", quality=90)
    return made.getvalue()
