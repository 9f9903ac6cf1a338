"""The whole site as one WSGI application: the page and, below /api, what it asks."""

from collections.abc import Callable, Iterable

from flask import Blueprint, Flask
from flask.json.provider import DefaultJSONProvider

from bot.security import protect
from bot.web import create_page
from cumbre.album import AlbumService
from cumbre.catalog import Catalog
from cumbre.query import QueryService
from functions.query.app import create_api

DEFAULT_MAX_UPLOAD_BYTES = 50_000_000


class _ReadableJson(DefaultJSONProvider):
    """Names stay readable (no escapes for other scripts), and fields keep the order of jsonform."""

    ensure_ascii = False
    sort_keys = False


def create_app(
    query: QueryService,
    album: AlbumService,
    catalog: Callable[[], Catalog],
    *,
    password: str | None = None,
    allowed_hosts: Iterable[str] = (),
    max_upload_bytes: int = DEFAULT_MAX_UPLOAD_BYTES,
    chat: Blueprint | None = None,
) -> Flask:
    """Page and API behind the same checks. allowed_hosts are names beside localhost that the site answers to.

    chat is the conversation in the page (bot/webchat); without one the page offers none.
    """
    app = Flask("bot", static_folder=None)
    app.json = _ReadableJson(app)
    protect(app, password=password, allowed_hosts=allowed_hosts)
    app.register_blueprint(create_api(query, album, catalog, max_upload_bytes=max_upload_bytes))
    app.register_blueprint(create_page(has_chat=chat is not None))
    if chat is not None:
        app.register_blueprint(chat)
    return app
