"""The cookie that identifies a chat visitor: a random token, and all that the chat knows about them."""

import re
import secrets
from typing import Final

from flask import Request, Response

COOKIE: Final = "cumbre_chat"
# As long as button data is stored (bot/chat/memory.py); every response restarts it.
_MAX_AGE_S: Final = 30 * 86_400
_RANDOM_BYTES: Final = 16
_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_-]{22}")


def visitor_of(request: Request) -> str:
    """Return the token from the visitor's cookie; a new one if the cookie is missing or malformed."""
    token = request.cookies.get(COOKIE, "")
    return token if _WELL_FORMED.fullmatch(token) else secrets.token_urlsafe(_RANDOM_BYTES)


def chat_of(visitor: str) -> str:
    """Return the conversation's name for this chat. The prefix keeps it apart from Telegram chats."""
    return f"page {visitor}"


def remember(visitor: str, response: Response, *, path: str, secure: bool) -> None:
    """Set the cookie on a response. Scripts can't read it, and it is not sent with cross-site requests."""
    response.set_cookie(COOKIE, visitor, max_age=_MAX_AGE_S, path=path, secure=secure, httponly=True, samesite="Strict")
