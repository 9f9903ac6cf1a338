"""Parse chat requests of the page into messages. Invalid requests are refused with a hint at the right form."""

import json
from typing import Any, Final

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from bot.chat.conversation import MAX_TEXT_CHARS
from bot.chat.messages import Message
from bot.i18n.languages import preferred_language
from bot.web.chat.sent_pictures import PictureKeeper
from cumbre.errors import InvalidRequest
from cumbre.geo.geodesy import Position
from cumbre.text.sentence import plural_sentence, sentence
from functions.query.api import parameters

MAX_PHOTOS: Final = 10
MAX_JSON_BYTES: Final = 8 * 1024
# The limit for the data of a button (bot/chat/messages.py).
_MAX_PRESSED_BYTES: Final = 64
# A message may hold this many photos of the largest size, or more that are smaller.
_LARGEST_PHOTOS: Final = 2
_MULTIPART_OVERHEAD_BYTES: Final = 64 * 1024
_FORM: Final = "multipart/form-data"
# Above MAX_PHOTOS, so that one photo too many gets an error message of its own.
_MAX_FORM_PARTS: Final = 2 * MAX_PHOTOS


def limit(request: Request, max_photo_bytes: int) -> None:
    """Limit the size of a request before its body is read."""
    photos_bytes = _LARGEST_PHOTOS * max_photo_bytes + _MULTIPART_OVERHEAD_BYTES
    request.max_content_length = photos_bytes if request.mimetype == _FORM else MAX_JSON_BYTES
    request.max_form_parts = _MAX_FORM_PARTS


def message_of(request: Request, chat: str, pictures: PictureKeeper, max_photo_bytes: int) -> Message:
    """Return the message of a request and store its photos.

    may_add is true: everybody who can use the page may add photos there, so they may do it here, too. Raises
    InvalidRequest, UnsupportedMediaType or RequestEntityTooLarge.
    """
    parameters.no_parameters(request.args)
    language = preferred_language(request.accept_languages.values())
    if request.mimetype == _FORM:
        text = _text_of_form(request)
        uploads = _uploads(request)
        # Read and store one at a time: all of them together may not fit into memory.
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
    form = request.form
    if set(form) - {"text"} or len(form.getlist("text")) > 1:
        raise InvalidRequest("besides photos, a form may have only one field: text")
    return _checked(form.get("text", ""))


def _checked(text: str) -> str:
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidRequest(
            plural_sentence(
                "a message may have at most {n} character",
                "a message may have at most {n} characters",
                n=MAX_TEXT_CHARS,
            )
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        # A lone surrogate, which JSON can express and UTF-8 can't.
        raise InvalidRequest("the text is not valid Unicode") from None
    return text


def _uploads(request: Request) -> list[FileStorage]:
    uploads = request.files.getlist("photo")
    if set(request.files) != {"photo"}:
        raise InvalidRequest("send photos in parts named photo")
    if len(uploads) > MAX_PHOTOS:
        raise InvalidRequest(
            plural_sentence(
                "a message may have at most {n} photo", "a message may have at most {n} photos", n=MAX_PHOTOS
            )
        )
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
        raise InvalidRequest(sentence("latitude must be within ±90 degrees and longitude within ±180 degrees"))
    return Position(float(lat), float(lon))


def _is_degrees(value: Any, limit: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -limit <= value <= limit
