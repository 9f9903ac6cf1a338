"""axe-core, the rule engine of accessibility audits, must find no violation in any view of the page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bot.web.chat.routes import create_chat
from bot.web.chat.sent_pictures import SentPictures
from bot.web.site import create_app
from cumbre.state.sqlite import SqliteStateStore
from tests.browser.acts import PHONE, add_photos, give_photo, open_viewer, picture_file, say_in_chat, search
from tests.browser.site import Site, served
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService, draw_photo

pytestmark = pytest.mark.browser


@pytest.fixture
def site(album: FakeAlbum, tmp_path: Path) -> Iterator[Site]:
    """A site with the chat enabled."""
    state = SqliteStateStore(tmp_path / "state.sqlite")
    query, changes = FakeQueryService(album), FakeAlbumService(album)
    chat = create_chat(
        query, changes, lambda: album.catalog, state, SentPictures(tmp_path / "chat"), max_photo_bytes=1_000_000
    )
    with served(create_app(query, changes, lambda: album.catalog, beside=[chat]), album) as site:
        yield site
    state.close()


def complaints(page: Page) -> list[str]:
    """Each violated rule with the elements that violate it."""
    # The previous results are faded while the next ones load.
    expect(page.locator("body.searching")).to_have_count(0)
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']} ({rule['impact']}): {[node['target'] for node in rule['nodes']]}" for rule in found]


def at_home(page: Page) -> None:
    expect(page.locator(".tile").first).to_be_visible()


def after_a_search(page: Page) -> None:
    search(page, "ama")
    expect(page.locator(".tile")).to_have_count(2)


def after_nothing_was_found(page: Page) -> None:
    search(page, "zebra")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()


def with_a_photo_as_the_question(page: Page) -> None:
    give_photo(page)
    expect(page.locator("#question")).to_contain_text("Ama Dablam")


def in_full_view(page: Page) -> None:
    search(page, "ama")
    expect(page.locator(".tile")).to_have_count(2)
    open_viewer(page)


def while_correcting(page: Page) -> None:
    in_full_view(page)
    page.get_by_role("button", name="Correct the peaks").click()
    expect(page.get_by_label("Which peaks does this photo show?")).to_be_visible()


def while_laying_names(page: Page) -> None:
    in_full_view(page)
    page.get_by_role("button", name="Align the names with the summits").click()
    expect(page.get_by_role("slider", name="Camera direction")).to_be_focused()
    expect(page.locator("#names .name").first).to_be_visible()


def on_the_large_map(page: Page) -> None:
    page.get_by_role("button", name="Enlarge the map").click()
    page.locator(".photo-marker").first.click()
    expect(page.locator("#map-popup")).to_be_visible()


def in_the_chat(page: Page) -> None:
    page.locator("#open-chat").click()
    say_in_chat(page, "ama")
    expect(page.locator(".chat-photo").first).to_be_visible()


def while_photos_are_added(page: Page) -> None:
    add_photos(page, picture_file(b"no picture", "notes.jpg"), picture_file(draw_photo((200, 30, 10)), "one.jpg"))
    expect(page.locator(".upload.failed")).to_have_count(1)
    expect(page.locator(".upload.added")).to_have_count(1)


VIEWS = [
    at_home,
    after_a_search,
    after_nothing_was_found,
    with_a_photo_as_the_question,
    in_full_view,
    while_correcting,
    while_laying_names,
    on_the_large_map,
    in_the_chat,
    while_photos_are_added,
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_axe_finds_no_violations(page: Page, site: Site, view: Callable[[Page], None], scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    view(page)
    assert complaints(page) == []
    # The browser itself logs the rejection of a file that is not an image.
    site.faults[:] = [fault for fault in site.faults if "422" not in fault]


@pytest.mark.parametrize("view", [at_home, after_a_search, in_full_view, while_laying_names, in_the_chat])
def test_axe_finds_no_violations_on_a_phone(page: Page, view: Callable[[Page], None]) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    view(page)
    assert complaints(page) == []


def test_axe_finds_no_violations_in_an_empty_album(page: Page, site: Site) -> None:
    site.album.photos.clear()
    page.reload()
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible()
    assert complaints(page) == []


def test_axe_finds_no_violations_on_the_password_page(browser: Browser, album: FakeAlbum) -> None:
    app = create_app(FakeQueryService(album), FakeAlbumService(album), lambda: album.catalog, password="pangboche")
    with served(app, album) as site:
        context = browser.new_context(locale="en-GB")
        page = site.watch(context)
        page.goto(site.address)
        expect(page.get_by_label("Password")).to_be_visible()
        assert complaints(page) == []
        context.close()
