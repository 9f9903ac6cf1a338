"""Script injection through files and URLs: file names, EXIF and user input stay text; originals stay downloads."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.web.chat.routes import create_chat
from bot.web.chat.sent_pictures import SentPictures
from bot.web.site import create_app
from cumbre.bootstrap import open_library
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from cumbre.settings import Settings
from tests.browser.acts import open_album, say_in_chat
from tests.browser.site import Site, served
from tests.support.fakes import FakeAlbum
from tests.support.pictures import encoded, exif, landscape
from tests.support.small_album import NAMCHE, TO_AMA_DABLAM, ingest

pytestmark = pytest.mark.browser

SCRIPT = "<script>document.title='taken over'</script>"
IMAGE = "<img src=x onerror=document.title='taken_over'>"


@pytest.fixture
def site(tmp_path: Path, home: Path) -> Iterator[Site]:
    folder = tmp_path / "album"
    folder.mkdir()
    data = exif(
        **NAMCHE,
        heading_deg=TO_AMA_DABLAM,
        focal_length_35mm=61,
        taken_at="2023:10:01 08:00:00",
        offset="+05:45",
        Make=SCRIPT,
        Model=IMAGE,
        UserComment=b"ASCII\0\0\0" + SCRIPT.encode(),
    )
    (folder / f"{IMAGE}.jpg").write_bytes(encoded(landscape(), "JPEG", data))
    (folder / "page.html.jpg").write_bytes(f"<!doctype html>{SCRIPT}".encode())
    library = open_library(Settings(home=home, model="lite"))
    ingest(library, folder)
    query, changes = LocalQueryService(library), LocalAlbumService(library)
    sent = SentPictures(tmp_path / "chat")
    chat = create_chat(query, changes, library.catalog, library.state, sent, max_photo_bytes=1_000_000)
    with served(create_app(query, changes, library.catalog, originals=True, beside=[chat]), FakeAlbum.of([])) as site:
        yield site
    library.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce")
    page = site.watch(context)
    open_album(page, site.address, 1)
    yield page
    assert not page.title().startswith("taken")
    assert page.locator("script:not([src]):not([type='application/json'])").count() == 0
    context.close()


def test_file_names_and_exif_are_shown_as_plain_text(page: Page) -> None:
    page.get_by_text("1 photo could not be read").click()
    expect(page.locator("#status")).to_contain_text("page.html.jpg")
    page.locator(".tile").click()
    viewer = page.get_by_role("dialog")
    expect(viewer).to_contain_text(f"{IMAGE}.jpg")
    expect(viewer).to_contain_text(IMAGE)


def test_input_in_the_chat_and_the_url_is_shown_as_plain_text(page: Page, site: Site) -> None:
    page.locator("#open-chat").click()
    say_in_chat(page, IMAGE)
    expect(page.locator(".chat-own")).to_contain_text(IMAGE)
    page.goto(f"{site.address}/?q={IMAGE}&peak={SCRIPT}&from={SCRIPT}&near={SCRIPT}&photo={SCRIPT}&like={SCRIPT}")
    expect(page.locator("#nothing")).to_contain_text(f"There is no peak called “{SCRIPT}” here")
    # The browser logs the rejected requests itself.
    site.faults[:] = [fault for fault in site.faults if "400" not in fault and "404" not in fault]


def test_an_original_is_downloaded_and_never_rendered_as_a_page(page: Page, site: Site) -> None:
    page.locator(".tile").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the original").click()
    assert download.value.suggested_filename.endswith(".jpg")
    photo_id = page.url.rpartition("photo=")[2]
    answer = page.request.get(f"{site.address}/api/photos/{photo_id}/original")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
