"""A server of its own for one test, with a fake album behind it, and what its page did wrong."""

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
        """A page of the context whose errors, and requests to hosts beside the site's own and others, are faults."""
        page = context.new_page()
        page.set_default_timeout(10_000)
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
    """The site, by the server that `cumbre serve` has."""
    server = create_server(app, host="127.0.0.1", port=0, threads=8, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    site = Site(f"http://127.0.0.1:{server.effective_port}", album)
    yield site
    # In the server's own thread, whose loop ends when nothing is open any more.
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()
    assert site.faults == [], site.faults
