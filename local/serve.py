"""Run Cumbre in one process: follow the albums, and serve the page, the JSON API and the Telegram bot."""

import logging
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from waitress.server import create_server
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bot.telegram.webhook import MOUNTED_AT, create_webhook
from bot.web.chat.routes import create_chat
from bot.web.chat.sent_pictures import SentPictures
from bot.web.page import MapTiles
from bot.web.request_guard import require_password_beyond_loopback
from bot.web.sessions import session_key
from bot.web.site import create_app
from cumbre.cli.output import notice
from cumbre.errors import CumbreError
from cumbre.library.forget import forget_album
from cumbre.library.library import Library
from cumbre.search.query import SearchRequest
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from local.album_tasks import AlbumTasks
from local.bucket_events.ledger import EventLedger
from local.bucket_events.webhook import create_event_webhook
from local.bucket_events.worker import EventWorker
from local.model_api import create_model_api
from local.model_upgrade import ModelUpgrade
from local.telegram_commands import open_service

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_log = logging.getLogger(__name__)

_THREADS = 8


def serve(library: Library, folders: Iterable[Path], host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; the folders become part of the album.

    Raises CumbreError if it can't listen on the address, before anything is changed.
    """
    settings = library.settings
    require_password_beyond_loopback(host, settings.password)
    tasks = AlbumTasks(library, settings.reconcile_minutes)
    query, album = LocalQueryService(library, tasks.progress), LocalAlbumService(library)
    max_photo_bytes = settings.max_photo_mb * 1_000_000
    upgrade = ModelUpgrade(library)
    sent = SentPictures(library.cache / "chat")
    app = create_app(
        query,
        album,
        library.catalog,
        password=settings.password or None,
        session_key=session_key(library.state),
        allowed_hosts=[host, *settings.allowed_hosts],
        max_upload_bytes=max_photo_bytes,
        originals=bool(settings.originals),
        tiles=MapTiles(settings.map_tiles, settings.map_attribution),
        beside=[
            create_chat(query, album, library.catalog, library.state, sent, max_photo_bytes=max_photo_bytes),
            create_model_api(upgrade),
        ],
    )
    worker = None
    mounts: dict[str, WSGIApplication] = {}
    if settings.events_token:
        ledger = EventLedger(library.state)
        worker = EventWorker(ledger, tasks.reconcile)
        mounts["/events"] = create_event_webhook(settings.events_token, ledger.record, library.storages)
    telegram = open_service(library, query, album)
    if telegram is not None and settings.telegram_webhook:
        secret = settings.telegram_webhook_secret
        mounts[MOUNTED_AT] = create_webhook(settings.telegram_token, secret, telegram.receive)
    # Outside the page's login and browser checks: senders of events have their own secrets.
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, mounts)  # type: ignore[method-assign]
    try:
        server = create_server(app, host=host, port=port, threads=_THREADS, ident=None)
    except OSError as error:
        raise CumbreError(
            f"can't listen on {host}:{port} ({error.strerror}): another program, perhaps another Cumbre, uses it; "
            "choose another port with --port"
        ) from error
    _add_folders(library, folders)
    sent.trim()
    with _exit_on_signals():
        warming = threading.Thread(target=_warm_up, args=(library,), name="warm-up", daemon=True)
        # From here on the signal handler may raise SystemExit in this thread at any time; waitress then ends its loop.
        try:
            tasks.start()
            if worker is not None:
                worker.start()
            if telegram is not None:
                telegram.start()
            warming.start()
            print(f"Cumbre is at http://{_shown(host)}:{server.effective_port} (Ctrl-C stops it)", flush=True)  # noqa: T201
            server.run()
        finally:
            if telegram is not None:
                telegram.stop()
            if worker is not None:
                worker.stop()
            upgrade.stop()
            tasks.stop()
            server.close()
            # The library must not be closed while it is being loaded.
            if warming.is_alive():
                warming.join()


def _add_folders(library: Library, folders: Iterable[Path]) -> None:
    """Add folders to the album."""
    for folder in folders:
        _, _, replaced = library.albums.remember(folder)
        for album in replaced:
            forget_album(library, album)
    if library.albums.is_empty():
        notice("no album yet: `cumbre serve --photos DIR` serves your photos, `cumbre demo` draws a sample album")


@contextmanager
def _exit_on_signals() -> Iterator[None]:
    def leave(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _warm_up(library: Library) -> None:
    """Load the text encoder, the vectors and a picture process, so that the first query doesn't wait for them."""
    try:
        library.pictures.warm_up()
        LocalQueryService(library).search(SearchRequest("a mountain", k=1))
    except CumbreError as error:
        _log.warning("%s", error)


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104  compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host
