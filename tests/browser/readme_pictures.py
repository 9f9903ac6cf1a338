"""Takes the README's pictures: the page over the sample album, in a real browser.

python -m tests.browser.readme_pictures
"""

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.chromium import find_chromium
from tests.processes import Server, eventually

IMAGES = Path(__file__).parents[2] / "docs" / "images"
_VIEW = {"width": 1360, "height": 850}


def keep(screenshot: bytes, name: str) -> None:
    """Save as a JPEG without colour subsampling: a fifth of the PNG, and text stays crisp."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(screenshot)).convert("RGB").save(IMAGES / name, quality=88, subsampling=0, optimize=True)


def main() -> None:
    from cumbre.catalog_files import bundled_catalog
    from cumbre.demo.album import draw_album

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        album = Path(folder) / "album"
        draw_album(album, bundled_catalog())
        server = Server(Path(folder) / "home", "--photos", str(album))
        eventually(lambda: server.get("/api/status")["photos"] == 40)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport=_VIEW)
        page.goto(f"{server.address}/?q=ama+dablam")
        page.wait_for_load_state("networkidle")
        keep(page.screenshot(), "page.jpg")
        page.locator("main img").first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)  # the large picture fades in
        keep(page.screenshot(), "photo.jpg")
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
