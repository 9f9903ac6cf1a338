"""The banner that offers a better model. A real library downloads it from a local fake hub."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.web.site import create_app
from cumbre.bootstrap import open_library
from cumbre.encoding import known_models
from cumbre.ingest.scan import scan
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from cumbre.settings import Settings
from local.model_api import create_model_api
from local.model_upgrade import ModelUpgrade
from tests.browser.acts import PHONE, open_album
from tests.browser.site import Site, served
from tests.support.fakes import FakeAlbum
from tests.support.model_hub import ModelHub, renamed_lite, running_hub
from tests.support.small_album import TO_AMA_DABLAM, photo_towards

pytestmark = pytest.mark.browser


@pytest.fixture
def hub() -> Iterator[ModelHub]:
    with running_hub() as hub:
        yield hub


@pytest.fixture
def site(tmp_path: Path, home: Path, hub: ModelHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(known_models, "SIGLIP2", renamed_lite(tmp_path))
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "ama.jpg").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:01 08:00:00"))
    library = open_library(Settings(home=home, storage=(f"folder:{folder}",), model_endpoint=hub.url))
    for storage in library.storages().values():
        scan(library.ingestor(library.active()), storage)
    change = ModelUpgrade(library)
    app = create_app(
        LocalQueryService(library), LocalAlbumService(library), library.catalog, beside=[create_model_api(change)]
    )
    with served(app, FakeAlbum.of([])) as site:
        yield site
    hub.may_answer.set()
    hub.may_send.set()
    change.stop()
    library.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce")
    page = site.watch(context)
    open_album(page, site.address, 1)
    yield page
    context.close()


def test_the_model_is_downloaded_and_activated_and_the_download_can_resume(page: Page, hub: ModelHub) -> None:
    banner = page.get_by_role("region", name="Model")
    expect(banner).to_contain_text("SigLIP-2 finds far more")
    expect(page.locator("#status")).not_to_contain_text("The small bundled model")
    hub.may_send.clear()
    banner.get_by_role("button", name="Download it").click()
    expect(banner.get_by_role("progressbar")).to_be_visible()
    # There is something to resume as soon as the first bytes have arrived.
    page.wait_for_function("() => document.querySelector('#model-banner progress')?.value > 0")
    banner.get_by_role("button", name="Cancel").click()
    expect(banner).to_contain_text("Stopping…")
    hub.may_send.set()
    expect(banner.get_by_role("button", name="Resume the download")).to_be_visible()
    page.reload()
    banner.get_by_role("button", name="Resume the download").click()
    expect(banner).to_contain_text("The new model is now in use.")
    expect(page.locator("#status")).to_contain_text("Model: fetched-1")
    expect(page.locator(".tile")).to_have_count(1)
    banner.get_by_role("button", name="Close").click()
    expect(banner).to_be_hidden()


def test_a_download_cancelled_before_its_first_byte_is_stopping_and_then_offered_as_before(
    page: Page, hub: ModelHub
) -> None:
    banner = page.get_by_role("region", name="Model")
    hub.may_answer.clear()
    banner.get_by_role("button", name="Download it").click()
    banner.get_by_role("button", name="Cancel").click()
    expect(banner).to_contain_text("Stopping…")
    expect(banner.get_by_role("button")).to_have_count(0)
    hub.may_answer.set()
    expect(banner.get_by_role("button", name="Download it")).to_be_visible()


def test_a_failed_download_shows_the_cause_and_can_be_retried(page: Page, hub: ModelHub) -> None:
    hub.refuses = True
    banner = page.get_by_role("region", name="Model")
    banner.get_by_role("button", name="Download it").click()
    expect(banner).to_contain_text("was refused by")
    hub.refuses = False
    banner.get_by_role("button", name="Try again").click()
    expect(banner).to_contain_text("The new model is now in use.")


def test_a_dismissed_banner_stays_hidden(page: Page) -> None:
    banner = page.get_by_role("region", name="Model")
    banner.get_by_role("button", name="Not now").click()
    expect(banner).to_be_hidden()
    page.reload()
    expect(page.locator(".tile")).to_have_count(1)
    expect(banner).to_be_hidden()


def test_the_banner_fits_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect(page.get_by_role("button", name="Download it")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_the_banner_buttons_are_next_to_its_text(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    ends = page.locator(".model-text").evaluate(
        """(text) => {
            const words = document.createRange();
            words.selectNodeContents(text);
            return words.getBoundingClientRect().right;
        }"""
    )
    button = page.locator("#model-banner button.primary").bounding_box()
    assert button is not None
    assert 0 < button["x"] - ends < 40
