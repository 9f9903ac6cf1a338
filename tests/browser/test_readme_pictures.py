"""Takes the screenshots for the documentation, from `cumbre serve` with its sample album.

Each test first checks the content of the page, so that no screenshot of a broken page is saved.
CUMBRE_TEST_KEEP_PICTURES=1 saves them in docs/images.
"""

import io
import os
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cumbre.demo.album import draw_album
from cumbre.peaks.catalog_files import bundled_catalog
from tests.browser.acts import say_in_chat
from tests.support.paths import ROOT
from tests.support.processes import Server, eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.together("readme pictures")]

IMAGES = ROOT / "docs" / "images"
# Read at import time: the CUMBRE_ variables are hidden from the tests while they run.
_KEEPS = os.environ.get("CUMBRE_TEST_KEEP_PICTURES", "") not in ("", "0")
_DESK = {"width": 1360, "height": 850}
_PHONE = {"width": 390, "height": 800}
_PICTURES = 40
_PICTURES_IN_SIGHT_ARE_THERE = """() => [...document.images].every((image) => {
    const { top, bottom, width } = image.getBoundingClientRect();
    return image.complete || !width || bottom < 0 || top > innerHeight;
})"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sample")
    draw_album(folder / "album", bundled_catalog())
    server = Server(folder / "home", "--photos", str(folder / "album"))
    eventually(lambda: server.status()["photos"] == _PICTURES)
    yield server
    server.stop()


@pytest.fixture
def desk(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=_DESK, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport=_PHONE,  # type: ignore[arg-type]
        locale="es-ES",
        reduced_motion="reduce",
        color_scheme="dark",
        is_mobile=True,
        has_touch=True,
    )
    yield context
    context.close()


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def keep(page: Page, name: str) -> None:
    """Takes a screenshot and compares its size with the saved one.

    It is saved as a JPEG without chroma subsampling: a fifth of the size of a PNG, and text stays sharp.
    """
    expect(page.locator("#status .facts-line")).to_be_attached()
    expect(page.locator("body.searching")).to_have_count(0)
    page.wait_for_function(_PICTURES_IN_SIGHT_ARE_THERE)
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    if _KEEPS:
        taken.save(IMAGES / name, quality=88, subsampling=0, optimize=True)
    with Image.open(IMAGES / name) as kept:
        assert kept.size == taken.size, "CUMBRE_TEST_KEEP_PICTURES=1 keeps it anew"


def test_the_page_with_an_answer(desk: BrowserContext, server: Server) -> None:
    page = opened(desk, f"{server.address}/?q=ama+dablam")
    expect(page.get_by_role("heading", name="7 photos for “ama dablam”")).to_be_visible()
    expect(page.locator(".tile").first).to_contain_text("4.5 km away at 139°")
    expect(page.locator(".photo-marker").first).to_be_visible()
    keep(page, "page.jpg")


def test_one_photo_in_the_viewer(desk: BrowserContext, server: Server) -> None:
    page = opened(desk, f"{server.address}/?q=ama+dablam")
    # A daytime photo from Tengboche.
    page.locator(".tile").nth(3).click()
    viewer = page.get_by_role("dialog")
    expect(viewer.get_by_role("heading", name="Ama Dablam")).to_be_visible()
    expect(viewer.locator("#large.loaded")).to_have_count(1)
    expect(viewer.locator("#names .name")).to_have_count(5)
    keep(page, "photo.jpg")


def test_the_map_with_the_field_of_view_of_a_camera(desk: BrowserContext, server: Server) -> None:
    page = opened(desk, f"{server.address}/?map=1")
    page.locator(".photo-marker:not(.cluster)").first.click()
    expect(page.locator("#map-popup")).to_be_visible()
    expect(page.locator(".wedge")).to_have_count(1)
    keep(page, "map.jpg")


def test_the_chat_on_a_phone_in_spanish(phone: BrowserContext, server: Server) -> None:
    page = opened(phone, server.address)
    page.locator("#open-chat").click()
    say_in_chat(page, "ama dablam")
    expect(page.locator(".chat-photo")).to_have_count(6)
    keep(page, "chat.jpg")
