"""The chat of the web page: POST /chat/messages takes a message and returns the replies."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, jsonify, request

from bot.chat.context import ChatContext
from bot.chat.conversation import Conversation
from bot.chat.memory import Memory
from bot.web.chat.incoming import limit, message_of
from bot.web.chat.replies import replies_json
from bot.web.chat.sent_pictures import PictureKeeper
from bot.web.chat.visitor_cookie import chat_of, remember, visitor_of
from cumbre.peaks.catalog import Catalog
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService
from cumbre.state.port import StateStore
from functions.query.api.http_errors import error_response, http_error_for

PATH: Final = "/chat"


def create_chat(
    query: QueryService,
    album: AlbumService,
    catalog: Callable[[], Catalog],
    state: StateStore,
    pictures: PictureKeeper,
    *,
    max_photo_bytes: int,
) -> Blueprint:
    """Return the blueprint under /chat. A cookie identifies each visitor's chat; request_guard checks access."""
    chat = Blueprint("chat", __name__, url_prefix=PATH)
    conversation = Conversation(ChatContext(query, album, catalog, Memory(state), pictures.fetch))

    @chat.before_request
    def limit_upload() -> None:
        limit(request, max_photo_bytes)

    @chat.after_request
    def forbid_storing(response: Response) -> Response:
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @chat.errorhandler(Exception)
    def answer_error(error: Exception) -> Response:
        return error_response(http_error_for(error))

    @chat.post("/messages")
    def answer() -> Response:
        visitor = visitor_of(request)
        message = message_of(request, chat_of(visitor), pictures, max_photo_bytes)
        turn = conversation.begin(message.chat, message.language)
        replies = conversation.answer(message, turn)
        response = jsonify({"replies": replies_json(replies, turn.catalog, turn.translator)})
        remember(visitor, response, path=PATH, secure=request.is_secure)
        return response

    return chat
