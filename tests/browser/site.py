"""A server with a fake album for a single test. It also collects the errors of the pages that it serves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from playwright.sync_api import BrowserContext, Page
from waitress import wasyncore
from waitress.server import create_server

from tests.support.fakes import FakeAlbum


@dataclass
class Site:
    address: str
    album: FakeAlbum
    faults: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext, *others: str) -> Page:
        """Opens a page. Its errors, and its requests to hosts other than the site and `others`, count as faults."""
        page = context.new_page()
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((self.address, "blob:", "data:", *others))
                else self.faults.append(f"asked elsewhere: {request.url}")
            ),
        )
        return page


@contextmanager
def served(app: Flask, album: FakeAlbum) -> Iterator[Site]:
    """Serves the site with the same server as `cumbre serve`. At the end it checks that there were no faults."""
    server = create_server(app, host="127.0.0.1", port=0, threads=8, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    site = Site(f"http://127.0.0.1:{server.effective_port}", album)
    yield site
    # First, because a thread that answers a request still wakes up the server when it has finished.
    server.task_dispatcher.shutdown()
    # This must run in the server's own thread. Its loop ends once all its sockets are closed.
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(timeout=10)
    assert site.faults == [], site.faults
