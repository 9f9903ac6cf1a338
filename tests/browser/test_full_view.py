"""The full view by mouse, touch and keyboard: what closes it, what does not, and where closing it leads."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acts import await_frames, await_history, open_viewer
from tests.browser.site import Site
from tests.support.fakes import FakeAlbum, make_photo

pytestmark = pytest.mark.browser

PHOTOS = 40
UPRIGHT_PHONE = {"width": 390, "height": 844}
LYING_PHONE = {"width": 740, "height": 360}
TILE_IS_IN_SIGHT = """() => {
    const { top, bottom } = document.activeElement.getBoundingClientRect();
    return document.activeElement.matches(".tile") && top >= 0 && bottom <= innerHeight;
}"""


@pytest.fixture
def album() -> FakeAlbum:
    return FakeAlbum.of([make_photo(f"{i:02}.jpg", "snow", (i, 140, 220)) for i in range(PHOTOS)])


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1360, "height": 850}, locale="en-GB", reduced_motion="reduce")
    page = site.watch(context)
    # A page before the album in the history; closing must not go back to it.
    page.goto(f"{site.address}/static/mark.svg")
    page.goto(site.address)
    expect(page.locator(".tile").first).to_be_visible()
    yield page
    context.close()


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(
        viewport=UPRIGHT_PHONE,  # type: ignore[arg-type]
        locale="en-GB",
        reduced_motion="reduce",
        has_touch=True,
        is_mobile=True,
    )
    page = site.watch(context)
    page.goto(site.address)
    page.locator(".tile").first.tap()
    expect(page.locator("#large.loaded")).to_have_count(1)
    yield page
    context.close()


def is_zoomed(page: Page) -> bool:
    return "scale(" in str(page.locator("#large").evaluate("image => image.style.transform"))


def open_drawn(page: Page, which: int = 0) -> None:
    open_viewer(page, which)
    expect(page.locator("#large.loaded")).to_have_count(1)


def test_a_click_on_the_picture_does_not_close_it(page: Page) -> None:
    open_drawn(page)
    page.mouse.click(480, 400)
    await_history(page)
    expect(page.locator("#viewer")).to_be_visible()
    assert "photo=" in page.url


def test_a_double_click_on_the_picture_zooms_in_and_another_zooms_out(page: Page) -> None:
    open_drawn(page)
    for zoomed in (True, False):
        page.mouse.dblclick(480, 400)
        await_history(page)
        expect(page.locator("#viewer")).to_be_visible()
        assert is_zoomed(page) is zoomed


def test_a_click_beside_the_picture_closes_it(page: Page, site: Site) -> None:
    open_drawn(page)
    page.mouse.click(480, 15)
    expect(page.locator("#viewer")).to_be_hidden()
    assert page.url == f"{site.address}/"


def test_closing_twice_in_a_row_goes_back_only_once(page: Page, site: Site) -> None:
    open_drawn(page)
    page.evaluate("() => { for (let i = 0; i < 3; i += 1) document.getElementById('close').click(); }")
    expect(page.locator("#viewer")).to_be_hidden()
    await_history(page)
    assert page.url == f"{site.address}/"
    open_drawn(page, 1)
    page.mouse.dblclick(480, 15)
    await_history(page)
    assert page.url.startswith(f"{site.address}/")
    assert not page.url.endswith(".svg")


def test_escape_closes_a_photo_opened_from_the_url_before_any_other_input(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?photo={next(iter(site.album.photos))}")
    expect(page.locator("#correct")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    page.wait_for_url(f"{site.address}/")


def test_a_tap_on_the_picture_does_not_close_it_and_a_double_tap_zooms(phone: Page) -> None:
    box = phone.locator("#stage").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    # So far from the next tap that they are no double tap, however fast they follow each other.
    phone.touchscreen.tap(middle[0] - 100, middle[1])
    await_history(phone)
    expect(phone.locator("#viewer")).to_be_visible()
    assert not is_zoomed(phone)
    for zoomed in (True, False):
        phone.touchscreen.tap(*middle)
        phone.touchscreen.tap(*middle)
        phone.wait_for_function(
            f"() => (document.querySelector('#large').style.transform !== '') === {str(zoomed).lower()}"
        )
        await_history(phone)
        expect(phone.locator("#viewer")).to_be_visible()
        assert is_zoomed(phone) is zoomed


def test_a_tap_beside_the_picture_closes_it(phone: Page) -> None:
    phone.touchscreen.tap(195, 40)
    expect(phone.locator("#viewer")).to_be_hidden()


def test_closing_after_many_steps_returns_to_the_last_photo_viewed(page: Page) -> None:
    open_viewer(page, 3)
    for step in range(1, 26):
        page.keyboard.press("ArrowRight")
        expect(page.locator("#count")).to_have_text(f"{4 + step} of {PHOTOS}")
    page.keyboard.press("Escape")
    expect(page.locator(".tile").nth(28)).to_be_focused()
    page.wait_for_function(TILE_IS_IN_SIGHT)


def test_closing_a_photo_that_is_on_screen_keeps_the_scroll_position(page: Page) -> None:
    page.evaluate("scrollTo(0, 500)")
    tile = page.locator(".tile").nth(8)
    top = tile.bounding_box()
    tile.click()
    expect(page.locator("#correct")).to_be_visible()
    before = page.evaluate("scrollY")
    page.keyboard.press("Escape")
    expect(tile).to_be_focused()
    await_frames(page)
    assert page.evaluate("scrollY") == before
    assert tile.bounding_box() == top


def test_a_missing_photo_is_reported_with_a_button_to_all_photos(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?photo={'0' * 40}")
    viewer = page.get_by_role("dialog")
    expect(viewer.get_by_role("heading", name="No photo with this id")).to_be_visible()
    viewer.get_by_role("button", name="Show all photos").click()
    expect(viewer).to_be_hidden()
    assert page.url == f"{site.address}/"
    expect(page.locator(".tile").first).to_be_visible()
    # The browser itself logs the 404 response.
    site.faults[:] = [fault for fault in site.faults if "404" not in fault]


def test_a_photo_that_failed_to_load_can_be_retried(page: Page, site: Site) -> None:
    page.route("**/api/photos/*", lambda route: route.abort())
    page.locator(".tile").first.click()
    again = page.get_by_role("dialog").get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    page.unroute("**/api/photos/*")
    again.click()
    expect(page.locator("#correct")).to_be_visible()
    site.faults[:] = [fault for fault in site.faults if "ERR_FAILED" not in fault]


def test_on_a_landscape_phone_the_panel_is_beside_the_picture(phone: Page) -> None:
    phone.set_viewport_size(LYING_PHONE)  # type: ignore[arg-type]
    stage, panel = phone.locator("#stage").bounding_box(), phone.locator("#panel").bounding_box()
    assert stage is not None
    assert panel is not None
    assert stage["height"] == LYING_PHONE["height"]
    assert stage["width"] >= 400
    assert panel["x"] == stage["width"]
    assert phone.locator("#viewer").evaluate("viewer => viewer.scrollWidth - viewer.clientWidth") == 0


@pytest.mark.parametrize("width", [1360, 390])
def test_a_toast_does_not_cover_the_count(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 850})
    open_viewer(page)
    page.evaluate(
        """async () => (await import("/static/js/ui/toast.js")).toast("It is done.", { label: "Undo", run() {} })"""
    )
    count, toast = page.locator("#count").bounding_box(), page.locator("#toast").bounding_box()
    assert count is not None
    assert toast is not None
    assert count["y"] + count["height"] <= toast["y"]


def test_a_long_path_wraps_after_a_folder_and_not_inside_the_file_name(page: Page, site: Site) -> None:
    photo = make_photo("a folder with a long name/jpeg/IMG_2917.jpg", "", (9, 9, 9))
    site.album.photos[photo.document.id] = photo
    page.goto(f"{site.address}/?photo={photo.document.id}")
    path = page.locator(".facts dd", has_text="IMG_2917.jpg")
    expect(path).to_have_text("trek/a folder with a long name/jpeg/IMG_2917.jpg")
    lines = path.evaluate(
        """(dd) => {
            const name = [...dd.childNodes].at(-1);
            const range = document.createRange();
            range.selectNodeContents(name);
            return [name.data, range.getClientRects().length];
        }"""
    )
    assert lines == ["IMG_2917.jpg", 1]
