"""Fixtures that open the page in a real Chromium, on a real server with a fake album."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.web.site import create_app
from tests.browser.acts import open_album
from tests.browser.chromium import opened_chromium
from tests.browser.site import Site, served
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService, khumbu_album, make_failure

# A loaded machine may take long for a step. Only a test that fails waits as long as this.
expect.set_options(timeout=20_000)


# Not session scope: while Playwright runs, tests in other packages cannot run an event loop in this thread.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with opened_chromium() as browser:
        yield browser


@pytest.fixture
def scripts(browser: Browser, site: Site) -> Iterator[Page]:
    """A page that can import the scripts, but shows only a picture: it opens much faster than the album."""
    context = browser.new_context()
    page = site.watch(context)
    page.goto(f"{site.address}/static/mark.svg")
    yield page
    context.close()


@pytest.fixture
def album() -> FakeAlbum:
    return FakeAlbum.of(khumbu_album(), [make_failure("day 9/broken.heic", "the file ends too early")])


@pytest.fixture
def site(album: FakeAlbum) -> Iterator[Site]:
    app = create_app(FakeQueryService(album), FakeAlbumService(album), lambda: album.catalog)
    with served(app, album) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce", has_touch=True
    )
    page = site.watch(context)
    open_album(page, site.address, 5)
    yield page
    context.close()
