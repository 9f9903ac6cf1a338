"""The page in a Spanish browser: no English text is left, and numbers and dates use the Spanish format."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.i18n.catalogues import page_texts
from tests.browser.acts import PHONE, add_photos, give_photo, open_album, picture_file
from tests.browser.site import Site
from tests.support.fakes import draw_photo

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-ES", reduced_motion="reduce")
    page = site.watch(context)
    open_album(page, site.address, 5)
    yield page
    context.close()


def english_left(page: Page) -> list[str]:
    """The English texts that are still on the page, either visible or in attributes read by screen readers."""
    spanish, english = (
        {text for text in page_texts(language).values() if isinstance(text, str)} for language in ("es", "en")
    )
    english = {text for text in english - spanish if len(text) > 3 and "{" not in text}
    seen = page.evaluate(
        """() => {
            const heard = ["aria-label", "title", "placeholder", "alt"];
            const texts = [...document.body.querySelectorAll("*")].flatMap((element) => [
                ...heard.map((name) => element.getAttribute(name)),
                ...[...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data),
            ]);
            return texts.filter(Boolean).map((text) => text.trim());
        }"""
    )
    return sorted(english & set(seen))


def test_the_start_page_is_in_spanish(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("button", name="Ama Dablam, 6812 m, 2 fotos")).to_be_visible()
    expect(page.locator(".day").first).to_have_text("jue, 5 oct 2023")
    expect(page.locator("#status")).to_contain_text("5 fotos")
    assert english_left(page) == []


def test_answers_and_evidence_are_in_spanish(page: Page) -> None:
    give_photo(page)
    expect(page.locator("#question")).to_contain_text("9,2 km")
    page.locator(".tile").first.click()
    viewer = page.get_by_role("dialog")
    expect(viewer).to_contain_text("martes, 3 de octubre de 2023")
    expect(viewer).to_contain_text("041° NE")
    expect(viewer).to_contain_text("27,8362° N, 86,7649° E")
    assert english_left(page) == []
    viewer.get_by_role("button", name="Corregir las cumbres").click()
    assert english_left(page) == []


def test_adjusting_the_names_is_in_spanish(page: Page) -> None:
    page.locator("#words").fill("morning")
    page.locator("#words").press("Enter")
    expect(page.locator(".tile")).to_have_count(1)
    page.locator(".tile").click()
    expect(page.get_by_role("img", name="En la imagen: Ama Dablam")).to_be_visible()
    page.get_by_role("button", name="Ajustar los nombres a las cumbres").click()
    strip = page.get_by_role("slider", name="Dirección de la cámara")
    expect(strip).to_be_focused()
    for key in ("Shift+ArrowDown", "]"):
        page.keyboard.press(key)
    expect(strip).to_have_attribute("aria-valuetext", "70,0° E, 1,0° hacia abajo, inclinada 0,1° a la derecha")
    assert english_left(page) == []
    page.get_by_role("button", name="Guardar el ajuste").click()
    expect(page.locator("#toast")).to_contain_text("Guardado. Los nombres se quedan donde los has puesto.")
    expect(page.get_by_role("button", name="Deshacer el ajuste")).to_be_visible()
    assert english_left(page) == []


def test_the_reason_for_missing_names_is_in_spanish(page: Page) -> None:
    page.locator(".tile").last.click()
    expect(page.locator("#names-note")).to_contain_text("Sin nombres en la imagen")


def test_the_sort_options_fit_on_one_line_on_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.locator("#words").fill("ama")
    page.locator("#words").press("Enter")
    expect(page.locator("#sort")).to_be_visible()
    heights = page.locator("#sort span").evaluate_all("spans => spans.map((span) => span.clientHeight)")
    assert max(heights) < 40
    assert english_left(page) == []


def test_empty_results_and_uploads_are_in_spanish(page: Page) -> None:
    page.locator("#words").fill("zebra")
    page.locator("#words").press("Enter")
    expect(page.get_by_role("heading", name="No hay resultados para «zebra»")).to_be_visible()
    add_photos(page, picture_file(draw_photo((200, 30, 10)), "una.jpg"))
    expect(page.locator("#uploads")).to_contain_text("una.jpg")
    expect(page.locator(".upload.added")).to_have_count(1)
    assert english_left(page) == []
