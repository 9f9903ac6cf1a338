"""The page in a language that is only a catalogue, with more plural forms than English."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bot.web.site import create_app
from tests.browser.site import served
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService
from tests.support.polish import polish_added

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def polish(tmp_path: Path) -> Iterator[None]:
    with polish_added(tmp_path / "translations"):
        yield


def test_the_page_chooses_the_plural_form_of_its_language(browser: Browser, album: FakeAlbum) -> None:
    app = create_app(FakeQueryService(album), FakeAlbumService(album), lambda: album.catalog)
    with served(app, album) as site:
        context = browser.new_context(locale="pl-PL", reduced_motion="reduce")
        page = site.watch(context)
        page.goto(site.address)
        expect(page.locator("html")).to_have_attribute("lang", "pl")
        expect(page.locator("#status")).to_contain_text("5 zdjęć")
        expect(page.get_by_role("button", name="Ama Dablam, 6812 m, 2 zdjęcia")).to_be_visible()
        expect(page.get_by_role("button", name="Mount Everest, 8849 m, 1 zdjęcie")).to_be_visible()
        said = page.evaluate(
            "import('/static/js/ui/i18n.js').then(({ tn }) => [0, 1, 2, 5, 22, 1000000].map((n) => tn('photos', n)))"
        )
        millions = "1\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}000"
        assert said == ["0 zdjęć", "1 zdjęcie", "2 zdjęcia", "5 zdjęć", "22 zdjęcia", f"{millions} zdjęć"]
        context.close()
