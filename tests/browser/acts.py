"""User actions on the page, shared by the browser tests."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.support.fakes import draw_photo

BLUE_LIKE_AMA = draw_photo((90, 140, 220))
PHONE = {"width": 360, "height": 740}


_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_HISTORY = """() => new Promise((done) => {
    history.pushState(history.state, "");
    addEventListener("popstate", () => setTimeout(done), { once: true });
    history.back();
})"""


def await_frames(page: Page) -> None:
    """Waits until the page is drawn: sizes are observed and animation frames that were requested before have run."""
    page.evaluate(_FRAMES)


def await_history(page: Page) -> None:
    """Waits until the browser has gone back wherever the page asked for it. The browser does that in order."""
    page.evaluate(_HISTORY)
    await_frames(page)


def open_album(page: Page, address: str, photos: int) -> None:
    """Opens the page and waits for its pictures: if a test empties the album, pictures still loading would fail.

    It looks in every frame; `expect` would look at growing intervals, which cost each test a quarter of a second.
    """
    page.goto(address)
    page.wait_for_function("(photos) => document.querySelectorAll('.tile img.loaded').length === photos", arg=photos)


def search(page: Page, words: str) -> None:
    box = page.get_by_role("textbox", name="Search your photos")
    box.fill(words)
    box.press("Enter")


def picture_file(data: bytes = BLUE_LIKE_AMA, name: str = "ama.jpg") -> dict[str, Any]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def give_photo(page: Page, data: bytes = BLUE_LIKE_AMA) -> None:
    page.locator("#photo-file").set_input_files(picture_file(data))  # type: ignore[arg-type]


def add_photos(page: Page, *files: dict[str, Any]) -> None:
    page.locator("#album-files").set_input_files(list(files))  # type: ignore[arg-type]


def open_viewer(page: Page, which: int = 0) -> None:
    page.locator(".tile").nth(which).click()
    expect(page.get_by_role("button", name="Correct the peaks")).to_be_visible()


def say_in_chat(page: Page, words: str) -> None:
    box = page.locator(".chat-input")
    box.fill(words)
    box.press("Enter")


def pinch_open(page: Page) -> None:
    """Zooms in with a pinch gesture: two fingers on the picture move apart."""
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
