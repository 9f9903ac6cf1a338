"""Aligning the names with the summits by mouse, touch and keyboard, on picture and strip: save, undo, cancel."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from cumbre.errors import InvalidRequest
from cumbre.geo.geodesy import Position
from cumbre.geo.pinhole import project
from cumbre.photos.document import CameraPose
from cumbre.pose.skyline_fit import PoseHypothesis
from cumbre.services import json_form
from cumbre.viewshed.panorama import panorama
from cumbre.viewshed.visibility import VisibilityModel
from tests.browser.acts import PHONE, await_history, open_viewer, pinch_open, search
from tests.browser.drawn_names import drawn_names
from tests.browser.site import Site
from tests.support.fakes import KHUMBU, TENGBOCHE, FakeAlbumService, make_photo

pytestmark = pytest.mark.browser

START = CameraPose(70.0, 0.0, 0.0)
SIZE = (640, 480)


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(
        viewport=PHONE,  # type: ignore[arg-type]
        locale="en-GB",
        reduced_motion="reduce",
        has_touch=True,
        is_mobile=True,
    )
    page = site.watch(context)
    page.goto(site.address)
    expect(page.locator(".tile").first).to_be_visible()
    yield page
    context.close()


def open_ama(page: Page) -> None:
    search(page, "morning")
    expect(page.locator(".tile")).to_have_count(1)
    open_viewer(page)
    expect(page.locator("#large.loaded")).to_have_count(1)


def begin(page: Page) -> None:
    page.get_by_role("button", name="Align the names with the summits").click()
    expect(strip(page)).to_be_focused()
    expect(page.locator("#names .name").first).to_be_visible()


def strip(page: Page) -> Any:
    return page.get_by_role("slider", name="Camera direction")


def said(page: Page) -> str:
    drawn_names(page)
    return str(strip(page).get_attribute("aria-valuetext"))


def finish(page: Page) -> None:
    page.get_by_role("button", name="Save the alignment").click()
    expect(page.locator("#toast")).to_contain_text("Saved. The names stay where you put them.")
    expect(page.locator("#align")).to_be_hidden()


def aim_of(site: Site, words: str = "morning") -> CameraPose:
    [photo] = [photo for _, photo in site.album.all() if words in photo.words.split()]
    orientation = photo.document.orientation
    assert orientation is not None
    return orientation.aim


def drag(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0] / 2, start[1] + by[1] / 2, steps=3)
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=3)
    page.mouse.up()


def touch(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    fingers = page.context.new_cdp_session(page)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": start[0], "y": start[1]}]})
    for share in (0.25, 0.5, 0.75, 1.0):
        at = {"x": start[0] + share * by[0], "y": start[1] + share * by[1]}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def middle_of_strip(page: Page) -> tuple[float, float]:
    box = strip(page).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# What is drawn


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (360, 740), (740, 360)])
def test_catalogue_summits_are_drawn_where_the_camera_view_projects_them(
    page: Page, site: Site, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_ama(page)
    begin(page)
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Shift+]")
    seen = drawn_names(page)
    view = PoseHypothesis(70.0, 1.0, 1.0, 26.0, *SIZE)
    around = {p["id"]: p for p in json_form.peaks_around(panorama(KHUMBU, TENGBOCHE, VisibilityModel()))["peaks"]}
    assert set(seen.summits) >= {"ama-dablam", "lhotse"}
    for peak_id, at in seen.summits.items():
        peak = around[peak_id]
        [x], [y] = project(view, np.array([peak["bearing_deg"]]), np.array([peak["elevation_deg"]]))
        assert at == pytest.approx(seen.at(x, y), abs=0.5)


def test_names_stay_where_they_were_put(page: Page) -> None:
    open_ama(page)
    begin(page)
    drag(page, (400, 300), (60, 25))
    laid = drawn_names(page)
    finish(page)
    kept = drawn_names(page)
    assert kept.names
    for peak, at in kept.summits.items():
        assert at == pytest.approx(kept.at(*laid.place(laid.summits[peak])), abs=2)


# Input methods


def test_a_name_dragged_on_the_picture_follows_the_mouse(page: Page, site: Site) -> None:
    open_ama(page)
    begin(page)
    x, y = drawn_names(page).summits["ama-dablam"]
    drag(page, (x, y), (-70, 40))
    assert drawn_names(page).summits["ama-dablam"] == pytest.approx((x - 70, y + 40), abs=1)
    finish(page)
    aim = aim_of(site)
    assert aim.heading_deg > START.heading_deg + 3
    assert aim.pitch_deg > START.pitch_deg + 1


def test_zooming_in_makes_the_alignment_finer(page: Page) -> None:
    open_ama(page)
    begin(page)
    page.mouse.move(*drawn_names(page).summits["ama-dablam"])
    page.mouse.wheel(0, -500)
    page.wait_for_function("() => document.querySelector('#large').style.transform !== ''")
    x, y = drawn_names(page).summits["ama-dablam"]
    transform = page.locator("#large").evaluate("image => image.style.transform")
    drag(page, (x, y), (40, 30))
    assert drawn_names(page).summits["ama-dablam"] == pytest.approx((x + 40, y + 30), abs=1)
    assert page.locator("#large").evaluate("image => image.style.transform") == transform


def test_dragging_the_strip_turns_the_camera(page: Page, site: Site) -> None:
    open_ama(page)
    begin(page)
    drag(page, middle_of_strip(page), (-20, 10))
    turned = said(page)
    finish(page)
    aim = aim_of(site)
    # Dragging the panorama left turns the camera to the right. Dragging it down tilts the camera up.
    assert 5 < aim.heading_deg - START.heading_deg < 20
    assert (aim.pitch_deg - START.pitch_deg) * 2 == pytest.approx(aim.heading_deg - START.heading_deg, abs=0.1)
    assert turned == f"{aim.heading_deg:.1f}° E, {aim.pitch_deg:.1f}° up"


def test_touch_moves_the_names_and_the_strip_and_does_not_change_the_photo(phone: Page, site: Site) -> None:
    phone.locator(".tile").nth(2).tap()
    expect(phone.locator("#large.loaded")).to_have_count(1)
    phone.get_by_role("button", name="Align the names with the summits").tap()
    expect(phone.locator("#names .name").first).to_be_visible()
    expect(phone.locator("#panel")).to_be_hidden()
    x, y = drawn_names(phone).summits["ama-dablam"]
    touch(phone, (x, y), (-90, 10))
    assert drawn_names(phone).summits["ama-dablam"] == pytest.approx((x - 90, y + 10), abs=1.5)
    before = said(phone)
    touch(phone, middle_of_strip(phone), (60, 0))
    assert said(phone) != before
    expect(phone.locator("#count")).to_have_text("3 of 5")
    finish(phone)
    assert aim_of(site) != START
    expect(phone.locator("#panel")).to_be_visible()


def test_a_pinch_zooms_the_picture_and_does_not_turn_the_camera(page: Page) -> None:
    open_ama(page)
    begin(page)
    before = said(page)
    pinch_open(page)
    assert "scale(" in page.locator("#large").evaluate("image => image.style.transform")
    assert said(page) == before


def test_keys_turn_by_tenths_and_whole_degrees_and_do_not_change_the_photo(page: Page, site: Site) -> None:
    open_viewer(page, 2)
    begin(page)
    assert said(page) == "70.0° E, 0.0° up"
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowLeft", "Shift+ArrowDown", "ArrowUp", "]", "]", "[", "]"):
        page.keyboard.press(key)
    assert said(page) == "69.2° E, 0.9° down, tilted 0.2° right"
    # The keys also work while any button of the strip has the focus.
    page.get_by_role("button", name="Tilt the camera to the left").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert said(page) == "69.3° E, 0.9° down, tilted 0.1° right"
    expect(page.locator("#count")).to_have_text("3 of 5")
    strip(page).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Saved")
    assert aim_of(site) == CameraPose(69.3, -0.9, 0.1)
    expect(page.get_by_role("button", name="Align the names with the summits")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#count")).to_have_text("4 of 5")


def test_the_heading_wraps_around_at_north(page: Page, site: Site) -> None:
    open_ama(page)
    begin(page)
    for _ in range(71):
        page.keyboard.press("Shift+ArrowLeft")
    assert said(page) == "359.0° N, 0.0° up"
    finish(page)
    assert aim_of(site) == CameraPose(359.0, 0.0, 0.0)


def test_touch_targets_are_large_enough(phone: Page) -> None:
    phone.locator(".tile").nth(2).tap()
    phone.get_by_role("button", name="Align the names with the summits").tap()
    expect(strip(phone)).to_be_visible()
    buttons = phone.locator("#align button")
    for i in range(buttons.count()):
        box = buttons.nth(i).bounding_box()
        assert box is not None
        assert box["width"] >= 44
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"]


# Save, undo, cancel


def test_undo_reverts_the_alignment(page: Page, site: Site) -> None:
    open_ama(page)
    begin(page)
    page.keyboard.press("Shift+ArrowLeft")
    finish(page)
    assert aim_of(site) == CameraPose(69.0, 0.0, 0.0)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("Alignment undone.")
    assert aim_of(site) == START
    expect(page.get_by_role("button", name="Undo the alignment")).to_have_count(0)


def test_undo_of_a_second_alignment_restores_the_first_and_the_panel_removes_it(page: Page, site: Site) -> None:
    open_ama(page)
    for _ in range(2):
        begin(page)
        page.keyboard.press("Shift+ArrowLeft")
        finish(page)
    assert aim_of(site) == CameraPose(68.0, 0.0, 0.0)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("Alignment undone.")
    assert aim_of(site) == CameraPose(69.0, 0.0, 0.0)
    page.get_by_role("button", name="Undo the alignment").click()
    expect(page.get_by_role("button", name="Undo the alignment")).to_have_count(0)
    assert aim_of(site) == START


def test_escape_cancels_the_alignment_first_and_then_closes_the_photo(page: Page, site: Site) -> None:
    open_ama(page)
    before = drawn_names(page).summits
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.method != "GET" else None)
    begin(page)
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Escape")
    expect(page.locator("#align")).to_be_hidden()
    expect(page.get_by_role("button", name="Align the names with the summits")).to_be_focused()
    for peak_id, at in drawn_names(page).summits.items():
        assert at == pytest.approx(before[peak_id], abs=1)
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    assert sent == []
    assert aim_of(site) == START


def test_a_click_beside_the_picture_or_a_zoom_does_not_end_the_alignment_but_back_does(page: Page) -> None:
    open_ama(page)
    begin(page)
    page.mouse.click(20, 300)
    await_history(page)
    expect(strip(page)).to_be_visible()
    page.keyboard.press("+")
    assert "scale(1.5)" in page.locator("#large").evaluate("image => image.style.transform")
    page.go_back()
    expect(page.locator("#viewer")).to_be_hidden()
    open_viewer(page)
    expect(page.locator("#align")).to_be_hidden()
    expect(page.locator("#previous")).to_be_visible()


def test_a_rejected_alignment_is_reported_and_nothing_is_lost(
    page: Page, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise InvalidRequest("where this photo was taken is unknown")

    monkeypatch.setattr(FakeAlbumService, "orient", refuse)
    open_ama(page)
    begin(page)
    page.keyboard.press("Shift+ArrowLeft")
    page.get_by_role("button", name="Save the alignment").click()
    expect(page.locator("#toast")).to_contain_text("Where this photo was taken is unknown")
    assert said(page) == "69.0° E, 0.0° up"
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#align")).to_be_hidden()
    # The browser itself logs the rejected request.
    site.faults[:] = [fault for fault in site.faults if "400" not in fault]


def test_hidden_names_are_shown_again_after_an_alignment(page: Page) -> None:
    open_ama(page)
    page.keyboard.press("n")
    expect(page.locator("#names")).to_be_hidden()
    begin(page)
    finish(page)
    expect(page.locator("#names .name").first).to_be_visible()


def test_a_photo_without_names_gets_them_by_alignment(page: Page, site: Site) -> None:
    search(page, "everest")
    expect(page.locator(".tile")).to_have_count(1)
    open_viewer(page)
    expect(page.locator("#names")).to_be_hidden()
    begin(page)
    # It starts at the compass heading, with the lens data from the file.
    assert said(page) == "37.0° NE, 0.0° up"
    finish(page)
    expect(page.locator("#names .name").first).to_be_visible()
    expect(page.locator("#names-note")).to_have_count(0)
    assert aim_of(site, "everest") == CameraPose(37.0, 0.0, 0.0)


@pytest.mark.parametrize("position", [None, Position(27.8362, 86.7649)], ids=["no place", "no altitude"])
def test_alignment_is_not_offered_for_a_photo_without_a_full_position(
    page: Page, site: Site, position: Position | None
) -> None:
    photo = make_photo("lost.jpg", "lost", (1, 2, 3), position=position)
    site.album.photos[photo.document.id] = photo
    page.goto(f"{site.address}/?photo={photo.document.id}")
    expect(page.locator("#correct")).to_be_visible()
    expect(page.locator("#align-names")).to_have_count(0)


def test_a_place_without_known_summits_is_reported(page: Page, site: Site) -> None:
    photo = make_photo("sea.jpg", "sea", (1, 2, 3), position=Position(0.0, 0.0, 0.0))
    site.album.photos[photo.document.id] = photo
    page.goto(f"{site.address}/?photo={photo.document.id}")
    page.get_by_role("button", name="Align the names with the summits").click()
    expect(page.locator("#toast")).to_contain_text("The catalogue has no summits near this place.")
    expect(page.locator("#align")).to_be_hidden()


def test_html_in_catalogue_names_is_shown_as_text_on_the_strip(page: Page, site: Site) -> None:
    image = "<img src=x onerror=document.title='taken_over'>"
    catalog = dict(KHUMBU)
    catalog["ama-dablam"] = replace(catalog["ama-dablam"], names=(image,))
    site.album.catalog = type(KHUMBU)(list(catalog.values()))
    open_ama(page)
    begin(page)
    expect(page.locator("#strip")).to_contain_text(image)
    assert page.locator("#strip img, #names img").count() == 0


def test_the_put_request_contains_only_the_camera_direction(page: Page) -> None:
    open_ama(page)
    begin(page)
    page.keyboard.press("ArrowLeft")
    with page.expect_request(lambda request: request.method == "PUT") as put:
        page.keyboard.press("Enter")
    assert put.value.url.endswith("/orientation")
    assert json.loads(put.value.post_data or "") == {"heading_deg": 69.9, "pitch_deg": 0, "roll_deg": 0}
    expect(page.locator("#align")).to_be_hidden()
