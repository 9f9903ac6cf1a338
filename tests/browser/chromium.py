"""Finds and starts the browser for the tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = (shutil.which(name) for name in names)
    return os.environ.get("CHROMIUM") or next((path for path in found if path), None)


@contextmanager
def opened_chromium() -> Iterator[Browser]:
    """Starts a browser. If none is found, the test is skipped, or fails if CI is set."""
    with sync_playwright() as playwright:
        # If Playwright's own Chromium is installed, no path is needed.
        chromium = find_chromium()
        if chromium is None and not Path(playwright.chromium.executable_path).exists():
            if os.environ.get("CI"):
                pytest.fail("no Chromium found: install one, or name it in CHROMIUM")
            pytest.skip("no Chromium found: install one, or name it in CHROMIUM")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
