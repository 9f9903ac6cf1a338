"""The page's scripts, style sheets and templates name the same things, and its tools are locked without addresses."""

import json
import re
from dataclasses import asdict
from pathlib import Path

from bot.chat.messages import Button, CaptionedPhoto, PhotosReply, PictureReply, TextReply
from bot.i18n.translator import Translator
from bot.web.chat.replies import replies_json
from bot.web.page import MapTiles, PageOptions
from cumbre.search.query import SearchHit
from local.model_upgrade import ModelState
from tests.support.fakes import KHUMBU, make_photo
from tests.support.paths import ROOT

WEB = ROOT / "bot" / "web"
SCRIPTS = sorted((WEB / "static" / "js").rglob("*.js"))
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
LEAFLET = WEB / "static" / "vendor" / "leaflet" / "leaflet.js"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Not any comment: a string may contain "image/*".
JSDOC = re.compile(r"/\*\*\s.*?\*/", re.DOTALL)
LINE_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
DECLARATIONS = re.compile(r"\{[^{}]*\}")
STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`")


def classes_of(sheet: Path) -> set[str]:
    """The classes in the selectors of a style sheet."""
    selectors = DECLARATIONS.sub(" ", COMMENT.sub("", sheet.read_text("utf-8")))
    return set(re.findall(r"\.([A-Za-z][\w-]*)", selectors))


def words_in_use() -> set[str]:
    """The words in the strings of the scripts, and in the class attributes of the templates."""
    scripts = [JSDOC.sub("", path.read_text("utf-8")) for path in (*SCRIPTS, LEAFLET)]
    strings = [text for script in scripts for text in STRING.findall(LINE_COMMENT.sub("", script))]
    strings += [text for path in TEMPLATES for text in re.findall(r'class="([^"]*)"', path.read_text("utf-8"))]
    return {word for text in strings for word in re.findall(r"[\w-]+", text)}


def test_every_class_of_the_style_sheets_is_used() -> None:
    used = words_in_use()
    sheets = sorted((WEB / "static" / "css").glob("*.css"))
    assert len(sheets) > 5
    dead = {f"{sheet.name}: .{name}" for sheet in sheets for name in classes_of(sheet) - used}
    assert dead == set()


def fields_of(name: str) -> set[str]:
    """The names of the fields of a JSDoc type of any script."""
    comments = [comment for path in SCRIPTS for comment in JSDOC.findall(path.read_text("utf-8"))]
    [fields] = [
        found[1] for one in comments if (found := re.search(rf"@typedef {{{{(.*)}}}} {name}\b", one, re.DOTALL))
    ]
    return set(re.findall(r"(\w+): ", re.sub(r"\{[^{}]*\}", "", fields)))


def written(reply: TextReply | PhotosReply | PictureReply) -> dict[str, object]:
    [form] = replies_json([reply], KHUMBU, Translator("en"))
    return form


def photo_in_chat() -> CaptionedPhoto:
    return CaptionedPhoto(SearchHit(make_photo("a.jpg", "ama", (1, 2, 3)).document, 0.5, ""), "Ama Dablam")


def test_the_scripts_know_the_fields_of_json_that_openapi_does_not_describe() -> None:
    options = PageOptions(originals=False, tiles=MapTiles(), has_password=False, max_upload_bytes=1)
    photos = written(PhotosReply((photo_in_chat(),)))["photos"]
    assert isinstance(photos, list)
    [photo] = photos
    assert fields_of("ModelState") == set(asdict(ModelState("none")))
    assert fields_of("TextReply") == set(written(TextReply("", buttons=((Button("", ""),),))))
    assert fields_of("PictureReply") == set(written(PictureReply(b"", ())))
    assert fields_of("ChatPhoto") == set(photo)
    assert fields_of("Options") == set(options.for_scripts())


TAGS = {"Button": "button", "Details": "details", "Dialog": "dialog", "Image": "img", "Input": "input"}


def test_the_types_of_elements_are_those_of_the_template() -> None:
    template = (WEB / "templates" / "index.html").read_text("utf-8")
    tags = {found[2]: found[1] for found in re.finditer(r'<(\w+)\b[^>]*?\bid="([\w-]+)"', template)}
    [typedef] = re.findall(r"@typedef \{\{([^}]*)\}\} ElementsById", (WEB / "static/js/ui/dom.js").read_text("utf-8"))
    types = re.findall(r"\"?([\w-]+)\"?: HTML(\w*)Element", typedef)
    assert len(types) > 10
    for name, kind in types:
        # The panel of the viewer creates this one.
        if name != "align-names" and kind:
            assert tags[name] == TAGS[kind], name


def test_the_lock_of_the_tools_names_exact_versions_and_no_address() -> None:
    lock = (ROOT / "package-lock.json").read_text("utf-8")
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))
    assert "dependencies" not in wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted["devDependencies"].values())
    assert packages[""]["devDependencies"] == wanted["devDependencies"]
