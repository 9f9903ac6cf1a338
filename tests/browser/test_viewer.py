"""The viewer: zoom, similar photos, one-tap corrections, downloads, and the photo on the map."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from bot.web.site import create_app
from tests.browser.acts import give_photo, open_viewer, pinch_open, search
from tests.browser.site import Site, served
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService, draw_photo, make_photo, seen

pytestmark = pytest.mark.browser


def open_ama(page: Page) -> None:
    search(page, "morning")
    expect(page.locator(".tile")).to_have_count(1)
    open_viewer(page)


def transform(page: Page) -> str:
    return str(page.locator("#large").evaluate("image => image.style.transform"))


def test_keys_wheel_and_double_click_zoom_the_image(page: Page) -> None:
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


def test_dragging_a_zoomed_image_pans_it_and_does_not_change_the_photo(page: Page) -> None:
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


def test_pinching_zooms_the_image(page: Page) -> None:
    open_ama(page)
    pinch_open(page)
    assert "scale(" in transform(page)


def test_the_compass_rose_shows_the_camera_heading(page: Page) -> None:
    open_ama(page)
    rose = page.get_by_role("img", name="Compass rose: the camera was facing 037° NE")
    expect(rose).to_be_visible()
    expect(rose.locator(".summit.named title")).to_have_text("Ama Dablam: 041° NE")
    expect(rose.locator(".view")).to_have_count(1)


def test_one_tap_corrects_and_another_undoes(page: Page, site: Site) -> None:
    open_ama(page)
    page.get_by_role("button", name="Add Thamserku").click()
    viewer = page.get_by_role("dialog")
    expect(viewer.get_by_role("heading", name="Ama Dablam, Thamserku")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(viewer.get_by_role("heading", name="Ama Dablam", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove Ama Dablam").click()
    expect(viewer.get_by_role("heading", name="No known peak")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(viewer.get_by_role("heading", name="Ama Dablam", exact=True)).to_be_visible()
    assert not any(photo.document.corrected for photo in site.album.photos.values())


def test_a_corrected_photo_shows_no_main_subject_and_no_automatic_note(page: Page, site: Site) -> None:
    peaks = [replace(seen(one, 0.45), in_view=0.9) for one in ("mount-everest", "lhotse")]
    photo = make_photo("two.jpg", "two", (1, 2, 3), peaks)
    note = "several peaks are in view: Mount Everest and Lhotse"
    site.album.photos[photo.document.id] = replace(photo, document=replace(photo.document, note=note))
    page.goto(f"{site.address}/?photo={photo.document.id}")
    viewer = page.get_by_role("dialog")
    expect(viewer).to_contain_text("Several peaks are in view: Mount Everest and Lhotse")
    expect(viewer).to_contain_text("Main subject")
    viewer.get_by_role("button", name="Remove Mount Everest").click()
    expect(viewer.get_by_role("heading", name="Lhotse", exact=True)).to_be_visible()
    expect(viewer).to_contain_text("Your correction")
    expect(viewer).not_to_contain_text("Several peaks")
    expect(viewer).not_to_contain_text("Main subject")


def test_no_known_peak_is_shown_only_after_a_user_correction(page: Page) -> None:
    search(page, "bridge")
    expect(page.locator(".tile")).to_have_count(1)
    open_viewer(page)
    viewer = page.get_by_role("dialog")
    expect(viewer.get_by_role("heading", name="No peak identified")).to_be_visible()
    expect(viewer).not_to_contain_text("No known peak")
    viewer.get_by_role("button", name="Correct the peaks").click()
    viewer.get_by_role("button", name="Save").click()
    expect(viewer.get_by_role("heading", name="No known peak")).to_be_visible()
    expect(viewer).to_contain_text("Your correction")


def test_commands_in_notes_are_formatted_as_code(page: Page, site: Site) -> None:
    photo = make_photo("lost.jpg", "lost", (1, 2, 3), position=None)
    note = "can't tell without position: say where you stood (`cumbre identify --at LAT,LON`)"
    site.album.photos[photo.document.id] = replace(photo, document=replace(photo.document, note=note))
    page.goto(f"{site.address}/?photo={photo.document.id}")
    expect(page.locator("#panel code")).to_have_text("cumbre identify --at LAT,LON")
    expect(page.locator("#panel")).not_to_contain_text("`")
    page.goto(site.address)
    give_photo(page, draw_photo((255, 0, 255)))
    expect(page.locator("#question code")).to_have_text("cumbre identify --at LAT,LON")


def test_undo_keeps_the_panel_scroll_position(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 420})
    open_ama(page)
    panel = page.locator("#panel")
    page.get_by_role("button", name="Remove Ama Dablam").click()
    expect(panel.get_by_role("heading", name="No known peak")).to_be_visible()
    panel.evaluate("panel => panel.scrollTo(0, 0)")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(panel.get_by_role("heading", name="Ama Dablam", exact=True)).to_be_visible()
    assert panel.evaluate("panel => panel.scrollTop") == 0


@pytest.mark.parametrize("size", [(900, 1200), (740, 360), (1280, 800)])
def test_diagrams_are_not_scaled_up_beyond_the_text_size(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_ama(page)
    for drawing in (".panorama", ".rose"):
        box = page.locator(drawing).bounding_box()
        assert box is not None
        assert 250 < box["width"] <= 384
        assert box["height"] > 60


DRAWN_VIEW = """async ([peaks, spacing]) => {
    const { panorama } = await import("/static/js/viewer/panorama.js");
    const candidates = peaks.map(([id, offset_deg, elevation_deg]) => ({ id, name: id, offset_deg, elevation_deg }));
    const svg = panorama({ heading_deg: 52, hfov_deg: 67.4, candidates }, new Set(candidates.map((peak) => peak.id)));
    svg.style.width = "340px";
    svg.style.letterSpacing = spacing;
    document.querySelector("#panel").replaceChildren(svg);
    const box = (element) => {
        const { x, y, width, height } = element.getBBox();
        return [x, y, x + width, y + height];
    };
    return {
        view: [0, 0, svg.viewBox.baseVal.width, svg.viewBox.baseVal.height],
        clips: getComputedStyle(svg).overflow,
        mountains: svg.querySelectorAll(".summit.named").length,
        names: [...svg.querySelectorAll("text:not(.deg)")].map((text) => [text.textContent, ...box(text)]),
        leaders: [...svg.querySelectorAll(".leader")].map((path) => box(path)),
    };
}"""


@pytest.mark.parametrize("spacing", ["normal", "0.4px"])
@pytest.mark.parametrize(
    "peaks",
    [
        [("Mount Everest", -3.0, 9.8), ("Lhotse", 1.5, 8.9), ("Nuptse", -7.5, 9.1), ("Ama Dablam", 24.0, 14.0)],
        [("Taboche", -33.0, 18.0), ("Cholatse", -31.0, 15.0), ("Ama Dablam", 33.5, 17.0), ("Thamserku", 31.0, 12.0)],
        [("Mount Everest", 0.0, 9.0), ("Lhotse", 0.1, 8.0), ("Lhotse Shar", 0.2, 8.0)],
        [("Khumbi Yul Lha", 40.0, 10.0), ("Kongde Ri", -44.0, 6.0), ("Kangtega", 20.0, 5.0)],
        [(f"Summit no. {n}", -30.0 + 10 * n, 5.0) for n in range(6)],
    ],
    ids=["close together", "at the edges", "one behind the other", "beyond the edges", "many"],
)
def test_every_named_peak_is_drawn_and_its_name_overlaps_no_name_or_line(
    page: Page, peaks: list[tuple[str, float, float]], spacing: str
) -> None:
    """Also where a font is drawn wider than it was measured, as with hinting; the spacing has the same effect."""
    open_viewer(page)
    drawn = page.evaluate(DRAWN_VIEW, [peaks, spacing])
    assert drawn["clips"] == "hidden"
    assert drawn["mountains"] == len(peaks)
    assert sorted(name for name, *_ in drawn["names"]) == sorted(name for name, *_ in peaks)
    _, _, width, height = drawn["view"]
    boxes = {name: box for name, *box in drawn["names"]}
    for name, (left, top, right, bottom) in boxes.items():
        assert left >= -0.5
        assert right <= width + 0.5
        assert top >= -2
        assert bottom <= height
        for other, box in boxes.items():
            apart = other == name or right <= box[0] or box[2] <= left or bottom <= box[1] + 2 or box[3] - 2 <= top
            assert apart, f"{name} covers {other}"
        for x, above, _, below in drawn["leaders"]:
            assert not (left < x < right and above < bottom - 4 and below > top + 2), f"a line runs through {name}"


def test_summit_marks_are_visible_in_forced_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    for _ in range(4):
        page.get_by_role("button", name="Zoom out").click()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for place in (".tile .summit-name", ".map-peak"):
        mark = page.locator(place).first
        expect(mark).to_be_attached()
        assert mark.evaluate("mark => getComputedStyle(mark, '::before').backgroundColor") != ground


def test_similar_photos_are_a_search_result_with_its_own_url(page: Page) -> None:
    open_ama(page)
    page.get_by_role("button", name="Similar photos").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("heading", name="2 similar photos")).to_be_visible()
    assert re.search(r"[?&]like=[0-9a-f]{40}", page.url)
    page.reload()
    expect(page.get_by_role("heading", name="2 similar photos")).to_be_visible()
    page.get_by_role("button", name="Remove filter: Similar to a photo").click()
    expect(page.locator(".tile")).to_have_count(5)
    page.go_back()
    expect(page.locator(".tile")).to_have_count(2)


def test_a_downloaded_image_has_no_metadata(page: Page) -> None:
    open_ama(page)
    expect(page.get_by_role("link", name="Download the original")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "ama.jpg"
    with Image.open(download.value.path()) as picture:
        assert not picture.getexif()


def test_the_original_can_be_downloaded_if_allowed(browser: Browser, album: FakeAlbum) -> None:
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


def test_the_map_shows_where_a_photo_was_taken_and_its_field_of_view(page: Page) -> None:
    open_ama(page)
    page.get_by_role("button", name="Show on the map").click()
    expect(page.locator("#map-popup")).to_contain_text("Ama Dablam")
    expect(page.locator("#map .wedge")).to_have_count(1)
    assert "map=1" in page.url
    page.keyboard.press("Escape")
    expect(page.locator("body.map-large")).to_have_count(0)
