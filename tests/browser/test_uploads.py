"""Uploading photos to the album: progress, failures and undo."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.acts import add_photos, picture_file
from tests.browser.site import Site
from tests.support.fakes import draw_photo

pytestmark = pytest.mark.browser

ONE, TWO, THREE = (draw_photo((200, 30, shade)) for shade in (10, 60, 110))


def test_added_photos_appear_and_can_be_removed_again(page: Page, site: Site) -> None:
    add_photos(page, picture_file(ONE, "one.jpg"), picture_file(TWO, "two.jpg"))
    uploads = page.get_by_role("region", name="All photos added")
    expect(uploads).to_be_visible()
    expect(uploads.locator(".upload.added")).to_have_count(2)
    expect(page.locator(".tile")).to_have_count(7)
    page.get_by_role("button", name="Undo: one.jpg").click()
    expect(uploads.get_by_text("Removed")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(6)
    assert len(site.album.photos) == 6
    page.get_by_role("button", name="Show: two.jpg").click()
    expect(page.get_by_role("dialog")).to_contain_text("inbox/two.jpg")
    page.keyboard.press("Escape")
    uploads.get_by_role("button", name="Close").click()
    expect(uploads).to_be_hidden()


def test_focus_stays_in_the_row_whose_button_was_pressed(page: Page) -> None:
    add_photos(page, picture_file(ONE, "one.jpg"), picture_file(TWO, "two.jpg"))
    expect(page.locator(".upload.added")).to_have_count(2)
    # Wait for all pictures: if one were still loading when its photo is removed, it would fail.
    expect(page.locator(".tile img.loaded")).to_have_count(7)
    page.get_by_role("button", name="Undo: one.jpg").press("Enter")
    expect(page.get_by_text("Removed")).to_be_visible()
    expect(page.locator(".upload", has_text="one.jpg")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show: two.jpg")).to_be_focused()


def test_a_photo_already_in_the_album_is_reported_and_cannot_be_undone(page: Page, site: Site) -> None:
    known = next(iter(site.album.photos.values()))
    add_photos(page, picture_file(known.jpeg, "copy.jpg"))
    expect(page.locator("#uploads")).to_contain_text("Already in the album")
    expect(page.get_by_role("button", name="Undo: copy.jpg")).to_have_count(0)


def test_a_failed_upload_shows_its_reason_and_can_be_retried(page: Page, site: Site) -> None:
    add_photos(page, picture_file(b"no picture", "notes.jpg"), picture_file(ONE, "one.jpg"))
    uploads = page.get_by_role("region", name="1 photo could not be added")
    expect(uploads.locator(".failed")).to_contain_text("This is not a picture that can be read")
    page.get_by_role("button", name="Try again: notes.jpg").click()
    expect(uploads.locator(".failed")).to_contain_text("This is not a picture that can be read")
    # The browser logs failed requests as errors.
    assert [fault for fault in site.faults if "422" not in fault] == []
    site.faults.clear()


def test_an_upload_can_be_cancelled_and_retried(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/photos", lambda route: held.append(route))
    add_photos(page, picture_file(ONE, "one.jpg"))
    page.get_by_role("button", name="Cancel: one.jpg").click()
    expect(page.locator("#uploads")).to_contain_text("Cancelled")
    held[0].abort()
    page.unroute("**/api/photos")
    page.get_by_role("button", name="Try again: one.jpg").click()
    expect(page.locator("#uploads .added")).to_have_count(1)


def test_two_uploads_run_at_a_time_and_the_title_shows_progress(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/photos", lambda route: held.append(route))
    add_photos(page, picture_file(ONE, "1.jpg"), picture_file(TWO, "2.jpg"), picture_file(THREE, "3.jpg"))
    expect(page.get_by_role("heading", name="Adding photos: 0 of 3")).to_be_visible()
    expect(page.locator("#uploads .waiting")).to_have_count(1)
    assert len(held) == 2
    assert page.title().startswith("(0%)")
    held[0].continue_()
    expect(page.get_by_role("heading", name="Adding photos: 1 of 3")).to_be_visible()
    page.wait_for_function("() => document.title.startsWith('(33')")
    for route in held[1:]:
        route.continue_()
    page.unroute("**/api/photos")
    expect(page.locator("#uploads .added")).to_have_count(3)


def test_a_file_over_the_size_limit_is_not_sent(page: Page) -> None:
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            const file = new File([new Uint8Array(10)], "huge.jpg", { type: "image/jpeg" });
            Object.defineProperty(file, "size", { value: 51e6 });
            transfer.items.add(file);
            window.huge = file;
        }"""
    )
    page.evaluate(
        """async () => {
            const { UploadQueue } = await import("/static/js/app/upload_queue.js");
            new UploadQueue({ onChange() {}, open() {} }).add([window.huge]);
        }"""
    )
    expect(page.locator("#uploads .failed")).to_contain_text("Too large: the limit is 50.0 MB")
    expect(page.get_by_role("button", name="Try again: huge.jpg")).to_have_count(0)


def test_photos_dropped_on_the_right_half_are_added_to_the_album(page: Page) -> None:
    transfer = page.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer();
            for (const [name, type] of [["a.jpg", "image/jpeg"], ["b.txt", "text/plain"]]) {
                transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
            }
            return transfer;
        }""",
        list(ONE),
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": transfer, "clientX": 1000})
    expect(page.locator("#drop.adding")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": transfer, "clientX": 1000})
    expect(page.locator("#uploads .added")).to_have_count(1)
    expect(page.get_by_text("Files that are not pictures were skipped.")).to_be_visible()


def test_file_names_are_shown_as_plain_text(page: Page, site: Site) -> None:
    add_photos(page, picture_file(ONE, "<img src=x onerror=alert(1)>.jpg"))
    expect(page.locator("#uploads .upload-name")).to_have_text("<img src=x onerror=alert(1)>.jpg")
    expect(page.locator("#uploads .added")).to_have_count(1)
    page.get_by_role("button", name="Show: <img").click()
    expect(page.get_by_role("dialog")).to_contain_text("<img src=x onerror=alert(1)>.jpg")
    assert page.locator("img[src='x']").count() == 0
