"""The page as a carrier of the conversation: POST /chat/messages takes a message and gives the replies."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, jsonify, request

from bot.conversation import Conversation
from bot.desk import Desk
from bot.memory import Memory
from bot.webchat.incoming import limit, message_of
from bot.webchat.pictures import PictureKeeper
from bot.webchat.replies import replies_json
from bot.webchat.visitors import chat_of, remember, visitor_of
from cumbre.album import AlbumService
from cumbre.catalog import Catalog
from cumbre.query import QueryService
from cumbre.state.port import StateStore
from functions.query.problems import problem_of, problem_response

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
    """The blueprint under /chat. Its visitors' chats are told apart by a cookie; bot/security.py lets them in."""
    chat = Blueprint("chat", __name__, url_prefix=PATH)
    conversation = Conversation(Desk(query, album, catalog, Memory(state), pictures.fetch))

    @chat.before_request
    def limit_upload() -> None:
        limit(request, max_photo_bytes)

    @chat.after_request
    def forbid_storing(response: Response) -> Response:
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @chat.errorhandler(Exception)
    def answer_error(error: Exception) -> Response:
        return problem_response(problem_of(error))

    @chat.post("/messages")
    def answer() -> Response:
        visitor = visitor_of(request)
        message = message_of(request, chat_of(visitor), pictures, max_photo_bytes)
        replies = conversation.answer(message)
        speaker = conversation.speaker(message.chat, message.language)
        response = jsonify({"replies": replies_json(replies, catalog(), speaker)})
        remember(visitor, response, path=PATH, secure=request.is_secure)
        return response

    return chat
