"""The map: photo and peak markers, and a circle as a location filter."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bot.web.page import MapTiles
from bot.web.site import create_app
from cumbre.geo.geodesy import Position
from tests.browser.acts import search
from tests.browser.site import Site, served
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService, draw_photo, make_photo, seen

pytestmark = pytest.mark.browser

# Namche twice, Tengboche, Dingboche, and one place far away.
PLACES = [(27.805, 86.71), (27.808, 86.712), (27.8362, 86.7649), (27.892, 86.831), (-13.16, -72.54)]


@pytest.fixture
def album() -> FakeAlbum:
    photos = [
        make_photo(
            f"{i}.jpg",
            "trek",
            (20 * i, 140, 220),
            [seen("ama-dablam", 0.9)] if i < 2 else [],
            day=1 + i,
            position=Position(*place, 3500.0),
        )
        for i, place in enumerate(PLACES)
    ]
    return FakeAlbum.of(photos)


def photos_on(page: Page) -> int:
    texts = page.locator(".photo-marker").all_inner_texts()
    return sum(int(text or 1) for text in texts)


def test_every_photo_with_a_location_is_on_the_map(page: Page) -> None:
    expect(page.locator(".photo-marker").first).to_be_visible()
    assert photos_on(page) == 5
    page.locator(".peak", has_text="Ama Dablam").click()
    expect(page.locator(".tile")).to_have_count(2)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.photo-marker')].reduce((n, s) => n + +(s.textContent || 1), 0) === 2"
    )


def test_the_large_map_has_its_own_url_and_escape_closes_it(page: Page) -> None:
    page.get_by_role("button", name="Enlarge the map").click()
    expect(page.locator("body.map-large")).to_have_count(1)
    assert page.url.endswith("?map=1")
    page.reload()
    expect(page.locator("body.map-large")).to_have_count(1)
    expect(page.locator(".photo-marker").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("body.map-large")).to_have_count(0)
    assert "map" not in page.url


def large_map_of_khumbu(page: Page) -> None:
    """Opens the large map without the far-away photo."""
    page.goto(f"{page.url}?map=1&to=2023-10-04")
    expect(page.locator(".tile")).to_have_count(4)
    expect(page.locator(".photo-marker").first).to_be_visible()


def test_a_circle_drawn_on_the_map_filters_and_is_kept_in_the_url(page: Page) -> None:
    large_map_of_khumbu(page)
    page.get_by_role("button", name="Draw a circle to filter photos").click()
    spot = page.locator(".photo-marker", has_text="2")
    box = spot.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=4)
    page.mouse.up()
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.locator("#map .near-circle")).to_have_count(1)
    assert "near=27.8" in page.url
    page.reload()
    expect(page.locator(".tile")).to_have_count(2)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove filter: Within").click()
    expect(page.locator(".tile")).to_have_count(4)


def test_the_visible_map_area_can_be_a_filter_without_a_mouse(page: Page) -> None:
    large_map_of_khumbu(page)
    page.get_by_role("button", name="Show only photos in this part of the map").press("Enter")
    expect(page.locator("#map .near-circle")).to_have_count(1)
    assert "near=" in page.url


def test_a_photo_marker_opens_its_card_and_shows_its_field_of_view(page: Page) -> None:
    large_map_of_khumbu(page)
    page.get_by_role("button", name="1 photo taken here").last.press("Enter")
    card = page.locator("#map-popup")
    expect(card).to_contain_text("037° NE")
    expect(page.locator("#map .wedge")).to_have_count(1)
    card.get_by_role("button", name="Open:").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    card.get_by_role("button", name="Close").click()
    expect(page.locator("#map .wedge")).to_have_count(0)


def test_the_card_closes_if_its_photo_is_filtered_out(page: Page) -> None:
    large_map_of_khumbu(page)
    page.get_by_role("button", name="1 photo taken here").last.press("Enter")
    expect(page.locator("#map .wedge")).to_have_count(1)
    page.get_by_role("button", name="Photos of Ama Dablam").click()
    expect(page.locator("#map-popup")).to_be_hidden()
    expect(page.locator("#map .wedge")).to_have_count(0)


def test_the_large_map_shows_the_result_count_and_links_to_the_results(page: Page) -> None:
    large_map_of_khumbu(page)
    answer = page.locator("#map-answer")
    expect(answer).to_contain_text("4 matching photos")
    page.get_by_role("button", name="Photos of Ama Dablam").click()
    expect(answer).to_contain_text("2 photos of Ama Dablam")
    search(page, "zebra")
    expect(answer.get_by_role("status")).to_have_text("No photos here")
    expect(answer.get_by_role("button")).to_be_hidden()
    page.go_back()
    answer.get_by_role("button", name="Show them").click()
    expect(page.locator("body.map-large")).to_have_count(0)
    expect(page.locator("#photos")).to_be_focused()
    expect(page.locator(".tile")).to_have_count(2)


def test_the_drawing_hint_is_shown_only_in_drawing_mode(page: Page) -> None:
    large_map_of_khumbu(page)
    draw = page.get_by_role("button", name="Draw a circle to filter photos")
    draw.click()
    expect(page.get_by_text("Drag on the map")).to_be_visible()
    draw.click()
    expect(page.get_by_text("Drag on the map")).to_be_hidden()


def test_elements_covered_by_the_large_map_are_inert(page: Page) -> None:
    page.get_by_role("button", name="Enlarge the map").press("Enter")
    expect(page.get_by_role("button", name="Shrink the map")).to_be_focused()
    covered = (".peak", "#from-day", ".tile", "#map-panel > summary")
    for part in covered:
        assert page.locator(part).first.evaluate("(part) => Boolean(part.closest('[inert]'))"), part
    expect(page.get_by_role("textbox", name="Search your photos")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".top")).to_have_attribute("inert", "")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator("#map")).to_be_visible()
    page.locator("#map").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Enlarge the map")).to_be_focused()
    expect(page.locator("[inert]")).to_have_count(0)


@pytest.mark.parametrize(("width", "address"), [(1280, ""), (1280, "?map=1"), (390, "?map=1")])
def test_peak_names_stay_inside_the_map_and_clear_of_its_buttons(page: Page, width: int, address: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{page.url}{address}{'&' if address else '?'}to=2023-10-04")
    expect(page.locator(".map-peak-name").first).to_be_visible()
    hidden = page.evaluate(
        """() => {
            const map = document.getElementById("map").getBoundingClientRect();
            const over = [...document.querySelectorAll(".map-tools, #map-answer")]
                .map((one) => one.getBoundingClientRect());
            const meets = (a, b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
            return [...document.querySelectorAll(".map-peak-name")].filter((name) => {
                const box = name.getBoundingClientRect();
                return box.left < map.left || box.right > map.right || over.some((other) => meets(box, other));
            }).map((name) => name.textContent);
        }"""
    )
    assert hidden == []


def test_clicking_a_cluster_zooms_in_until_it_splits(page: Page) -> None:
    large_map_of_khumbu(page)
    page.get_by_role("button", name="2 photos taken here").click()
    expect(page.get_by_role("button", name="1 photo taken here")).to_have_count(2)


def test_a_peak_on_the_map_is_a_filter(page: Page) -> None:
    large_map_of_khumbu(page)
    page.get_by_role("button", name="Photos of Ama Dablam").click()
    expect(page.locator(".tile")).to_have_count(2)
    assert "peak=ama-dablam" in page.url


def test_an_album_without_locations_says_so_and_still_shows_peaks(browser: Browser) -> None:
    bare = make_photo("bare.jpg", "x", (1, 2, 3), position=None)
    album = FakeAlbum.of([bare])
    app = create_app(FakeQueryService(album), FakeAlbumService(album), lambda: album.catalog)
    with served(app, album) as site:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
        page = site.watch(context)
        page.goto(site.address)
        expect(page.get_by_text("None of these photos has a location.")).to_be_visible()
        expect(page.locator(".map-peak").first).to_be_visible()
        context.close()


@pytest.fixture
def tiled(browser: Browser, album: FakeAlbum) -> Iterator[tuple[Site, Page, list[str]]]:
    """A page with map tiles from a fake tile server. Also returns the tile URLs requested."""
    tiles = MapTiles("https://tiles.test/{z}/{x}/{y}.png", "© Somebody <b>")
    app = create_app(FakeQueryService(album), FakeAlbumService(album), lambda: album.catalog, tiles=tiles)
    with served(app, album) as site:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce")
        asked: list[str] = []

        def answer(route: Route) -> None:
            asked.append(route.request.url)
            assert "referer" not in route.request.headers
            route.fulfill(body=draw_photo((9, 9, 9), (256, 256)), content_type="image/jpeg")

        context.route("https://tiles.test/**", answer)
        yield site, site.watch(context), asked
        context.close()


def test_tiles_from_a_server_are_the_background_with_attribution(tiled: tuple[Site, Page, list[str]]) -> None:
    site, page, asked = tiled
    page.goto(site.address)
    expect(page.locator("#map .leaflet-tile-loaded").first).to_be_visible()
    expect(page.locator("#map-note")).to_have_text("© Somebody <b>")
    expect(page.locator(".graticule")).to_have_count(0)
    assert asked
    assert all(fault.startswith("asked elsewhere: https://tiles.test/") for fault in site.faults)
    site.faults.clear()


def test_the_track_continues_overnight_and_breaks_at_a_flight_or_a_week(page: Page) -> None:
    """Photo 2 is 14 hours after photo 1. Photo 3 is 600 km away. Photos 4 and 5 are a week later."""
    lines = page.evaluate(
        """async () => {
            const { trackLines } = await import("/static/js/map/track.js");
            const hour = 3600;
            const places = [[0, 28, 86.7], [14, 28.02, 86.72], [20, 28, 80.5], [190, 28, 80.5], [191, 28.1, 80.5]];
            return trackLines(places.map(([hours, lat, lon]) => ({ takenAt: hours * hour, lat, lon })));
        }"""
    )
    assert lines == [[[28, 86.7], [28.02, 86.72]], [[28, 80.5], [28.1, 80.5]]]
