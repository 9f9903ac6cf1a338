"""The web page: one HTML file. Its scripts load all album data from the API."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from bot.i18n.catalogues import page_texts
from bot.i18n.languages import preferred_language, tag_of


@dataclass(frozen=True, slots=True)
class MapTiles:
    """The tile server of the map. address is a URL template; if empty, the map shows a graticule instead."""

    address: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Features that this site offers to the page. parts are the names of optional blueprints."""

    originals: bool
    tiles: MapTiles
    has_password: bool
    max_upload_bytes: int
    parts: frozenset[str] = frozenset()

    def for_scripts(self) -> dict[str, Any]:
        """Return the options as JSON for the scripts (static/js/state/options.js)."""
        return {
            "originals": self.originals,
            "tiles": self.tiles.address,
            "attribution": self.tiles.attribution,
            "max_upload_bytes": self.max_upload_bytes,
            "parts": sorted(self.parts),
        }


def create_page(options: PageOptions) -> Blueprint:
    """Return the blueprint of the page and its static files."""
    page = Blueprint("page", __name__, static_folder="static", static_url_path="/static", template_folder="templates")

    @page.get("/")
    def index() -> Response:
        language = preferred_language(request.accept_languages.values())
        html = render_template("index.html", language=tag_of(language), t=page_texts(language), options=options)
        response = make_response(html)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept-Language"
        return response

    @page.get("/favicon.ico")
    def favicon() -> Response:
        return page.send_static_file("mark.svg")

    return page
