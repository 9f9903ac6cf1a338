"""The page's main tasks (text and photo search, peaks, viewer, corrections) and its accessibility."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from cumbre.services.query_service import IndexingProgress
from tests.browser.acts import BLUE_LIKE_AMA, PHONE, give_photo, open_viewer, search
from tests.browser.site import Site
from tests.support.fakes import FakeAlbumService, draw_photo

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("broken_off", "told"), [("AbortError", "AbortError"), ("TypeError", "Error")])
def test_an_interrupted_response_is_not_read_as_an_empty_one(page: Page, broken_off: str, told: str) -> None:
    thrown = page.evaluate(
        """async (name) => {
            const { status } = await import("/static/js/net/api.js");
            const real = window.fetch;
            const body = () => Promise.reject(new DOMException("it broke off", name));
            window.fetch = async () => ({ ok: true, status: 200, json: body });
            try {
                return await status();
            } catch (error) {
                return error.name;
            } finally {
                window.fetch = real;
            }
        }""",
        broken_off,
    )
    assert thrown == told


def test_a_text_search_finds_photos_and_is_kept_in_the_url(page: Page) -> None:
    search(page, "ama dablam")
    expect(page.get_by_role("heading", name="2 photos for “ama dablam”")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.locator(".tile").first).to_contain_text("Ama Dablam")
    expect(page.locator(".tile").first).to_contain_text("its words are in the photo")
    assert page.url.endswith("?q=ama+dablam")
    page.go_back()
    expect(page.locator(".tile")).to_have_count(5)
    page.go_forward()
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.locator("#words")).to_have_value("ama dablam")


def test_thumbnails_are_loaded_and_visible(page: Page) -> None:
    expect(page.locator(".tile img.loaded")).to_have_count(5)
    widths = page.locator(".tile img").evaluate_all("images => images.map((image) => image.naturalWidth)")
    assert all(width > 0 for width in widths)


def test_clicking_a_peak_filters_and_clicking_again_clears_it(page: Page) -> None:
    peak = page.get_by_role("button", name="Ama Dablam, 6,812 m, 2 photos")
    peak.click()
    expect(page.locator(".tile")).to_have_count(2)
    expect(peak).to_have_attribute("aria-pressed", "true")
    assert "peak=ama-dablam" in page.url
    peak.click()
    expect(page.locator(".tile")).to_have_count(5)


def test_the_title_says_how_many_photos_of_which_peaks(page: Page) -> None:
    page.get_by_role("button", name="Ama Dablam, 6,812 m").click()
    expect(page.get_by_role("heading", name="2 photos of Ama Dablam")).to_be_visible()
    page.get_by_role("button", name="Mount Everest").click()
    expect(page.get_by_role("heading", name="3 photos of Ama Dablam or Mount Everest")).to_be_visible()
    page.locator("#from-day").fill("2023-10-04")
    expect(page.get_by_role("heading", name="2 photos of Ama Dablam or Mount Everest")).to_be_visible()
    assert page.title() == "Ama Dablam or Mount Everest · Since 4 Oct 2023 · Cumbre"
    search(page, "ama")
    expect(page.get_by_role("heading", name="1 photo for “ama” · Ama Dablam or Mount Everest")).to_be_visible()


def test_peak_counts_respect_the_other_filters(page: Page) -> None:
    page.locator("#from-day").fill("2023-10-04")
    expect(page.get_by_role("button", name="Ama Dablam, 6,812 m, 1 photo")).to_be_visible()
    page.get_by_role("button", name="Remove filter: Since 4 Oct 2023").click()
    expect(page.get_by_role("button", name="Ama Dablam, 6,812 m, 2 photos")).to_be_visible()


def test_a_match_reason_shared_by_all_photos_is_hidden(page: Page) -> None:
    def with_a_reason(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "results": [{**one, "why": "passes the filters"} for one in answer["results"]]})

    page.route("**/api/search?*", with_a_reason)
    page.get_by_role("button", name="Ama Dablam, 6,812 m").click()
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.get_by_text("passes the filters")).to_have_count(0)
    search(page, "ama")
    expect(page.locator(".tile").first).to_contain_text("passes the filters")


def test_selected_options_are_visible_in_forced_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    ground = "(button) => getComputedStyle(button).backgroundColor"
    everything, ama = (
        page.get_by_role("button", name="All peaks"),
        page.get_by_role("button", name="Ama Dablam, 6,812 m"),
    )
    assert everything.evaluate(ground) != ama.evaluate(ground)
    ama.click()
    expect(ama).to_have_attribute("aria-pressed", "true")
    tick = ama.evaluate(
        """(button) => {
            const { borderRightWidth, borderRightColor } = getComputedStyle(button, "::after");
            return [parseFloat(borderRightWidth), borderRightColor !== getComputedStyle(button).backgroundColor];
        }"""
    )
    assert tick[0] > 1
    assert tick[1]
    assert everything.evaluate(ground) != ama.evaluate(ground)
    search(page, "ama")
    expect(page.locator("#sort")).to_be_visible()
    grounds = page.locator("#sort span").evaluate_all(f"spans => spans.map({ground})")
    assert grounds[0] != grounds[1]


def test_a_url_with_an_unknown_peak_shows_an_error(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?peak=nonsense")
    expect(page.get_by_role("heading", name="There is no peak called “nonsense” here")).to_be_visible()
    page.get_by_role("button", name="Show all photos", exact=True).click()
    expect(page.locator(".tile")).to_have_count(5)


def test_going_back_to_an_unknown_peak_during_a_search_does_not_leave_the_page_faded(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?peak=nonsense")
    error = page.get_by_role("heading", name="There is no peak called “nonsense” here")
    expect(error).to_be_visible()
    held: list[Route] = []
    page.route("**/api/search?*", lambda route: held.append(route))
    page.get_by_role("button", name="Show all photos", exact=True).click()
    expect(page.locator("body.searching")).to_have_count(1)
    page.go_back()
    expect(error).to_be_visible()
    expect(page.locator("body.searching")).to_have_count(0)
    page.unroute("**/api/search?*")
    page.go_forward()
    expect(page.locator(".tile")).to_have_count(5)
    expect(page.locator("body.searching")).to_have_count(0)


def test_a_photo_as_the_question_with_an_unknown_peak_does_not_wait_for_an_answer(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?peak=nonsense")
    expect(page.get_by_role("heading", name="There is no peak called “nonsense” here")).to_be_visible()
    give_photo(page)
    expect(page.locator("#question").get_by_role("heading")).to_have_text("There is no peak called “nonsense” here")


def test_a_failed_search_can_be_retried(page: Page, site: Site) -> None:
    refused = {"error": {"code": "unavailable", "message": "the album is on its way"}}
    page.route("**/api/search?*", lambda route: route.fulfill(status=503, json=refused))
    search(page, "ama")
    expect(page.get_by_role("heading", name="The album is on its way", exact=True)).to_be_visible()
    page.unroute("**/api/search?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".tile")).to_have_count(2)
    # The browser logs the failed request itself.
    assert all("503" in fault for fault in site.faults)
    site.faults.clear()


def test_results_can_be_sorted_by_time(page: Page) -> None:
    search(page, "ama")
    expect(page.locator(".tile").first).to_contain_text("3 Oct 2023")
    expect(page.locator(".day")).to_have_count(0)
    page.get_by_role("radio", name="Newest first").check()
    expect(page.get_by_role("heading", level=2, name="Oct 2023")).to_have_text(["Wed, 4 Oct 2023", "Tue, 3 Oct 2023"])
    expect(page.locator(".tile").first).to_contain_text("07:00")
    assert "sort=time" in page.url


def test_an_empty_result_suggests_what_to_try(page: Page) -> None:
    search(page, "zebra")
    expect(page.get_by_role("heading", name="No results for “zebra”")).to_be_visible()
    expect(page.get_by_text("No photo fits these words well enough.")).to_be_visible()
    page.locator("#nothing").get_by_role("button", name="Ama Dablam").click()
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.get_by_role("heading", name="No results")).to_be_hidden()


def test_an_uploaded_photo_is_identified_above_its_related_photos(page: Page) -> None:
    give_photo(page)
    question = page.locator("#question")
    expect(question.get_by_role("heading", name="This looks like Ama Dablam")).to_be_visible()
    expect(question).to_contain_text("93%")
    expect(question).to_contain_text("9.2 km away at 041°, inside the view")
    expect(question).to_contain_text("4° right")
    expect(page.locator(".tile")).to_have_count(2)
    page.get_by_role("button", name="Close the photo").click()
    expect(question).to_be_hidden()
    expect(page.locator(".tile")).to_have_count(5)


def test_a_photo_can_be_dragged_and_dropped(page: Page) -> None:
    transfer = page.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "ama.jpg", { type: "image/jpeg" }));
            return transfer;
        }""",
        list(BLUE_LIKE_AMA),
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
    expect(page.locator("#drop")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(page.locator("#drop")).to_be_hidden()
    expect(page.locator("#question")).to_contain_text("Ama Dablam")


def test_back_removes_the_uploaded_photo_before_the_search_text(page: Page) -> None:
    search(page, "ama")
    expect(page.locator(".tile")).to_have_count(2)
    give_photo(page)
    expect(page.locator("#question").get_by_role("heading", name="This looks like Ama Dablam")).to_be_visible()
    page.go_back()
    expect(page.locator("#question")).to_be_hidden()
    expect(page.get_by_role("heading", name="2 photos for “ama”")).to_be_visible()
    page.go_forward()
    expect(page.locator("#question").get_by_role("heading", name="This looks like Ama Dablam")).to_be_visible()
    expect(page.get_by_role("heading", name="2 photos related to yours · “ama”")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="2 photos for “ama”")).to_be_visible()
    expect(page.locator("#question")).to_be_hidden()


def test_on_a_phone_the_answer_to_a_photo_is_visible_without_scrolling(page: Page) -> None:
    # Wait until the content above the answer is rendered.
    expect(page.locator("#time")).to_be_visible()
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    give_photo(page)
    name = page.locator("#question h2", has_text="Ama Dablam")
    expect(name).to_be_in_viewport(ratio=1)
    box, header = name.bounding_box(), page.locator(".top").bounding_box()
    assert box is not None
    assert header is not None
    assert header["y"] + header["height"] <= box["y"] < PHONE["height"] / 2


def test_no_peak_is_guessed_for_a_photo_of_an_unknown_mountain(page: Page) -> None:
    give_photo(page, draw_photo((255, 0, 255)))
    expect(page.locator("#question")).to_contain_text("No mountain recognised")
    expect(page.locator("#question")).to_contain_text("What would help: the original file")


def test_an_uploaded_photo_can_be_added_to_the_album(page: Page) -> None:
    give_photo(page, draw_photo((91, 141, 221)))
    page.get_by_role("button", name="Add to the album").click()
    expect(page.locator("#status")).to_contain_text("6 photos")
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.get_by_role("button", name="Added to the album")).to_be_disabled()


def test_a_file_that_is_not_an_image_gets_an_error_message(page: Page, site: Site) -> None:
    give_photo(page, b"hello")
    expect(page.locator("#question")).to_contain_text("This is not a picture that can be read")
    # The browser logs the failed request itself.
    assert len(site.faults) == 1
    assert "422" in site.faults.pop()


def test_the_viewer_works_with_the_keyboard(page: Page) -> None:
    search(page, "ama")
    expect(page.locator(".tile")).to_have_count(2)
    page.locator(".tile").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tile").nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog")
    expect(viewer).to_be_visible()
    expect(viewer.get_by_text("1 of 2")).to_be_visible()
    expect(viewer).to_contain_text("3 October 2023 at 07:00")
    page.keyboard.press("ArrowRight")
    expect(viewer.get_by_text("2 of 2")).to_be_visible()
    expect(viewer).to_contain_text("71%")
    page.keyboard.press("ArrowRight")
    expect(viewer.get_by_text("2 of 2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.locator(".tile").nth(1)).to_be_focused()
    assert "photo=" not in page.url


def test_the_viewer_shows_evidence_and_metadata(page: Page) -> None:
    search(page, "morning")
    expect(page.locator(".tile")).to_have_count(1)
    open_viewer(page)
    viewer = page.get_by_role("dialog")
    facts = ("6,812 m", "93%", "041° NE", "4° right", "9.2 km", "17.3°", "3,867 m", "037° NE", "67°", "Pixel 7")
    for fact in (*facts, "27.8362° N, 86.7649° E", "UTC+05:45", "trek/day 3/ama.jpg"):
        expect(viewer).to_contain_text(fact)
    expect(viewer.get_by_role("img", name="View towards 037° NE")).to_be_visible()
    expect(viewer.locator("#large")).to_have_class(re.compile("loaded"))


def test_a_photo_url_opens_that_photo(page: Page, site: Site) -> None:
    photo_id = next(iter(site.album.photos))
    page.goto(f"{site.address}/?photo={photo_id}")
    expect(page.get_by_role("dialog")).to_contain_text("Ama Dablam")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".tile")).to_have_count(5)


def test_back_closes_the_viewer(page: Page) -> None:
    open_viewer(page)
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_swipe_shows_the_next_photo(page: Page) -> None:
    open_viewer(page)
    swipe = """(stage) => {
        const at = (type, x) => new PointerEvent(type, { pointerType: "touch", clientX: x, clientY: 300 });
        stage.dispatchEvent(at("pointerdown", 500));
        stage.dispatchEvent(at("pointerup", 300));
    }"""
    page.locator("#stage").evaluate(swipe)
    expect(page.get_by_text("2 of 5")).to_be_visible()


def test_a_peak_can_be_corrected_with_the_keyboard_and_undone(page: Page, site: Site) -> None:
    search(page, "bridge")
    expect(page.locator(".tile")).to_have_count(1)
    open_viewer(page)
    viewer = page.get_by_role("dialog")
    viewer.get_by_role("button", name="Correct the peaks").press("Enter")
    name = viewer.get_by_label("Which peaks does this photo show?")
    expect(name).to_be_focused()
    name.fill("no such peak")
    name.press("Enter")
    expect(viewer.get_by_text("No peak has that name.")).to_be_visible()
    name.fill("khumbi yul lha")
    name.press("Enter")
    expect(viewer.get_by_role("button", name="Remove Khumbila")).to_be_visible()
    viewer.get_by_role("button", name="Save").press("Enter")
    expect(viewer.get_by_role("heading", name="Khumbila")).to_be_visible()
    expect(viewer.get_by_text("Your correction", exact=True)).to_be_visible()
    expect(viewer.get_by_text("Why this photo")).to_have_count(0)  # the search's reason was for the old peaks
    expect(page.locator(".peak", has_text="Khumbila")).to_contain_text("1")
    expect(page.locator(".tile").first).to_contain_text("Khumbila")
    viewer.get_by_role("button", name="Undo", exact=True).click()
    expect(viewer.get_by_role("heading", name="No peak identified")).to_be_visible()
    assert not any(photo.document.corrected for photo in site.album.photos.values())


def test_a_correction_can_be_undone_later(page: Page, site: Site) -> None:
    photo_id = next(iter(site.album.photos))
    FakeAlbumService(site.album).correct(photo_id, ())
    page.goto(f"{site.address}/?photo={photo_id}")
    page.get_by_role("button", name="Undo the correction").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Ama Dablam")).to_be_visible()


def test_escape_in_the_form_closes_only_the_form(page: Page) -> None:
    open_viewer(page)
    page.get_by_role("button", name="Correct the peaks").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Correct the peaks")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_failed_photos_are_listed_and_can_be_retried(page: Page) -> None:
    page.get_by_text("1 photo could not be read").click()
    expect(page.get_by_text("the file ends too early")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("It worked this time.")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(6)


def test_a_retry_that_fails_can_be_repeated(page: Page, site: Site) -> None:
    page.get_by_text("1 photo could not be read").click()
    page.route("**/retry", lambda route: route.abort())
    again = page.get_by_role("button", name="Try again")
    again.click()
    expect(page.locator("#toast")).to_contain_text("Cumbre is not responding.")
    expect(again).to_be_enabled()
    # The browser logs the failed request itself.
    site.faults[:] = [fault for fault in site.faults if "ERR_FAILED" not in fault]


def test_indexing_progress_is_shown_until_it_ends(page: Page, site: Site) -> None:
    site.album.indexing = IndexingProgress(3, 5, 2.0)
    page.reload()
    expect(page.get_by_text("Reading photos: 3 of 5")).to_be_visible()
    site.album.indexing = None
    expect(page.get_by_text("Reading photos")).to_be_hidden()


def test_an_empty_album_shows_how_to_start(page: Page, site: Site) -> None:
    site.album.photos.clear()
    page.reload()
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible()
    expect(page.get_by_text("cumbre demo")).to_be_visible()
    expect(page.locator("#map-panel")).to_be_hidden()


def test_data_is_never_parsed_as_html(page: Page, site: Site) -> None:
    site.album.notices = ("<img src=x onerror=alert(1)>",)
    page.goto(f"{site.address}/?q=%3Cimg+src%3Dx%3E")
    expect(page.get_by_role("heading", name="No results for “<img src=x>”")).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(sideways) == 0
    search(page, "zebra")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()
    assert page.evaluate(sideways) == 0
    give_photo(page)
    search(page, "ama")
    expect(page.locator("#question")).to_contain_text("Ama Dablam")
    expect(page.locator(".tile")).to_have_count(2)
    assert page.evaluate(sideways) == 0
    open_viewer(page)
    assert page.locator("#viewer").evaluate("viewer => viewer.scrollWidth - viewer.clientWidth") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast_with_its_background(page: Page, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: text has a contrast ratio of at least 4.5, including muted and accent colours."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    contrasts = page.evaluate(
        """() => {
            const style = getComputedStyle(document.documentElement);
            const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            const luminance = (name) => {
                const [r, g, b] = style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi)
                    .map((hex) => linear(parseInt(hex, 16) / 255));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const pairs = ["--paper", "--raised"].flatMap((ground) =>
                ["--ink", "--soft", "--glacier", "--glow"].map((ink) => [ink, ground]));
            pairs.push(["--ink", "--glacier-wash"], ["--soft", "--sunk"], ["--glacier-ink", "--glacier"]);
            return pairs.map(([ink, ground]) => {
                const [low, high] = [luminance(ink), luminance(ground)].sort((a, b) => a - b);
                return [`${ink} on ${ground}`, (high + 0.05) / (low + 0.05)];
            });
        }"""
    )
    assert {pair: round(value, 2) for pair, value in contrasts if value < 4.5} == {}
