"""The documented limits on what a bot may send; check_call() refuses anything else with Telegram's error texts."""

import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from PIL import Image
from werkzeug.datastructures import FileStorage

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
PHOTO_BYTES = 10_000_000
PHOTO_SIDES_PX = 10_000
PHOTO_RATIO = 20
CALLBACK_DATA_BYTES = 64
CALLBACK_TEXT_UNITS = 200
GROUP_SIZES = range(2, 11)
INLINE_RESULTS = 50
_TAGS = frozenset({"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote"})


class Refused(Exception):
    """An error response of the Bot API."""

    def __init__(self, status: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.retry_after = retry_after


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def check_call(method: str, fields: dict[str, Any], files: dict[str, FileStorage]) -> None:
    """Raise Refused for a call that Telegram would refuse."""
    if method in ("sendMessage", "editMessageText"):
        _check_text(fields, "text", TEXT_UNITS, "message text is empty")
    if method in ("sendPhoto", "editMessageCaption"):
        _check_text(fields, "caption", CAPTION_UNITS, "")
    if method == "sendPhoto":
        _check_upload(files.get(str(fields.get("photo", "photo")).removeprefix("attach://")))
    if method == "sendMediaGroup":
        media = _json(fields["media"])
        if len(media) not in GROUP_SIZES:
            raise Refused(400, "Bad Request: group send failed: 2 to 10 items are needed")
        for one in media:
            _check_text(one, "caption", CAPTION_UNITS, "")
            _check_upload(files.get(one["media"].removeprefix("attach://")))
    if method == "answerInlineQuery":
        results = _json(fields["results"])
        if len(results) > INLINE_RESULTS:
            raise Refused(400, "Bad Request: RESULTS_TOO_MUCH")
        ids = [one["id"] for one in results]
        if len(set(ids)) != len(ids) or any(not 1 <= len(one.encode()) <= 64 for one in ids):
            raise Refused(400, "Bad Request: RESULT_ID_INVALID")
        for one in results:
            _check_text(one, "caption", CAPTION_UNITS, "")
    if method == "answerCallbackQuery" and units(fields.get("text", "")) > CALLBACK_TEXT_UNITS:
        raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
    if method == "setMyCommands":
        for one in _json(fields["commands"]):
            if not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]) or not 1 <= units(one["description"]) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
    if method == "setWebhook" and not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", fields.get("secret_token", "")):
        raise Refused(400, "Bad Request: secret token contains unallowed characters")
    for button in _buttons(fields):
        if not button.get("text"):
            raise Refused(400, "Bad Request: BUTTON_TEXT_EMPTY")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= CALLBACK_DATA_BYTES:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")


def picture_size(content: bytes) -> tuple[int, int]:
    """Return width and height. Raises Refused if Telegram could not process the picture."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.size
    except OSError:
        raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED") from None


def _check_upload(upload: FileStorage | None) -> None:
    if upload is None:
        return
    content = upload.stream.read()
    upload.stream.seek(0)
    if len(content) > PHOTO_BYTES:
        raise Refused(413, "Request Entity Too Large")
    width, height = picture_size(content)
    if width + height > PHOTO_SIDES_PX or max(width, height) > PHOTO_RATIO * min(width, height):
        raise Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")


def _check_text(fields: dict[str, Any], name: str, most: int, if_empty: str) -> None:
    text = str(fields.get(name, ""))
    shown = _without_markup(text) if fields.get("parse_mode") == "HTML" else text
    if if_empty and not shown.strip():
        raise Refused(400, f"Bad Request: {if_empty}")
    if units(shown) > most:
        raise Refused(400, f"Bad Request: {'message' if name == 'text' else 'message caption'} is too long")


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in _TAGS:
            raise Refused(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused(400, f'Bad Request: can\'t parse entities: Unmatched end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        self.text += data


def _without_markup(text: str) -> str:
    parser = _Markup()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise Refused(400, f"Bad Request: can't parse entities: Can't find end tag of \"{parser.open[-1]}\"")
    return parser.text


def _buttons(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    markup = _json(fields.get("reply_markup"))
    if markup:
        for row in markup.get("inline_keyboard", []):
            yield from row


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value else value
