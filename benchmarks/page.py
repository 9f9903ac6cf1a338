"""Measure the page with a large album in Chromium, from the browser's own traces.

    python -m benchmarks.page [--photos 10000]

The index is the embedded one, filled with realistic documents; pictures are a dozen small JPEGs. Tasks are those of the
renderer's main thread ("RunTask" in the trace): while one runs, the page does not respond. An answer is drawn when the
frame after its tiles has been presented; its time counts from the end of the API's response. The map's time counts from
the end of the response with all places, and includes loading the map's own scripts.

Needs Chromium and the development dependencies (Playwright).
"""

import argparse
import io
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from waitress.server import create_server

from benchmarks.query import fill
from bot.web.site import create_app
from cumbre.bootstrap import open_library
from cumbre.library.library import Library
from cumbre.search.query import MAX_RESULT_WINDOW
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from cumbre.settings import Settings
from tests.browser.chromium import find_chromium

_CATEGORIES = ["toplevel", "blink.user_timing", "devtools.timeline", "__metadata"]
_LONG_MS = 200.0
_VIEW = {"width": 1360, "height": 850}
_QUESTIONS = ("ama dablam", "lhotse", "nuptse and lhotse", "pumori", "ama dablam at sunset", "everest and lhotse")
_PICTURES = 12
_PATIENCE_S = 60.0
# Adds a performance mark after the frame that follows a change inside the selected element.
_WATCH = """(selector) => {
    const element = document.querySelector(selector);
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => performance.mark("drawn")))).observe(
        element, { childList: true, subtree: true });
}"""


class WithPictures(LocalQueryService):
    """The query service, with a dozen pictures in place of the album's files, which do not exist."""

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        self._pictures = [_picture(number) for number in range(_PICTURES)]

    def rendition(self, photo_id: str, size_px: int, names: bool = False) -> bytes:
        _ = size_px, names
        return self._pictures[int(photo_id[:6], 16) % _PICTURES]


def _picture(seed: int) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC).save(file, "JPEG", quality=80)
    return file.getvalue()


@contextmanager
def site(library: Library) -> Iterator[str]:
    """Serve the page and yield its address."""
    app = create_app(WithPictures(library), LocalAlbumService(library), library.catalog)
    server = create_server(app, host="127.0.0.1", port=0, threads=8, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@dataclass
class Trace:
    """Events of a recording. All times are in milliseconds."""

    events: list[dict[str, Any]]

    @property
    def tasks_ms(self) -> list[float]:
        """Durations of the tasks of the page's main thread."""
        main = {
            (event["pid"], event["tid"])
            for event in self.events
            if event["name"] == "thread_name" and event["args"].get("name") == "CrRendererMain"
        }
        return [
            event["dur"] / 1000
            for event in self.events
            if event["name"].endswith("RunTask") and "dur" in event and (event["pid"], event["tid"]) in main
        ]

    def marks_ms(self) -> list[float]:
        """Return the times of the marks."""
        return sorted(event["ts"] / 1000 for event in self.events if event["name"] == "drawn")

    def answers_ms(self, path: str) -> list[float]:
        """Return the times at which responses of this path were complete."""
        ids = {
            event["args"]["data"]["requestId"]
            for event in self.events
            if event["name"] == "ResourceSendRequest" and path in event["args"]["data"]["url"]
        }
        return sorted(
            event["args"]["data"]["finishTime"] * 1000 if "finishTime" in event["args"]["data"] else event["ts"] / 1000
            for event in self.events
            if event["name"] == "ResourceFinish" and event["args"]["data"]["requestId"] in ids
        )

    def drawn_after_ms(self, path: str) -> list[float]:
        """Return the time from each response to the next mark."""
        marks = self.marks_ms()
        found = []
        for answered in self.answers_ms(path):
            later = [mark for mark in marks if mark >= answered]
            if later:
                found.append(later[0] - answered)
        return found


def record(browser: Browser, page: Page, act: Callable[[], object]) -> Trace:
    """Record a trace while act runs."""
    browser.start_tracing(page=page, categories=_CATEGORIES)
    act()
    return Trace(json.loads(browser.stop_tracing())["traceEvents"])


def scroll_to_the_end(page: Page, photos: int) -> None:
    """Scroll through all photos as fast as a person with a mouse wheel can, and back to the start."""
    page.mouse.move(800, 500)
    loaded, since = 0, time.monotonic()
    # Answers end after MAX_RESULT_WINDOW photos.
    while (count := page.locator(".tile").count()) < min(photos, MAX_RESULT_WINDOW):
        if count > loaded:
            loaded, since = count, time.monotonic()
        elif time.monotonic() - since > _PATIENCE_S:
            raise SystemExit(f"after {count} photos no more were loaded for {_PATIENCE_S:.0f} s")
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(60)
    for _ in range(10):
        page.mouse.wheel(0, -20_000)
        page.wait_for_timeout(60)


def tell(what: str, tasks_ms: list[float]) -> None:
    """Print the longest task and the number of long ones."""
    long = sum(1 for one in tasks_ms if one > _LONG_MS)
    print(f"{what}: longest task {max(tasks_ms):.0f} ms; {long} of {len(tasks_ms)} tasks over {_LONG_MS:.0f} ms")


def measure(browser: Browser, address: str, photos: int) -> None:
    """Measure and print everything."""
    page = browser.new_context(viewport=_VIEW, locale="en-GB").new_page()  # type: ignore[arg-type]
    page.goto(address)
    page.locator(".tile").first.wait_for()
    page.locator(".photo-marker").first.wait_for()
    tell(
        f"Grid, scrolled through {photos} photos",
        record(browser, page, lambda: scroll_to_the_end(page, photos)).tasks_ms,
    )

    def resize() -> None:
        page.set_viewport_size({"width": 1000, "height": 850})
        page.wait_for_timeout(1500)

    resized = record(browser, page, resize)
    tell(f"Grid of {photos} photos laid out for another width", resized.tasks_ms)

    page.set_viewport_size(_VIEW)  # type: ignore[arg-type]
    page.goto(address)
    page.locator(".photo-marker").first.wait_for()
    page.evaluate(_WATCH, "#grid")
    drawn: list[float] = []
    for words in _QUESTIONS:

        def ask(words: str = words) -> None:
            page.locator("#words").fill(words)
            with page.expect_response("**/api/search**"):
                page.keyboard.press("Enter")
            page.wait_for_timeout(700)

        drawn += record(browser, page, ask).drawn_after_ms("/api/search")[:1]
    print(
        f"Answer, from the API's response until drawn: p50 {statistics.median(drawn):.0f} ms, max {max(drawn):.0f} ms"
    )

    def first_map() -> None:
        page.goto(f"{address}/?map=1")
        page.locator("#map").wait_for()
        page.evaluate(_WATCH, "#map")
        page.locator(".photo-marker").first.wait_for()
        page.wait_for_timeout(1000)

    trace = record(browser, page, first_map)
    print(f"Map with {photos} photos, from its data until drawn: {trace.drawn_after_ms('/api/shots')[0]:.0f} ms")
    tell("Map, first drawn", trace.tasks_ms)

    def explore() -> None:
        for button in ("#map-out", "#map-out", "#map-in", "#map-in", "#map-in", "#map-in", "#map-fit"):
            page.locator(button).click()
            page.wait_for_timeout(500)

    tell("Map, zoomed in and out", record(browser, page, explore).tasks_ms)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=10_000)
    photos = parser.parse_args().photos
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        library = open_library(Settings(home=Path(folder) / "home", model="lite"))
        fill(library.index(), photos)
        library.active().refresh()
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        with site(library) as address:
            measure(browser, address, photos)
        browser.close()
        library.close()


if __name__ == "__main__":
    main()
