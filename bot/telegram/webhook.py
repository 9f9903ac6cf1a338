"""The webhook that receives updates from Telegram, protected by an unguessable address and a secret header.

The response 200 means that the update is stored. After any other response Telegram sends it again.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from cumbre.errors import CumbreError
from cumbre.system.passwords import password_matches

_log = logging.getLogger(__name__)

MOUNTED_AT: Final = "/telegram"
_MAX_BYTES: Final = 262_144
_SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name
_PATH_CHARS: Final = 32


def webhook_path(token: str, secret: str) -> str:
    """Return the unguessable part of the address: an HMAC of token and secret, which reveals neither."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()[:_PATH_CHARS]


def webhook_address(site: str, token: str, secret: str) -> str:
    """Return the full address; site is the address of this server, "https://HOST"."""
    return f"{site.rstrip('/')}{MOUNTED_AT}/{webhook_path(token, secret)}"


def create_webhook(token: str, secret: str, receive: Callable[[Mapping[str, Any]], None]) -> Flask:
    """Return the application to mount at MOUNTED_AT. receive must return only once the update is stored."""
    app = Flask("webhook", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BYTES

    @app.post(f"/{webhook_path(token, secret)}")
    def take() -> Response:
        if not password_matches(request.headers.get(_SECRET_HEADER), secret):
            _log.warning("an update without Telegram's secret was rejected")
            return Response(status=401)
        try:
            update = json.loads(request.get_data(cache=False))
            number = update["update_id"]
        except RequestEntityTooLarge:
            return Response(status=413)
        except (ValueError, KeyError, TypeError, RecursionError):
            return Response(status=400)
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            return Response(status=400)
        try:
            receive(update)
        except CumbreError as error:
            _log.warning("an update could not be stored: %s", error)
            return Response(status=503)
        return Response(status=200)

    return app
