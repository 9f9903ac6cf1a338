"""The chat in the page, run in real Chromium with the real conversation code over an in-memory album."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, JSHandle, Locator, Page, expect

from bot.web.chat.routes import create_chat
from bot.web.chat.sent_pictures import SentPictures
from bot.web.site import create_app
from cumbre.errors import IndexFault
from cumbre.search.query import SearchAnswer, SearchRequest
from cumbre.state.sqlite import SqliteStateStore
from tests.browser.acts import BLUE_LIKE_AMA, PHONE, await_frames
from tests.browser.site import Site, served
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService, draw_photo

pytestmark = pytest.mark.browser

NO_PEAK = draw_photo((255, 0, 255))
SIDEWAYS = "element => element.scrollWidth - element.clientWidth"


@pytest.fixture
def query(album: FakeAlbum) -> FakeQueryService:
    return FakeQueryService(album)


@pytest.fixture
def site(query: FakeQueryService, album: FakeAlbum, tmp_path: Path) -> Iterator[Site]:
    """A site with the chat enabled."""
    state = SqliteStateStore(tmp_path / "state.sqlite")
    changes = FakeAlbumService(album)
    pictures = SentPictures(tmp_path / "chat")
    chat = create_chat(query, changes, lambda: album.catalog, state, pictures, max_photo_bytes=1_000_000)
    with served(create_app(query, changes, lambda: album.catalog, beside=[chat]), album) as site:
        yield site
    state.close()


@pytest.fixture
def chat(page: Page) -> Locator:
    """The chat, already open."""
    page.locator("#open-chat").click()
    chat = page.locator("#chat")
    expect(chat).to_be_visible()
    return chat


def say(chat: Locator, words: str) -> None:
    box = chat.locator(".chat-input")
    box.fill(words)
    box.press("Enter")


def give(chat: Locator, *photos: bytes) -> None:
    files: list[FilePayload] = [
        {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": one} for n, one in enumerate(photos, 1)
    ]
    chat.locator("input[type=file]").set_input_files(files)


def press(chat: Locator, label: str) -> None:
    chat.get_by_role("button", name=label).last.click()


def files_in_hand(page: Page, data: bytes = BLUE_LIKE_AMA) -> JSHandle:
    """A DataTransfer that holds a photo, as a drag or a paste does."""
    return page.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "ama.jpg", { type: "image/jpeg" }));
            return transfer;
        }""",
        list(data),
    )


def test_the_chat_is_loaded_when_it_is_first_opened(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.locator("#open-chat").click()
    expect(page.locator("#chat")).to_be_visible()
    assert {"chat_drawer.js", "chat.css", "message_log.js", "composer.js"} <= set(asked)
    page.locator("#open-chat").click()
    expect(page.locator("#chat")).to_be_hidden()
    asked.clear()
    page.locator("#open-chat").click()
    expect(page.locator("#chat")).to_be_visible()
    assert asked == []


def test_a_text_search_finds_photos_that_open_in_full_view_and_close_again(page: Page, chat: Locator) -> None:
    say(chat, "ama dablam")
    expect(chat.get_by_text("2 photos for “ama dablam”")).to_be_visible()
    photos = chat.locator(".chat-photo")
    expect(photos).to_have_count(2)
    expect(photos.first).to_contain_text("Ama Dablam (6,812\xa0m)")
    expect(chat.get_by_role("img", name="Ama Dablam").first).to_be_visible()
    photos.nth(1).click()
    viewer = page.locator("#viewer")
    expect(viewer).to_be_visible()
    assert "photo=" in page.url
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(chat).to_be_visible()
    expect(photos.nth(1)).to_be_focused()


def test_a_photo_is_identified_and_corrected_with_buttons(page: Page, chat: Locator) -> None:
    give(chat, BLUE_LIKE_AMA)
    expect(chat.locator(".chat-chosen")).to_contain_text("1.jpg")
    chat.get_by_role("button", name="Send").click()
    expect(chat.locator(".chat-lead", has_text="Ama Dablam (6,812\xa0m)")).to_be_visible()
    expect(chat.locator(".chat-own img")).to_be_visible()
    expect(chat.locator(".chat-chosen")).to_be_hidden()
    chat.get_by_role("button", name="It's another peak").first.click()
    expect(chat.get_by_text("Which peak is it?")).to_be_visible()
    press(chat, "Thamserku")
    expect(chat.get_by_text("Thanks! From now on this photo shows Thamserku")).to_be_visible()
    expect(chat.get_by_text("Which peak is it?")).to_have_count(0)
    press(chat, "Undo")
    expect(chat.get_by_text("Correction undone.")).to_be_visible()
    expect(chat.get_by_text("Thanks!")).to_have_count(0)


def test_a_correction_in_the_chat_appears_on_the_page(page: Page, chat: Locator) -> None:
    say(chat, "bridge")
    press(chat, "It's another peak")
    press(chat, "Type its name")
    expect(chat.get_by_text("Type the name of the peak.")).to_be_visible()
    expect(chat.locator(".chat-input")).to_be_focused()
    say(chat, "khumbila")
    expect(chat.get_by_text("From now on this photo shows Khumbila")).to_be_visible()
    expect(page.locator(".peak", has_text="Khumbila")).to_contain_text("1")
    press(chat, "Undo")
    expect(page.locator(".peak", has_text="Khumbila")).to_have_count(0)


def test_a_peak_button_shows_the_photos_of_that_peak(chat: Locator) -> None:
    chat.get_by_role("button", name="Which peaks are there?").click()
    press(chat, "Mount Everest (8,849\xa0m) · 1")
    expect(chat.locator(".chat-photo")).to_have_count(1)
    expect(chat.get_by_text("1 photo for “Mount Everest”.")).to_be_visible()


def test_a_sort_button_disappears_once_pressed(chat: Locator) -> None:
    say(chat, "ama dablam")
    press(chat, "Sort by date")
    expect(chat.get_by_text("newest first")).to_be_visible()
    expect(chat.get_by_role("button", name="Sort by date")).to_have_count(0)


def test_a_command_inside_a_message_is_a_button(chat: Locator) -> None:
    chat.get_by_role("button", name="What can you do?").click()
    press(chat, "/status")
    expect(chat.get_by_text("5 photos in the album.")).to_be_visible()


def test_several_photos_are_sent_as_one_message_and_can_be_removed_first(chat: Locator) -> None:
    give(chat, BLUE_LIKE_AMA, NO_PEAK)
    give(chat, NO_PEAK)
    expect(chat.locator(".chat-chosen li")).to_have_count(3)
    chat.get_by_role("button", name="Remove 2.jpg").click()
    chat.locator(".chat-input").press("Enter")
    expect(chat.locator(".chat-lead", has_text="2 photos")).to_be_visible()


def test_a_photo_dropped_or_pasted_into_the_chat_goes_only_to_the_chat(page: Page, chat: Locator) -> None:
    in_hand = files_in_hand(page)
    chat.dispatch_event("dragenter", {"dataTransfer": in_hand})
    expect(page.locator("#drop")).to_be_hidden()
    chat.dispatch_event("drop", {"dataTransfer": in_hand})
    expect(chat.locator(".chat-chosen li")).to_have_count(1)
    chat.locator(".chat-input").evaluate(
        """(box, data) => box.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))""",
        in_hand,
    )
    expect(chat.locator(".chat-chosen li")).to_have_count(2)
    expect(page.locator("#question")).to_be_hidden()


@pytest.mark.parametrize("place", ["27.83, 86.76", "27,83° N 86,76° E", "27.83 86.76"])
def test_a_place_is_accepted_in_the_formats_maps_use(chat: Locator, place: str) -> None:
    say(chat, place)
    expect(chat.locator(".chat-lead", has_text="Peaks around there")).to_be_visible()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("-13.1631, -72.5450", {"lat": -13.1631, "lon": -72.545}),
        ("13,1631° S, 72,5450° O", {"lat": -13.1631, "lon": -72.545}),
        ("45.9763° N, 7.6586° E", {"lat": 45.9763, "lon": 7.6586}),
        ("27.8, 181.0", None),
        ("12 10", None),
        ("ama dablam", None),
        ("27.8", None),
    ],
)
def test_coordinates_are_distinguished_from_other_text(
    scripts: Page, text: str, place: dict[str, float] | None
) -> None:
    read = "async (text) => (await import('/static/js/chat/parse_place.js')).parsePlace(text)"
    assert scripts.evaluate(read, text) == place


def test_the_chat_explains_how_to_type_a_place_when_it_needs_one(chat: Locator) -> None:
    give(chat, NO_PEAK)
    chat.locator(".chat-input").press("Enter")
    expect(chat.get_by_text("Type the place as latitude and longitude")).to_be_visible()
    expect(chat.locator(".chat-input")).to_be_focused()
    say(chat, "27.83, 86.76")
    expect(chat.get_by_text("Taken: 27.83000, 86.76000")).to_be_visible()


@pytest.mark.parametrize("is_phone", [False, True])
def test_a_reload_with_the_chat_open_does_not_focus_a_button(page: Page, chat: Locator, is_phone: bool) -> None:
    if is_phone:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.reload()
    expect(page.locator("#chat")).to_be_visible()
    await_frames(page)
    expect(page.locator("#chat" if is_phone else "body")).to_be_focused()


def test_a_reload_keeps_the_conversation_and_its_buttons(page: Page, chat: Locator) -> None:
    give(chat, BLUE_LIKE_AMA)
    say(chat, "")
    expect(chat.locator(".chat-photo")).to_have_count(2)
    page.reload()
    expect(chat).to_be_visible()
    expect(chat.locator(".chat-own")).to_contain_text("1.jpg")
    expect(chat.locator(".chat-photo")).to_have_count(2)
    chat.get_by_role("button", name="It's another peak").first.click()
    expect(chat.get_by_text("Which peak is it?")).to_be_visible()
    chat.get_by_role("button", name="Close").click()
    # A dialog fires its close event a moment later.
    expect(page.locator("#open-chat")).to_have_attribute("aria-expanded", "false")
    page.reload()
    expect(page.locator(".tile img.loaded")).to_have_count(5)
    expect(chat).to_have_count(0)


def test_a_message_that_failed_to_send_stays_and_can_be_sent_again(
    page: Page, chat: Locator, site: Site, query: FakeQueryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_request: object) -> None:
        raise IndexFault("it is damaged")

    with monkeypatch.context() as patched:
        patched.setattr(query, "search", broken)
        give(chat, BLUE_LIKE_AMA)
        say(chat, "sunset")
        expect(chat.get_by_text("I can't answer right now.")).to_be_visible()
    expect(chat.locator(".chat-input")).to_have_value("sunset")
    expect(chat.locator(".chat-chosen li")).to_have_count(1)
    expect(chat.locator(".chat-own")).to_have_count(0)
    chat.get_by_role("button", name="Try again").click()
    expect(chat.locator(".chat-photo")).to_have_count(1)
    expect(chat.locator(".chat-input")).to_have_value("")
    expect(chat.get_by_text("I can't answer right now.")).to_have_count(0)
    # The browser itself logs a failed request.
    assert len(site.faults) == 1
    assert "503" in site.faults.pop()


def test_a_button_that_sends_a_message_leaves_the_text_box_unchanged(page: Page, chat: Locator, site: Site) -> None:
    chat.locator(".chat-input").fill("half a thought")
    page.route("**/chat/messages", lambda route: route.abort())
    chat.get_by_role("button", name="Which peaks are there?").click()
    expect(chat.get_by_text("Cumbre is not responding.")).to_be_visible()
    page.unroute("**/chat/messages")
    chat.get_by_role("button", name="Try again").click()
    expect(chat.get_by_text("Choose one to see its photos.")).to_be_visible()
    expect(chat.locator(".chat-input")).to_have_value("half a thought")
    site.faults.clear()


def test_while_waiting_for_an_answer_the_chat_says_so_and_locks_the_text_box(
    chat: Locator, query: FakeQueryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_answer, search = threading.Event(), query.search

    def slow(request: SearchRequest) -> SearchAnswer:
        assert may_answer.wait(10)
        return search(request)

    monkeypatch.setattr(query, "search", slow)
    say(chat, "ama dablam")
    expect(chat.get_by_text("Looking…")).to_be_visible()
    expect(chat.locator(".chat-input")).to_have_attribute("readonly", "")
    expect(chat.locator(".chat-input")).to_be_focused()
    may_answer.set()
    expect(chat.locator(".chat-photo")).to_have_count(2)
    expect(chat.get_by_text("Looking…")).to_have_count(0)
    say(chat, "bridge")
    expect(chat.get_by_text("1 photo for “bridge”.")).to_be_visible()


def test_only_the_end_of_a_long_conversation_is_kept(page: Page, chat: Locator) -> None:
    for n in range(35):
        say(chat, f"no such thing {n}")
        expect(chat.get_by_text(f"Nothing in the album matches “no such thing {n}”")).to_be_visible()
    expect(chat.locator(".chat-own")).to_have_count(30)
    page.reload()
    expect(chat.locator(".chat-own")).to_have_count(30)
    expect(chat.locator(".chat-own").first).to_contain_text("no such thing 5")


def test_a_button_press_that_failed_to_send_can_be_retried(page: Page, chat: Locator, site: Site) -> None:
    say(chat, "ama dablam")
    expect(chat.locator(".chat-photo")).to_have_count(2)
    page.route("**/chat/messages", lambda route: route.abort())
    press(chat, "Sort by date")
    expect(chat.get_by_text("Cumbre is not responding.")).to_be_visible()
    page.unroute("**/chat/messages")
    chat.get_by_role("button", name="Try again").click()
    expect(chat.get_by_text("newest first")).to_be_visible()
    assert all("ERR_FAILED" in fault for fault in site.faults)
    site.faults.clear()


def test_an_expired_button_says_so_in_a_toast(page: Page, chat: Locator) -> None:
    say(chat, "ama dablam")
    expect(chat.locator(".chat-photo")).to_have_count(2)
    page.context.clear_cookies()
    press(chat, "It's another peak")
    expect(page.locator("#toast")).to_contain_text("This button has expired.")


def test_messages_are_never_parsed_as_html(page: Page, chat: Locator) -> None:
    say(chat, "<img src=x onerror=alert(1)>")
    expect(chat.get_by_text("Nothing in the album matches “<img src=x onerror=alert(1)>”")).to_be_visible()
    expect(chat.locator(".chat-own")).to_have_text("You: <img src=x onerror=alert(1)>")


def test_the_whole_chat_works_by_keyboard(page: Page) -> None:
    button = page.locator("#open-chat")
    button.focus()
    page.keyboard.press("Enter")
    chat = page.get_by_role("dialog", name="Talk about your photos")
    box = chat.get_by_role("textbox", name="Your message")
    expect(box).to_be_focused()
    page.keyboard.type("/peaks")
    page.keyboard.press("Enter")
    expect(chat.get_by_text("Choose one to see its photos.")).to_be_visible()
    expect(box).to_be_focused()
    chat.get_by_role("button", name="Ama Dablam (6,812\xa0m) · 2").focus()
    page.keyboard.press("Enter")
    expect(chat.locator(".chat-photo")).to_have_count(2)
    chat.get_by_role("button", name="It's another peak").focus()
    page.keyboard.press("Enter")
    chat.get_by_role("button", name="2", exact=True).focus()
    page.keyboard.press("Enter")
    # The question with the numbered buttons is gone, so the focus moves to the start of the answer.
    expect(chat.locator(".chat-reply").last.get_by_role("button").first).to_be_focused()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_the_chat_answers_in_spanish_for_a_spanish_browser(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="es-ES", reduced_motion="reduce")
    page = context.new_page()
    page.goto(site.address)
    page.locator("#open-chat").click()
    chat = page.locator("#chat")
    say(chat, "ama dablam")
    expect(chat.get_by_text("2 fotos")).to_be_visible()
    press(chat, "Es otra cumbre")
    expect(chat.get_by_text("¿Qué foto?")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_chat_fills_the_whole_screen(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert page.locator("html").evaluate(SIDEWAYS) == 0
    page.locator("#open-chat").click()
    chat = page.locator("#chat")
    expect(chat).to_be_visible()
    assert chat.bounding_box() == {"x": 0, "y": 0, **PHONE}
    give(chat, BLUE_LIKE_AMA, NO_PEAK)
    long_name: FilePayload = {"name": f"{'IMG_2023' * 12}.jpg", "mimeType": "image/jpeg", "buffer": NO_PEAK}
    chat.locator("input[type=file]").set_input_files(long_name)
    for element in (chat, chat.locator(".chat-composer")):
        assert element.evaluate(SIDEWAYS) == 0
    say(chat, "ama")
    expect(chat.locator(".chat-photo").first).to_be_visible()
    say(chat, "/peaks" + "x" * 200)
    expect(chat.get_by_text("I don't know that command.")).to_be_visible()
    for element in (chat, chat.locator(".chat-log"), page.locator("html")):
        assert element.evaluate(SIDEWAYS) == 0
    chat.locator(".chat-photo").first.click()
    expect(page.locator("#viewer")).to_be_visible()
    page.locator("#close").click()
    expect(page.locator("#viewer")).to_be_hidden()
    expect(chat).to_be_visible()
    chat.get_by_role("button", name="Close").click()
    expect(chat).to_be_hidden()


def test_the_page_still_works_beside_the_open_chat(page: Page, chat: Locator) -> None:
    page.locator("#words").fill("ama dablam")
    page.locator("#words").press("Enter")
    expect(page.locator(".tile")).to_have_count(2)
    expect(chat).to_be_visible()
    assert page.locator("html").evaluate(SIDEWAYS) == 0
    right = max(box["x"] + box["width"] for tile in page.locator(".tile").all() if (box := tile.bounding_box()))
    left = chat.bounding_box()
    assert left is not None
    assert right <= left["x"]
