"""The page's files: what they refer to is there, their words are there, and nothing comes from elsewhere."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from flask import Blueprint
from flask.testing import FlaskClient

from bot.i18n.catalogues import language_of, page_texts
from bot.web.site import create_app
from tests.support.fakes import KHUMBU, FakeAlbum, FakeAlbumService, FakeQueryService
from tests.support.paths import ROOT

WEB = ROOT / "bot" / "web"
STATIC = WEB / "static"
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
STYLES = sorted((STATIC / "css").rglob("*.css"))
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SOURCES = [*SCRIPTS, *STYLES, *TEMPLATES]
LEAFLET = STATIC / "vendor" / "leaflet"
IMPORT = re.compile(r'(?:from |import |import\()"(\.[^"]+)"')


def imported_by(script: Path, pattern: re.Pattern[str] = IMPORT) -> set[Path]:
    """The files that a script names in its imports, whether they are there or not."""
    return {(script.parent / name).resolve() for name in pattern.findall(script.read_text("utf-8"))}


def address_of(file: Path) -> str:
    return f"/static/{file.relative_to(STATIC).as_posix()}"


ACCEPTS = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    album = FakeAlbum.of([])
    # Of the further parts only that the page has them.
    parts = [Blueprint(name, __name__) for name in ("chat", "model")]
    return create_app(FakeQueryService(album), FakeAlbumService(album), lambda: KHUMBU, beside=parts).test_client()


@pytest.fixture(scope="module")
def html(client: FlaskClient) -> str:
    return client.get("/").get_data(as_text=True)


def test_everything_that_the_page_refers_to_is_there(client: FlaskClient, html: str) -> None:
    scripts = " ".join(script.read_text("utf-8") for script in SCRIPTS)
    addresses = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html)) | set(
        re.findall(r'"(/static/[^"]+)"', scripts)
    )
    assert len(addresses) >= 5
    for address in addresses:
        assert client.get(address, buffered=True).status_code == 200, address


def test_the_patterns_find_every_file_of_the_page() -> None:
    """A file that no test looks at is a fault here: everything that is not the map's library is found by a pattern."""
    found = {file for file in STATIC.rglob("*") if file.is_file() and LEAFLET not in file.parents}
    assert found == {*SCRIPTS, *STYLES, STATIC / "mark.svg"}
    assert len(SCRIPTS) > 50
    assert len(STYLES) > 5
    assert {file.name for file in TEMPLATES} == {"index.html", "login.html"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_imported_module_is_there(script: Path) -> None:
    for file in imported_by(script):
        assert file.is_file(), f"{script.name} imports {file}"


def test_every_script_is_imported_by_another_or_begins_the_page() -> None:
    imported = set().union(*map(imported_by, SCRIPTS))
    assert set(SCRIPTS) - imported == {STATIC / "js" / "app" / "main.js"}


def test_the_map_s_library_is_the_one_that_is_described(client: FlaskClient) -> None:
    described = (LEAFLET / "README.md").read_text("utf-8")
    for file in ("leaflet.js", "leaflet.css"):
        assert hashlib.sha256((LEAFLET / file).read_bytes()).hexdigest() in described
        assert client.get(f"/static/vendor/leaflet/{file}", buffered=True).status_code == 200
    source = (LEAFLET / "leaflet.js").read_text("utf-8")
    assert 'innerHTML="<svg/>"' not in source
    assert "sourceMappingURL" not in source


def test_the_first_view_is_light(client: FlaskClient, html: str) -> None:
    """What the browser loads before anybody touches anything, compressed and without pictures: under 200 KB."""
    wanted = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html))
    # The map is open beside the photos on a large screen.
    wanted |= {"/static/css/map.css", "/static/vendor/leaflet/leaflet.css"}
    statically = re.compile(r'(?:from |import )"(\.[^"]+)"')
    todo = {STATIC / "js" / "app" / "main.js", STATIC / "js" / "map" / "map.js"}
    scripts: set[Path] = set()
    while todo:
        script = todo.pop()
        scripts.add(script)
        todo |= imported_by(script, statically) - scripts
    assert LEAFLET / "leaflet.js" in scripts
    wanted |= set(map(address_of, scripts))
    loaded = {address: len(client.get(address, headers=ACCEPTS, buffered=True).data) for address in {"/", *wanted}}
    assert sum(loaded.values()) < 200_000, loaded


def test_modules_have_a_type_that_browsers_run(client: FlaskClient) -> None:
    assert client.get("/static/js/app/main.js", buffered=True).mimetype == "text/javascript"
    assert client.get("/favicon.ico", buffered=True).mimetype == "image/svg+xml"


def test_every_id_that_a_script_asks_for_is_in_the_page(html: str) -> None:
    ids = set(re.findall(r'\bid="([\w-]+)"', html))
    for script in SCRIPTS:
        source = script.read_text("utf-8")
        made_there = set(re.findall(r'\bid: "([\w-]+)"', " ".join(s.read_text("utf-8") for s in SCRIPTS)))
        for wanted in re.findall(r'byId\("([\w-]+)"\)', source):
            assert wanted in ids | made_there, f"{script.name} wants #{wanted}"


def test_every_word_of_the_page_is_in_the_table_and_used() -> None:
    used: set[str] = set()
    for source in (*SOURCES, WEB / "login.py"):
        text = source.read_text("utf-8")
        used |= set(re.findall(r"\{\{ t\.(\w+) ", text))
        used |= set(re.findall(r'"(\w+)"', text))
    words = {key.split(".")[0] for key in page_texts("en")}
    assert words <= used, f"never used: {words - used}"
    for script in SCRIPTS:
        for key in re.findall(r'\btn?\("(\w+)"', script.read_text("utf-8")):
            assert key in words, f"{script.name} says {key}"
    for template in TEMPLATES:
        for key in re.findall(r"\{\{ t\.(\w+) ", template.read_text("utf-8")):
            assert key in words


def test_the_page_carries_its_words_as_data(html: str) -> None:
    block = re.search(r'<script type="application/json" id="wording">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == page_texts("en")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_nothing_is_fetched_from_elsewhere_or_parsed_as_html(source: Path) -> None:
    text = source.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert "//" not in re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE).replace("/* ", "")
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert forbidden not in text


def test_the_page_has_no_inline_script_or_style(html: str) -> None:
    scripts = re.findall(r"<script([^>]*)>", html)
    assert all("src=" in script or "application/json" in script for script in scripts)
    assert "<style" not in html
    assert not re.search(r"<[^>]+\s(style|on\w+)=", html)


def test_a_language_that_we_do_not_speak_is_answered_in_english(client: FlaskClient) -> None:
    response = client.get("/", headers={"Accept-Language": "eu"})
    assert 'lang="en"' in response.get_data(as_text=True)
    assert language_of("eu") == "en"


def test_the_page_speaks_spanish_to_who_asks_for_it(client: FlaskClient) -> None:
    html = client.get("/", headers={"Accept-Language": "es-ES,es;q=0.9,en;q=0.5"}).get_data(as_text=True)
    assert '<html lang="es"' in html
    assert "Busca en tus fotos con palabras" in html
