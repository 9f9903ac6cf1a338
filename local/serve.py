"""One process that runs it all: follows the albums, answers the page and the JSON API."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from waitress.server import create_server

from bot.app import create_app
from bot.security import require_password_beyond_loopback
from cumbre.answering import AlbumQueryService
from cumbre.editing import LocalAlbumService
from cumbre.errors import CumbreError
from cumbre.library import Library
from cumbre.storage.keys import decode_path
from local.tasks import AlbumTasks
from local.watcher import FolderWatcher

_log = logging.getLogger(__name__)

_THREADS = 8


def serve(library: Library, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. Raises a CumbreError if the address can't be listened on."""
    settings = library.settings
    require_password_beyond_loopback(host, settings.password)
    tasks = AlbumTasks(library, settings.reconcile_minutes)
    app = create_app(
        AlbumQueryService(library, tasks.progress),
        LocalAlbumService(library),
        library.catalog,
        password=settings.password or None,
        allowed_hosts=[host, *settings.allowed_hosts],
        max_upload_bytes=settings.max_photo_mb * 1_000_000,
    )
    try:
        server = create_server(app, host=host, port=port, threads=_THREADS, ident=None)
    except OSError as error:
        raise CumbreError(
            f"can't listen on {host}:{port} ({error.strerror}): another program, perhaps another Cumbre, is there; "
            "take another port with --port"
        ) from error
    with _signals_end_it(), _followed(library, tasks):
        threading.Thread(target=_warm_up, args=(library,), name="warm-up", daemon=True).start()
        print(f"Cumbre is at http://{_shown(host)}:{server.effective_port}", flush=True)  # noqa: T201
        # waitress ends its loop cleanly on SystemExit, which the signal handler raises in this thread.
        server.run()
    server.close()


@contextmanager
def _followed(library: Library, tasks: AlbumTasks) -> Iterator[None]:
    """The albums are scanned and watched inside."""
    roots = {bucket: decode_path(Path(bucket)) for bucket in library.storages()}
    watcher = FolderWatcher(roots, tasks.handle_event, tasks.request_scan)
    watcher.start()
    tasks.start()
    try:
        yield
    finally:
        watcher.stop()
        tasks.stop()


@contextmanager
def _signals_end_it() -> Iterator[None]:
    def leave(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _warm_up(library: Library) -> None:
    """Load the text tower, so that the first question doesn't wait for it."""
    try:
        library.active().encoder.encode_texts(["a mountain"])
    except CumbreError as error:
        _log.warning("%s", error)


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104  compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host
