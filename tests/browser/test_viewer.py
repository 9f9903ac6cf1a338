"""The full view: closer, similar, corrected in one tap, downloaded, shown on the map."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from bot.app import create_app
from tests.browser.acts import open_viewer, search
from tests.browser.site import Site, served
from tests.fakes import FakeAlbum, FakeAlbumService, FakeQueryService

pytestmark = pytest.mark.browser


def open_ama(page: Page) -> None:
    search(page, "morning")
    expect(page.locator(".tile")).to_have_count(1)
    open_viewer(page)


def transform(page: Page) -> str:
    return str(page.locator("#large").evaluate("image => image.style.transform"))


def test_keys_wheel_and_double_click_bring_the_picture_closer(page: Page) -> None:
    open_ama(page)
    page.keyboard.press("+")
    assert "scale(1.5)" in transform(page)
    page.keyboard.press("0")
    assert transform(page) == ""
    page.locator("#stage").hover()
    page.mouse.wheel(0, -400)
    page.wait_for_function("() => document.querySelector('#large').style.transform !== ''")
    page.locator("#stage").dblclick(position={"x": 300, "y": 300})
    assert transform(page) == ""
    page.locator("#stage").dblclick(position={"x": 300, "y": 300})
    assert "scale(2.5)" in transform(page)


def test_a_closer_picture_is_dragged_and_not_swiped_away(page: Page) -> None:
    open_viewer(page)
    page.keyboard.press("+")
    page.keyboard.press("+")
    before = transform(page)
    page.mouse.move(400, 400)
    page.mouse.down()
    page.mouse.move(250, 380, steps=4)
    page.mouse.up()
    assert transform(page) != before
    expect(page.locator("#count")).to_have_text("1 of 5")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#count")).to_have_text("2 of 5")
    assert transform(page) == ""


def test_two_fingers_bring_the_picture_closer(page: Page) -> None:
    open_ama(page)
    page.locator("#stage").evaluate(
        """(stage) => {
            const at = (type, id, x) => stage.dispatchEvent(new PointerEvent(type, {
                pointerId: id, pointerType: "touch", clientX: x, clientY: 300, bubbles: true,
            }));
            at("pointerdown", 1, 300); at("pointerdown", 2, 400);
            at("pointermove", 1, 290); at("pointermove", 2, 410); at("pointermove", 1, 250); at("pointermove", 2, 450);
            at("pointerup", 1, 250); at("pointerup", 2, 450);
        }"""
    )
    assert "scale(" in transform(page)


def test_the_compass_rose_says_where_the_camera_looked(page: Page) -> None:
    open_ama(page)
    rose = page.get_by_role("img", name="Compass rose: the camera looked towards 037° NE")
    expect(rose).to_be_visible()
    expect(rose.locator(".summit.named title")).to_have_text("Ama Dablam: 041° NE")
    expect(rose.locator(".view")).to_have_count(1)


def test_one_tap_corrects_and_one_undoes(page: Page, site: Site) -> None:
    open_ama(page)
    page.get_by_role("button", name="It shows Thamserku").click()
    viewer = page.get_by_role("dialog")
    expect(viewer.get_by_role("heading", name="Ama Dablam, Thamserku")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(viewer.get_by_role("heading", name="Ama Dablam", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove Ama Dablam").click()
    expect(viewer.get_by_role("heading", name="No catalogued peak")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(viewer.get_by_role("heading", name="Ama Dablam", exact=True)).to_be_visible()
    assert not any(photo.document.corrected for photo in site.album.photos.values())


def test_similar_photos_are_an_answer_with_an_address(page: Page) -> None:
    open_ama(page)
    page.get_by_role("button", name="Similar photos").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("heading", name="2 photos like it")).to_be_visible()
    assert re.search(r"[?&]like=[0-9a-f]{40}", page.url)
    page.reload()
    expect(page.get_by_role("heading", name="2 photos like it")).to_be_visible()
    page.get_by_role("button", name="Remove: Like one photo").click()
    expect(page.locator(".tile")).to_have_count(5)
    page.go_back()
    expect(page.locator(".tile")).to_have_count(2)


def test_a_download_is_a_picture_without_metadata(page: Page) -> None:
    open_ama(page)
    expect(page.get_by_role("link", name="Download the original")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "ama.jpg"
    with Image.open(download.value.path()) as picture:
        assert not picture.getexif()


def test_the_original_is_there_where_that_was_allowed(browser: Browser, album: FakeAlbum) -> None:
    app = create_app(FakeQueryService(album), FakeAlbumService(album), lambda: album.catalog, originals=True)
    with served(app, album) as site:
        context = browser.new_context(locale="en-GB")
        page = site.watch(context)
        photo = next(iter(album.photos.values()))
        page.goto(f"{site.address}/?photo={photo.document.id}")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the original").click()
        assert Path(download.value.path()).read_bytes() == photo.jpeg
        context.close()


def test_a_photo_s_place_is_shown_on_the_map_with_its_view(page: Page) -> None:
    open_ama(page)
    page.get_by_role("button", name="Show on the map").click()
    expect(page.locator("#map-card")).to_contain_text("Ama Dablam")
    expect(page.locator("#map .wedge")).to_have_count(1)
    assert "map=1" in page.url
    page.keyboard.press("Escape")
    expect(page.locator("body.map-large")).to_have_count(0)
