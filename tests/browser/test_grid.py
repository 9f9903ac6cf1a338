"""The photo grid with many photos: loading page by page, justified rows, day headings and scroll position."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acts import await_frames, search
from tests.browser.site import Site
from tests.support.fakes import FakeAlbum, make_photo, seen

pytestmark = pytest.mark.browser

PHOTOS = 150


@pytest.fixture
def album() -> FakeAlbum:
    sizes = [(640, 480), (480, 640), (640, 360), (640, 300)]
    photos = [
        make_photo(
            f"day {i // 10}/{i:03}.jpg",
            "ama" if i % 2 else "yak",
            (i, 140, 220),
            [seen("ama-dablam", 0.9)] if i % 2 else [],
            day=1 + i // 10,
            size=sizes[i % 4],
        )
        for i in range(PHOTOS)
    ]
    return FakeAlbum.of(photos)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce")
    page = site.watch(context)
    page.goto(site.address)
    expect(page.locator(".tile").first).to_be_visible()
    yield page
    context.close()


def test_scrolling_loads_every_photo_once(page: Page) -> None:
    first = page.locator(".tile").count()
    assert 60 <= first < PHOTOS
    scrolled_down(page, PHOTOS)
    expect(page.locator(".tile")).to_have_count(PHOTOS)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    ids = page.locator(".tile").evaluate_all("tiles => tiles.map((tile) => tile.dataset.id)")
    assert len(set(ids)) == PHOTOS


def test_rows_fill_the_page_at_any_width(page: Page) -> None:
    # Search results only: when sorted by time, a row may end early, at the end of a day.
    search(page, "ama")
    for width in (1280, 900, 500):
        page.set_viewport_size({"width": width, "height": 800})
        await_frames(page)
        rows = page.locator(".row").evaluate_all(
            """rows => rows.slice(0, 6).map((row) => {
                const frames = [...row.querySelectorAll(".frame")].map((frame) => frame.getBoundingClientRect());
                return {
                    heights: frames.map((box) => box.height),
                    left: frames[0].left, right: frames.at(-1).right, grid: row.getBoundingClientRect(),
                };
            })"""
        )
        assert len(rows) == 6
        for row in rows:
            assert max(row["heights"]) - min(row["heights"]) < 1
            assert abs(row["left"] - row["grid"]["left"]) < 1
            assert abs(row["right"] - row["grid"]["right"]) < 1
            assert 100 < row["heights"][0] < 330


def test_the_viewer_continues_past_the_last_loaded_photo(page: Page) -> None:
    shown = page.locator(".tile").count()
    page.locator(".tile").nth(shown - 1).click()
    expect(page.locator("#count")).to_have_text(re.compile(rf"{shown} of "))
    page.keyboard.press("ArrowRight")
    expect(page.locator("#count")).to_have_text(re.compile(rf"{shown + 1} of "))


def test_the_heading_says_when_there_are_more_results(page: Page) -> None:
    search(page, "ama")
    expect(page.get_by_role("heading", name="The best 60 photos for “ama”")).to_be_visible()
    page.locator("#end").scroll_into_view_if_needed()
    expect(page.get_by_role("heading", name="75 photos for “ama”")).to_be_visible()


def test_arrow_keys_move_between_rows(page: Page) -> None:
    page.locator(".tile").first.focus()
    page.keyboard.press("ArrowDown")
    row = page.evaluate("[...document.querySelectorAll('.row')].indexOf(document.activeElement.closest('.row'))")
    assert row == 1
    page.keyboard.press("ArrowUp")
    expect(page.locator(".tile").first).to_be_focused()


def test_each_day_has_a_heading_above_its_photos(page: Page) -> None:
    assert page.locator(".day").first.inner_text() == "Tue, 10 Oct 2023"
    scrolled_down(page, PHOTOS)
    assert page.locator(".day").count() == 15
    days = """() => [...document.querySelectorAll(".row")].map((row) =>
        [...row.querySelectorAll(".cell")].map((cell) => cell.querySelector(".day")?.textContent || "").join("|"))"""
    as_they_came = page.evaluate(days)
    # Ten photos of a day do not fit in one row, so each day starts a new row.
    assert all(row.rfind("Oct") <= len("Tue, 10 Oct 2023") for row in as_they_came)
    for width in (1290, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        await_frames(page)
    assert page.evaluate(days) == as_they_came


@pytest.mark.parametrize(
    ("days", "rows"),
    [
        ("aaaaaaa", ["aaaa", "aaa"]),
        ("aabb", ["aabb"]),
        ("aabbb", ["aa", "bbb"]),
        ("aaabbbbbbc", ["aaa", "bbbb", "bb", "c"]),
    ],
)
def test_short_days_share_a_row_if_they_fit_completely(scripts: Page, days: str, rows: list[str]) -> None:
    """In this test, four square pictures fill a row."""
    found = scripts.evaluate(
        """async (days) => {
            const { rowBreaks, justifiedRows } = await import("/static/js/results/justified_rows.js");
            const ratios = [...days].map(() => 1);
            const size = { width: 430, height: 100, gap: 10 };
            const rows = justifiedRows(ratios, { ...size, breaks: rowBreaks([...days], ratios, size) });
            return rows.map(({ from, to }) => days.slice(from, to));
        }""",
        days,
    )
    assert found == rows


def test_filters_stay_visible_while_scrolling(page: Page) -> None:
    scrolled_down(page, PHOTOS)
    expect(page.get_by_role("button", name="All peaks")).to_be_in_viewport()
    page.locator("#status").scroll_into_view_if_needed()
    expect(page.locator("#status")).to_be_in_viewport()
    assert page.evaluate("scrollY") > 1000


FIRST_ON_THE_SCREEN = """() => [...document.querySelectorAll(".tile")]
    .find((tile) => tile.getBoundingClientRect().bottom > 0).dataset.id"""
# A wheel scrolls over several frames.
STANDS_STILL = """() => new Promise((done) => {
    let [before, frames] = [NaN, 0];
    const look = () => {
        frames = scrollY === before ? frames + 1 : 0;
        before = scrollY;
        if (frames < 5) requestAnimationFrame(look);
        else done();
    };
    look();
})"""


def scrolled_down(page: Page, photos: int) -> str:
    """Scrolls until this many photos are loaded. Returns the id of the first photo on the screen."""
    while (loaded := page.locator(".tile").count()) < photos:
        page.mouse.wheel(0, 20_000)
        page.wait_for_function("(loaded) => document.querySelectorAll('.tile').length > loaded", arg=loaded)
    page.evaluate(STANDS_STILL)
    return first_on_the_screen(page)


def first_on_the_screen(page: Page) -> str:
    return str(page.evaluate(FIRST_ON_THE_SCREEN))


def expect_first_on_the_screen(page: Page, photo_id: str) -> None:
    # On its way there, the page loads more photos and scrolls again.
    page.wait_for_load_state("networkidle")
    page.wait_for_function(f"(id) => scrollY > 1000 && ({FIRST_ON_THE_SCREEN})() === id", arg=photo_id)
    page.evaluate(STANDS_STILL)
    assert first_on_the_screen(page) == photo_id


def test_a_new_search_starts_at_the_top_and_back_restores_the_scroll_position(page: Page) -> None:
    reader_at = scrolled_down(page, PHOTOS)
    search(page, "ama")
    expect(page.get_by_role("heading", name="The best 60 photos for “ama”")).to_be_visible()
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect_first_on_the_screen(page, reader_at)
    page.go_forward()
    expect(page.get_by_role("heading", name="for “ama”")).to_be_visible()
    page.wait_for_function("() => scrollY === 0")


def test_going_back_on_a_turned_tablet_does_not_load_the_whole_album(page: Page) -> None:
    page.set_viewport_size({"width": 600, "height": 1000})
    page.evaluate("scrollTo(0, 55)")
    await_frames(page)
    # Without touching the field, which would scroll to it.
    page.evaluate("const words = document.getElementById('words'); words.value = 'ama'; words.form.requestSubmit()")
    expect(page.get_by_role("heading", name="for “ama”")).to_be_visible()
    # The space above the photos becomes lower than the one that was left for them.
    page.set_viewport_size({"width": 1000, "height": 600})
    await_frames(page)
    page.go_back()
    expect(page.get_by_role("heading", name="for “ama”")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert page.locator(".tile").count() < PHOTOS


def test_a_reload_keeps_the_scroll_position(page: Page) -> None:
    reader_at = scrolled_down(page, PHOTOS)
    page.reload()
    expect_first_on_the_screen(page, reader_at)


def test_opening_a_photo_does_not_scroll_the_grid(page: Page) -> None:
    scrolled_down(page, PHOTOS)
    before = page.evaluate("scrollY")
    page.locator(f".tile[data-id='{first_on_the_screen(page)}']").evaluate("(tile) => tile.click()")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("scrollY") == before > 1000


def test_a_changed_album_does_not_scroll_the_grid_until_refreshed(page: Page, album: FakeAlbum) -> None:
    page.evaluate("scrollTo(0, 900)")
    album.photos.pop(next(iter(album.photos)))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    changed = page.get_by_role("button", name="The album has changed: refresh")
    expect(changed).to_be_visible()
    assert page.evaluate("scrollY") == 900
    changed.click()
    expect(changed).to_be_hidden()
    page.wait_for_function("() => scrollY === 0")


def test_a_page_of_results_that_failed_can_be_requested_again(page: Page, site: Site) -> None:
    refused = {"error": {"code": "unavailable", "message": "Wait a little."}}
    page.route("**/api/search?*offset=60", lambda route: route.fulfill(status=503, json=refused))
    search(page, "ama")
    expect(page.locator(".tile")).to_have_count(60)
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_text("Wait a little.")).to_be_visible()
    page.unroute("**/api/search?*offset=60")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".tile")).to_have_count(75)
    # The browser logs the failed request as an error.
    assert all("503" in fault for fault in site.faults)
    site.faults.clear()
