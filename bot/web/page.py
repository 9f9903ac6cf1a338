"""The page: one HTML file whose scripts ask the API. It holds no data of the album itself."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from bot.i18n.catalogues import page_texts, preferred_language


@dataclass(frozen=True, slots=True)
class MapTiles:
    """Where the map's ground comes from; without an address it is a plain graticule."""

    address: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What the page offers here. parts are the names of further parts of the site."""

    originals: bool
    tiles: MapTiles
    has_password: bool
    max_upload_bytes: int
    parts: frozenset[str] = frozenset()

    def for_scripts(self) -> dict[str, Any]:
        return {
            "originals": self.originals,
            "tiles": self.tiles.address,
            "attribution": self.tiles.attribution,
            "max_upload_bytes": self.max_upload_bytes,
            "parts": sorted(self.parts),
        }


def create_page(options: PageOptions) -> Blueprint:
    page = Blueprint("page", __name__, static_folder="static", static_url_path="/static", template_folder="templates")

    @page.get("/")
    def index() -> Response:
        language = preferred_language(request.accept_languages.values())
        html = render_template("index.html", language=language, t=page_texts(language), options=options)
        response = make_response(html)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept-Language"
        return response

    @page.get("/favicon.ico")
    def favicon() -> Response:
        return page.send_static_file("mark.svg")

    return page
