"""The page: one HTML file whose scripts ask the API. It holds no data of the album itself."""

from flask import Blueprint, Response, make_response, render_template, request

from bot.wording import LANGUAGES, language_of, page_wording


def create_page(*, has_chat: bool = False) -> Blueprint:
    page = Blueprint("page", __name__, static_folder="static", static_url_path="/static", template_folder="templates")

    @page.get("/")
    def index() -> Response:
        language = language_of(request.accept_languages.best_match(LANGUAGES))
        words = page_wording(language)
        response = make_response(render_template("index.html", language=language, t=words, has_chat=has_chat))
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept-Language"
        return response

    @page.get("/favicon.ico")
    def favicon() -> Response:
        return page.send_static_file("mark.svg")

    return page
