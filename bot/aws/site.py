"""The web site as a Lambda function behind a function URL: page, API, chat and Telegram webhook."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apig_wsgi import make_lambda_handler
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bot.aws.chat_queue import ChatQueue
from bot.aws.presigned_uploads import Uploads, create_uploads, request_with_uploads
from bot.aws.rendition_redirects import PresignedRenditions, create_rendition_redirects
from bot.aws.shared_login_throttle import SharedLoginThrottle
from bot.telegram.webhook import MOUNTED_AT, create_webhook
from bot.web.chat.routes import create_chat
from bot.web.chat.sent_pictures import PictureKeeper
from bot.web.page import MapTiles
from bot.web.request_guard import Guard
from bot.web.sessions import session_key
from bot.web.site import create_app
from cumbre.errors import SettingsError
from cumbre.peaks.catalog import Catalog
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService
from cumbre.settings import Settings
from cumbre.state.port import StateStore

LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]
_CONTEXT: Final = "apig_wsgi.request_context"


@dataclass(frozen=True)
class Buckets:
    """Storage in buckets. sources are the buckets' origins, for the Content-Security-Policy."""

    uploads: Uploads
    renditions: PresignedRenditions
    chat_pictures: PictureKeeper
    sources: tuple[str, ...]


def create_site(
    settings: Settings,
    query: QueryService,
    album: AlbumService,
    catalog: Callable[[], Catalog],
    state: StateStore,
    buckets: Buckets,
    queue: ChatQueue | None,
) -> Flask:
    """Return the Flask application. Without a queue for Telegram's updates it has no webhook.

    Raises SettingsError if no password is set: anybody who knows the URL would see the album.
    """
    if not settings.password:
        raise SettingsError("CUMBRE_PASSWORD is not set: put it into the secret of the bot function")
    max_bytes = settings.max_photo_mb * 1_000_000
    app = create_app(
        query,
        album,
        catalog,
        password=settings.password,
        session_key=session_key(state),
        allowed_hosts=settings.allowed_hosts,
        max_upload_bytes=max_bytes,
        tiles=MapTiles(settings.map_tiles, settings.map_attribution),
        guard=Guard(SharedLoginThrottle(state), asked_name, buckets.sources),
        beside=[
            create_chat(query, album, catalog, state, buckets.chat_pictures, max_photo_bytes=max_bytes),
            create_uploads(buckets.uploads, max_bytes),
            create_rendition_redirects(buckets.renditions),
        ],
    )
    app.request_class = request_with_uploads(buckets.uploads, max_bytes)
    if queue is not None and settings.telegram_token:
        if not settings.telegram_webhook_secret:
            raise SettingsError("CUMBRE_TELEGRAM_WEBHOOK_SECRET is not set: put it into the secret of the bot function")
        webhook = create_webhook(settings.telegram_token, settings.telegram_webhook_secret, queue.send)
        # Outside of the page's request checks: Telegram authenticates with its own secret and is no browser.
        app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {MOUNTED_AT: webhook})  # type: ignore[method-assign]
    return app


def create_handler(app: Flask) -> LambdaHandler:
    """Return a handler for the events of a function URL (payload version 2)."""
    handler: LambdaHandler = make_lambda_handler(app, binary_support=True)
    return handler


def asked_name(environ: Mapping[str, Any]) -> str:
    """Return the host name from Lambda's request context, which a client can't forge. Empty if unknown."""
    context = environ.get(_CONTEXT)
    name = context.get("domainName") if isinstance(context, Mapping) else None
    return name if isinstance(name, str) else ""
