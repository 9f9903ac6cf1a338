"""The web site as one WSGI application: the page, and the API under /api."""

import secrets
from collections.abc import Callable, Iterable, Sequence

from flask import Blueprint, Flask

from bot.web.compression import compress
from bot.web.page import MapTiles, PageOptions, create_page
from bot.web.request_guard import Guard, protect
from bot.web.sessions import KEY_BYTES
from bot.web.translated_json import TranslatedJson
from cumbre.peaks.catalog import Catalog
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService
from functions.query.api.routes import create_api

DEFAULT_MAX_UPLOAD_BYTES = 50_000_000


def create_app(
    query: QueryService,
    album: AlbumService,
    catalog: Callable[[], Catalog],
    *,
    password: str | None = None,
    session_key: bytes | None = None,
    allowed_hosts: Iterable[str] = (),
    max_upload_bytes: int = DEFAULT_MAX_UPLOAD_BYTES,
    originals: bool = False,
    tiles: MapTiles | None = None,
    guard: Guard | None = None,
    beside: Sequence[Blueprint] = (),
) -> Flask:
    """Return the Flask application: page and API behind the same request checks.

    allowed_hosts are host names that the site serves in addition to localhost. session_key signs the sessions; without
    one, sessions end with the process. beside are optional blueprints; the page offers their features by name.
    """
    app = Flask("bot", static_folder=None)
    app.json = TranslatedJson(app)
    protect(
        app,
        password=password,
        session_key=session_key or secrets.token_bytes(KEY_BYTES),
        allowed_hosts=allowed_hosts,
        map_tiles=tiles.address if tiles else "",
        guard=guard,
    )
    compress(app)
    app.register_blueprint(create_api(query, album, catalog, max_upload_bytes=max_upload_bytes, originals=originals))
    for part in beside:
        app.register_blueprint(part)
    parts = frozenset(part.name for part in beside)
    options = PageOptions(originals, tiles or MapTiles(), bool(password), max_upload_bytes, parts)
    app.register_blueprint(create_page(options))
    return app
