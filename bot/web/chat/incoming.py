"""What the page sends as a message of the conversation. What makes no sense is refused with what would."""

import json
from typing import Any, Final

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from bot.chat.conversation import MAX_TEXT_CHARS
from bot.chat.messages import Message
from bot.i18n.catalogues import preferred_language
from bot.web.chat.sent_pictures import PictureKeeper
from cumbre.errors import InvalidRequest
from cumbre.geo.geodesy import Position
from cumbre.text.sentence import sentence
from functions.query.api import parameters

MAX_PHOTOS: Final = 10
MAX_JSON_BYTES: Final = 8 * 1024
# Of a button (bot/chat/messages.py).
_MAX_PRESSED_BYTES: Final = 64
# A message has room for so many photos of the largest size, or for more that are smaller.
_LARGEST_PHOTOS: Final = 2
_MULTIPART_OVERHEAD_BYTES: Final = 64 * 1024
_FORM: Final = "multipart/form-data"
# More than are taken, so that one photo too many is refused in words.
_MAX_FORM_PARTS: Final = 2 * MAX_PHOTOS


def limit(request: Request, max_photo_bytes: int) -> None:
    """Bound what is read of a request, before any of it is."""
    photos_bytes = _LARGEST_PHOTOS * max_photo_bytes + _MULTIPART_OVERHEAD_BYTES
    request.max_content_length = photos_bytes if request.mimetype == _FORM else MAX_JSON_BYTES
    request.max_form_parts = _MAX_FORM_PARTS


def message_of(request: Request, chat: str, pictures: PictureKeeper, max_photo_bytes: int) -> Message:
    """The message of a request; its photos are kept. Who reaches the page may add photos there, and so here."""
    parameters.no_parameters(request.args)
    language = preferred_language(request.accept_languages.values())
    if request.mimetype == _FORM:
        text = _text_of_form(request)
        uploads = _uploads(request)
        # One after the other: together they may be larger than the memory.
        sent = tuple(
            pictures.save(parameters.filename(upload.filename), _data(upload, max_photo_bytes)) for upload in uploads
        )
        return Message(chat, text, sent, language=language, may_add=True)
    if not request.is_json:
        raise UnsupportedMediaType("send a message as application/json, or photos as multipart/form-data")
    match _json(request):
        case {"text": str(text), **rest} if not rest:
            return Message(chat, _checked(text), language=language, may_add=True)
        case {"pressed": str(pressed), **rest} if not rest and 0 < len(_checked(pressed)) <= _MAX_PRESSED_BYTES:
            return Message(chat, pressed=pressed, language=language, may_add=True)
        case {"place": {"lat": lat, "lon": lon, **others}, **rest} if not rest and not others:
            return Message(chat, location=_place(lat, lon), language=language, may_add=True)
    raise InvalidRequest('send {"text": ...}, {"pressed": ...} or {"place": {"lat": ..., "lon": ...}}')


def _json(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise InvalidRequest("this is not JSON") from None


def _text_of_form(request: Request) -> str:
    given = request.form
    if set(given) - {"text"} or len(given.getlist("text")) > 1:
        raise InvalidRequest("beside the photos there may be one field, text")
    return _checked(given.get("text", ""))


def _checked(text: str) -> str:
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidRequest(sentence("a message may have at most {n} characters", n=MAX_TEXT_CHARS))
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half of a pair of surrogates, which JSON can spell and UTF-8 can't.
        raise InvalidRequest("this is not text") from None
    return text


def _uploads(request: Request) -> list[FileStorage]:
    uploads = request.files.getlist("photo")
    if set(request.files) != {"photo"}:
        raise InvalidRequest("send photos in parts named photo")
    if len(uploads) > MAX_PHOTOS:
        raise InvalidRequest(sentence("a message may have at most {n} photos", n=MAX_PHOTOS))
    return uploads


def _data(upload: FileStorage, max_bytes: int) -> bytes:
    data = upload.stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise RequestEntityTooLarge(sentence("a photo may have at most {mb} MB", mb=f"{max_bytes / 1_000_000:g}"))
    if not data:
        raise InvalidRequest(sentence("the photo is empty"))
    return data


def _place(lat: Any, lon: Any) -> Position:
    if not (_is_degrees(lat, 90) and _is_degrees(lon, 180)):
        raise InvalidRequest(sentence("a place has a latitude within 90 and a longitude within 180 degrees"))
    return Position(float(lat), float(lon))


def _is_degrees(value: Any, most: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most
