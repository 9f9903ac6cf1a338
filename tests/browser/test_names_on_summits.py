"""Summit labels on the photo: their positions, no overlaps, the on/off switch, and none if the fit is unsure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from cumbre.peaks.catalog import Catalog, Peak
from cumbre.photos.document import CameraPose, Orientation, SummitPosition
from tests.browser.acts import PHONE, open_album, open_viewer
from tests.browser.drawn_names import drawn_names
from tests.browser.site import Site
from tests.support.fakes import FakeAlbum, FakePhoto, make_photo

pytestmark = pytest.mark.browser

DESK = {"width": 1920, "height": 1080}
# Most important first. Some are close together, one is at the top edge, and some are at the sides.
PLACES = [
    ("Mount Everest", 0.25, 0.39), ("Lhotse", 0.41, 0.4), ("Ama Dablam", 0.88, 0.33), ("Thamserku", 0.7, 0.03),
    ("Nuptse", 0.22, 0.4), ("Lhotse Shar", 0.44, 0.42), ("Taboche", 0.02, 0.3), ("Cholatse", 0.06, 0.36),
    ("Makalu", 0.62, 0.45), ("Kangtega", 0.99, 0.5), ("Baruntse", 0.65, 0.47), ("Island Peak", 0.52, 0.47),
    ("Pumori", 0.33, 0.38), ("Kongde Ri", 0.75, 0.41),
]  # fmt: skip
BEHIND = "Nirekha Peak"
SCRIPT = "<script>document.title='taken over'</script>"
IMAGE = "<img src=x onerror=document.title='taken_over'>"


def view_of(photo: FakePhoto, *, sure: bool = True, summits: tuple[SummitPosition, ...] | None = None) -> FakePhoto:
    """Returns the photo with these summits, or by default with those of PLACES and one hidden summit."""
    if summits is None:
        summits = tuple(SummitPosition(peak_id(name), x, y, hidden=False, matched=True) for name, x, y in PLACES)
        summits += (SummitPosition(peak_id(BEHIND), 0.5, 0.6, hidden=True, matched=False),)
    orientation = Orientation(
        CameraPose(52.8, 3.5, 0.0), 26.0, heading_sigma_deg=0.3, probability=0.95 if sure else 0.4, sure=sure,
        better_heading=True, summits=summits,
    )  # fmt: skip
    note = "" if sure else "no names on the picture: its skyline fits the summits in more than one way, or in none"
    return replace(photo, document=replace(photo.document, orientation=orientation, names_note=note))


def peak_id(name: str) -> str:
    return name.lower().replace(" ", "-")


def catalogue(names: list[str]) -> Catalog:
    return Catalog(
        [Peak(peak_id(name), 27.9, 86.9, 8849.0 - i, (name,), "Khumbu", "NP") for i, name in enumerate(names)]
    )


@pytest.fixture
def album() -> FakeAlbum:
    album = FakeAlbum.of(
        [
            view_of(make_photo("1/ridge.jpg", "ridge", (90, 140, 220), day=3)),
            view_of(make_photo("2/unsure.jpg", "unsure", (240, 150, 90), day=2), sure=False),
            make_photo("3/yak.jpg", "yak", (200, 190, 150), day=1),
        ]
    )
    album.catalog = catalogue([*(name for name, *_ in PLACES), BEHIND])
    return album


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce")
    page = site.watch(context)
    open_album(page, site.address, 3)
    yield page
    context.close()


def open_photo(page: Page, site: Site, key: str) -> None:
    page.goto(f"{site.address}/?photo={next(id for id, one in site.album.all() if one.document.key == key)}")
    expect(page.locator("#correct")).to_be_visible()
    expect(page.locator("#large.loaded")).to_have_count(1)


def open_ridge(page: Page, site: Site) -> None:
    open_photo(page, site, "1/ridge.jpg")
    expect(page.locator("#names .name").first).to_be_visible()


def names_on(page: Page) -> list[str]:
    return [name.lines[0] for name in drawn_names(page).names]


def assert_all_stand_at_their_summits(page: Page) -> None:
    seen = drawn_names(page)
    assert seen.names
    for peak, at in seen.summits.items():
        [place] = [(x, y) for name, x, y in PLACES if peak_id(name) == peak]
        assert at == pytest.approx(seen.at(*place), abs=2)


@pytest.mark.parametrize("size", [(360, 740), (740, 360), (900, 1200), (1280, 800), (1920, 1080), (3840, 2160)])
def test_names_are_at_their_summits_for_every_window_shape(page: Page, site: Site, size: tuple[int, int]) -> None:
    open_ridge(page, site)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert_all_stand_at_their_summits(page)


def test_names_follow_zoom_and_pan_and_keep_their_font_size(page: Page, site: Site) -> None:
    open_ridge(page, site)
    whole = drawn_names(page).names[0].px
    page.mouse.move(300, 330)
    page.mouse.wheel(0, -300)
    page.wait_for_function("() => document.querySelector('#large').style.transform !== ''")
    assert_all_stand_at_their_summits(page)
    page.mouse.down()
    page.mouse.move(420, 360, steps=3)
    page.mouse.up()
    assert_all_stand_at_their_summits(page)
    closer = drawn_names(page)
    assert closer.picture.right - closer.picture.left > closer.stage.right - closer.stage.left
    assert {name.px for name in closer.names} == {whole}
    assert all(text.within(closer.stage) for name in closer.names for text in name.texts)
    page.keyboard.press("0")
    assert_all_stand_at_their_summits(page)


@pytest.mark.parametrize(("size", "least"), [(PHONE, 4), (DESK, 8)])
def test_names_lines_and_marks_do_not_overlap(page: Page, site: Site, size: Any, least: int) -> None:
    page.set_viewport_size(size)
    open_ridge(page, site)
    seen = drawn_names(page)
    assert len(seen.names) >= least
    # The most important summit is labelled first.
    assert seen.names[0].lines[0] == "Mount Everest"
    for i, one in enumerate(seen.names):
        for other in seen.names[:i]:
            assert not any(part.meets(another) for part in one.parts for another in other.parts)
        assert all(text.within(seen.picture) for text in one.texts)
        assert not any(text.meets(button) for text in one.texts for button in seen.buttons)


def test_a_summit_at_the_top_edge_has_its_name_beside_or_below_it(page: Page, site: Site) -> None:
    open_ridge(page, site)
    [thamserku] = [name for name in drawn_names(page).names if name.peak == "thamserku"]
    assert thamserku.texts[0].bottom > thamserku.mark.top


def test_names_show_elevations_and_hidden_summits_have_no_name(page: Page, site: Site) -> None:
    open_ridge(page, site)
    assert drawn_names(page).names[0].lines == ["Mount Everest", "8,849 m"]
    assert BEHIND not in names_on(page)


def test_screen_readers_get_all_names_as_one_image(page: Page, site: Site) -> None:
    open_ridge(page, site)
    names = names_on(page)
    heard = page.get_by_role("img", name="In the picture: Mount Everest")
    expect(heard).to_have_count(1)
    assert all(name in str(heard.get_attribute("aria-label")) for name in names)
    expect(page.locator("#large")).to_have_attribute("alt", "Photo")


def test_names_can_be_switched_off_and_on_and_the_choice_is_kept(page: Page, site: Site) -> None:
    open_ridge(page, site)
    switch = page.get_by_role("button", name="Summit names")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(page.locator("#names")).to_be_hidden()
    page.reload()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#large.loaded")).to_have_count(1)
    expect(page.locator("#names")).to_be_hidden()
    page.keyboard.press("n")
    expect(page.locator("#names .name").first).to_be_visible()
    expect(switch).to_have_attribute("aria-pressed", "true")


def test_an_unsure_fit_shows_the_reason_instead_of_names(page: Page, site: Site) -> None:
    open_photo(page, site, "2/unsure.jpg")
    expect(page.locator("#names")).to_be_hidden()
    expect(page.get_by_role("button", name="Summit names")).to_be_hidden()
    expect(page.locator("#names-note")).to_have_text(
        "No names on the picture: its skyline fits the summits in more than one way, or in none"
    )


def test_names_appear_only_on_their_own_photos(page: Page) -> None:
    open_viewer(page)
    for key, count, named in (
        ("ArrowRight", "2 of 3", False),
        ("ArrowRight", "3 of 3", True),
        ("ArrowLeft", "2 of 3", False),
    ):
        page.keyboard.press(key)
        expect(page.locator("#count")).to_have_text(count)
        expect(page.locator("#large.loaded")).to_have_count(1)
        expect(page.locator("#names")).to_be_visible(visible=named)


def test_names_appear_with_the_image_without_waiting_for_the_panel(page: Page) -> None:
    pictures: list[Route] = []
    photos: list[Route] = []
    page.route("**/rendition?size=*", lambda route: pictures.append(route))
    page.route("**/api/photos/*", lambda route: photos.append(route))
    with page.expect_request("**/rendition?size=*"), page.expect_request("**/api/photos/*"):
        page.locator(".tile").last.click()
    assert names_on(page) == []
    for route in pictures:
        route.continue_()
    # The search response already contains the names.
    expect(page.locator("#names .name").first).to_be_visible()
    expect(page.locator("#correct")).to_have_count(0)
    for route in photos:
        route.continue_()
    expect(page.locator("#correct")).to_be_visible()
    expect(page.locator("#names .name").first).to_be_visible()


def test_names_from_a_hostile_catalogue_stay_plain_text_and_fit(page: Page, site: Site) -> None:
    names = [SCRIPT, IMAGE, "Mountain of a very long name " * 20, "शिखर \u202e नाम"]
    site.album.catalog = catalogue(names)
    summits = tuple(
        SummitPosition(peak_id(name), 0.2 + 0.2 * i, 0.5, hidden=False, matched=True) for i, name in enumerate(names)
    )
    for photo_id, photo in site.album.all():
        site.album.photos[photo_id] = view_of(photo, summits=summits)
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    open_ridge(page, site)
    seen = drawn_names(page)
    assert len(seen.names) == len(names)
    lines = [name.lines[0] for name in seen.names]
    assert IMAGE in lines
    assert any(line.endswith("…") for line in lines)
    assert all(text.within(seen.picture) for name in seen.names for text in name.texts)
    made = page.locator("#names *").evaluate_all("parts => parts.map((part) => part.localName)")
    assert set(made) == {"g", "path", "circle", "text"}
    assert page.title() == "Cumbre"


def test_names_are_legible_in_forced_colours_and_in_place_in_print(page: Page, site: Site) -> None:
    open_ridge(page, site)
    page.emulate_media(forced_colors="active")
    fill = page.locator("#names text").first.evaluate("text => getComputedStyle(text).fill")
    assert fill == "rgb(255, 255, 255)"
    page.emulate_media(media="print", forced_colors="none")
    assert_all_stand_at_their_summits(page)
    expect(page.locator("#toggle-names")).to_be_hidden()
