"""The files of the page: their references and texts exist, and nothing is loaded from other sites."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from flask import Blueprint
from flask.testing import FlaskClient

from bot.i18n.catalogues import page_texts
from bot.i18n.languages import language_of
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
    """Return the files that a script imports, whether they exist or not."""
    return {(script.parent / name).resolve() for name in pattern.findall(script.read_text("utf-8"))}


def address_of(file: Path) -> str:
    return f"/static/{file.relative_to(STATIC).as_posix()}"


ACCEPTS = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    album = FakeAlbum.of([])
    # Of the further parts, the page only has to know that they exist.
    parts = [Blueprint(name, __name__) for name in ("chat", "model")]
    return create_app(FakeQueryService(album), FakeAlbumService(album), lambda: KHUMBU, beside=parts).test_client()


@pytest.fixture(scope="module")
def html(client: FlaskClient) -> str:
    return client.get("/").get_data(as_text=True)


def test_everything_that_the_page_refers_to_exists(client: FlaskClient, html: str) -> None:
    scripts = " ".join(script.read_text("utf-8") for script in SCRIPTS)
    addresses = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html)) | set(
        re.findall(r'"(/static/[^"]+)"', scripts)
    )
    assert len(addresses) >= 5
    for address in addresses:
        assert client.get(address, buffered=True).status_code == 200, address


def test_the_patterns_find_every_file_of_the_page() -> None:
    """The patterns must find every file except the map library; otherwise the other tests would not check it."""
    found = {file for file in STATIC.rglob("*") if file.is_file() and LEAFLET not in file.parents}
    assert found == {*SCRIPTS, *STYLES, STATIC / "mark.svg"}
    assert len(SCRIPTS) > 50
    assert len(STYLES) > 5
    assert {file.name for file in TEMPLATES} == {"index.html", "login.html"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_imported_module_exists(script: Path) -> None:
    for file in imported_by(script):
        assert file.is_file(), f"{script.name} imports {file}"


# Each room of scripts may import the rooms before it and itself.
SCRIPT_ROOMS = ("state", "geo", "ui", "net", "map", "viewer", "chat", "filters", "results", "app")
APART = ({"map", "viewer", "chat", "filters"}, {"state", "geo"})


def test_the_folders_of_scripts_are_the_rooms() -> None:
    assert {script.parent.name for script in SCRIPTS} == set(SCRIPT_ROOMS)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_import_only_from_the_rooms_below(script: Path) -> None:
    room = script.parent.name
    below = set(SCRIPT_ROOMS[: SCRIPT_ROOMS.index(room)])
    allowed = below.difference(*(rooms for rooms in APART if room in rooms)) | {room, "leaflet"}
    assert {file.parent.name for file in imported_by(script)} <= allowed


def test_every_script_except_the_main_one_is_imported_by_another() -> None:
    imported = set().union(*map(imported_by, SCRIPTS))
    assert set(SCRIPTS) - imported == {STATIC / "js" / "app" / "main.js"}


def test_the_map_library_is_the_one_described_in_its_readme(client: FlaskClient) -> None:
    described = (LEAFLET / "README.md").read_text("utf-8")
    for file in ("leaflet.js", "leaflet.css"):
        assert hashlib.sha256((LEAFLET / file).read_bytes()).hexdigest() in described
        assert client.get(f"/static/vendor/leaflet/{file}", buffered=True).status_code == 200
    source = (LEAFLET / "leaflet.js").read_text("utf-8")
    assert 'innerHTML="<svg/>"' not in source
    assert "sourceMappingURL" not in source


def test_the_first_view_loads_less_than_200_kb(client: FlaskClient, html: str) -> None:
    """The limit applies to everything the browser loads before the first click, compressed and without pictures."""
    wanted = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html))
    # On a large screen the map is open beside the photos.
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


def test_every_id_that_a_script_uses_is_in_the_page(html: str) -> None:
    ids = set(re.findall(r'\bid="([\w-]+)"', html))
    for script in SCRIPTS:
        source = script.read_text("utf-8")
        created_ids = set(re.findall(r'\bid: "([\w-]+)"', " ".join(s.read_text("utf-8") for s in SCRIPTS)))
        for wanted in re.findall(r'byId\("([\w-]+)"\)', source):
            assert wanted in ids | created_ids, f"{script.name} uses #{wanted}"


def test_every_text_of_the_page_is_in_the_catalogue_and_used() -> None:
    used: set[str] = set()
    for source in (*SOURCES, WEB / "login.py"):
        text = source.read_text("utf-8")
        used |= set(re.findall(r"\{\{ t\.(\w+) ", text))
        used |= set(re.findall(r'"(\w+)"', text))
    words = page_texts("en")
    assert words.keys() <= used, f"never used: {words.keys() - used}"
    for script in SCRIPTS:
        for function, key in re.findall(r'\b(tn?)\("(\w+)"', script.read_text("utf-8")):
            assert key in words, f"{script.name} uses {key}"
            assert (function == "t") == isinstance(words[key], str), (
                f"{script.name}: {key} has plural forms or has none"
            )
    for template in TEMPLATES:
        for key in re.findall(r"\{\{ t\.(\w+) ", template.read_text("utf-8")):
            assert isinstance(words[key], str)


def test_the_page_contains_its_texts_as_data(html: str) -> None:
    block = re.search(r'<script type="application/json" id="wording">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == page_texts("en")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_nothing_is_fetched_from_other_sites_or_parsed_as_html(source: Path) -> None:
    text = source.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert "//" not in re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE).replace("/* ", "")
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert forbidden not in text


def test_the_page_has_no_inline_script_or_style(html: str) -> None:
    scripts = re.findall(r"<script([^>]*)>", html)
    assert all("src=" in script or "application/json" in script for script in scripts)
    assert "<style" not in html
    assert not re.search(r"<[^>]+\s(style|on\w+)=", html)


def test_an_unsupported_language_is_answered_in_english(client: FlaskClient) -> None:
    response = client.get("/", headers={"Accept-Language": "eu"})
    assert 'lang="en"' in response.get_data(as_text=True)
    assert language_of("eu") == "en"


def test_the_page_is_in_spanish_on_request(client: FlaskClient) -> None:
    html = client.get("/", headers={"Accept-Language": "es-ES,es;q=0.9,en;q=0.5"}).get_data(as_text=True)
    assert '<html lang="es"' in html
    assert "Busca en tus fotos" in html
