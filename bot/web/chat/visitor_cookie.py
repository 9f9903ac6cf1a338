"""Who talks: a random number in a cookie, which is all that the chat knows of a visitor."""

import re
import secrets
from typing import Final

from flask import Request, Response

COOKIE: Final = "cumbre_chat"
# As long as what buttons mean is remembered (bot/chat/memory.py); each answer begins it anew.
_KEPT_S: Final = 30 * 86_400
_RANDOM_BYTES: Final = 16
_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_-]{22}")


def visitor_of(request: Request) -> str:
    """The number of the visitor's cookie; a new one for who has none, or something else in it."""
    given = request.cookies.get(COOKIE, "")
    return given if _WELL_FORMED.fullmatch(given) else secrets.token_urlsafe(_RANDOM_BYTES)


def chat_of(visitor: str) -> str:
    """The name under which the conversation knows the chat; no other carrier has one like it."""
    return f"page {visitor}"


def remember(visitor: str, response: Response, *, path: str, secure: bool) -> None:
    """No script can read the cookie, and no other site have it sent."""
    response.set_cookie(COOKIE, visitor, max_age=_KEPT_S, path=path, secure=secure, httponly=True, samesite="Strict")
