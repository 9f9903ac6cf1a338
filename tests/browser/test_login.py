"""Login and logout for an album with a password."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.web.site import create_app
from tests.browser.site import Site, served
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService

pytestmark = pytest.mark.browser

PASSWORD = "pangboche 3 985"


@pytest.fixture
def site(album: FakeAlbum) -> Iterator[Site]:
    app = create_app(FakeQueryService(album), FakeAlbumService(album), lambda: album.catalog, password=PASSWORD)
    with served(app, album) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce")
    yield site.watch(context)
    context.close()


def enter(page: Page, password: str) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Open the album").click()


def refused(site: Site) -> list[str]:
    """Returns and clears the recorded faults. Here they are expected HTTP errors that the browser logs."""
    reported, site.faults[:] = list(site.faults), []
    return reported


def test_the_password_opens_the_page_that_the_link_requested(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?q=ama&sort=time")
    expect(page.get_by_label("Password")).to_be_focused()
    enter(page, "not it")
    expect(page.get_by_role("alert")).to_have_text("Wrong password. Please try again.")
    assert all("401" in one for one in refused(site))
    enter(page, PASSWORD)
    expect(page.locator(".tile")).to_have_count(2)
    assert page.url == f"{site.address}/?q=ama&sort=time"
    page.reload()
    expect(page.locator(".tile")).to_have_count(2)


def test_logging_out_locks_this_tab_and_other_tabs(page: Page, site: Site) -> None:
    page.goto(site.address)
    enter(page, PASSWORD)
    expect(page.locator(".tile img.loaded")).to_have_count(5)
    other = page.context.new_page()
    other.goto(site.address)
    expect(other.locator(".tile img.loaded")).to_have_count(5)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.goto(site.address)
    expect(page.get_by_label("Password")).to_be_visible()
    other.locator("#words").fill("ama")
    other.locator("#words").press("Enter")
    expect(other.get_by_label("Password")).to_be_visible()
    assert other.url == f"{site.address}/login?next=%2F%3Fq%3Dama"
    assert all("401" in one for one in refused(site))
