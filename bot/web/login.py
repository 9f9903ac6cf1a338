"""The password, asked for on a page of its own, and the cookie that remembers it."""

from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request

from bot.i18n.catalogues import page_texts, preferred_language
from bot.web.login_throttle import LoginThrottle
from bot.web.sessions import SESSION_MAX_AGE_S, Sessions
from cumbre.system.passwords import is_password

SESSION_COOKIE: Final = "cumbre_session"
LOGIN_PATH: Final = "/login"
# What the page with the form shows before anybody has said who they are.
OPEN_PATHS: Final = frozenset(
    {LOGIN_PATH, "/favicon.ico", "/static/css/base.css", "/static/css/login.css", "/static/mark.svg"}
)
_MAX_FORM_BYTES: Final = 10_000


def create_login(password: str | None, sessions: Sessions, attempts: LoginThrottle) -> Blueprint:
    """/login and /logout; without a password there is nothing to log in to."""
    login = Blueprint("login", __name__, template_folder="templates")

    @login.get(LOGIN_PATH)
    def form() -> Response:
        if not password or is_logged_in(sessions):
            return _go_to(_wanted(request.args.get("next")))
        return _page(_wanted(request.args.get("next")), "")

    @login.post(LOGIN_PATH)
    def log_in() -> Response:
        request.max_content_length = _MAX_FORM_BYTES
        wanted = _wanted(request.form.get("next"))
        if not password:
            return _go_to(wanted)
        wait_s = attempts.wait_s(request.remote_addr)
        if wait_s:
            response = _page(wanted, "login_wait")
            response.status_code = 429
            response.headers["Retry-After"] = str(wait_s)
            return response
        if not is_password(request.form.get("password"), password):
            attempts.failed(request.remote_addr)
            response = _page(wanted, "login_wrong")
            response.status_code = 401
            return response
        attempts.succeeded(request.remote_addr)
        response = _go_to(wanted)
        response.set_cookie(
            SESSION_COOKIE,
            sessions.issue(),
            max_age=SESSION_MAX_AGE_S,
            httponly=True,
            secure=request.is_secure,
            # Lax: who follows a link to a photo is not asked again. Changes are checked by their origin.
            samesite="Lax",
        )
        return response

    @login.post("/logout")
    def log_out() -> Response:
        response = _go_to(LOGIN_PATH)
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax")
        # What the browser has kept of the album goes, too.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return login


def is_logged_in(sessions: Sessions) -> bool:
    """Whether the request carries a token that was issued here."""
    return sessions.is_valid(request.cookies.get(SESSION_COOKIE, ""))


def _page(wanted: str, problem: str) -> Response:
    language = preferred_language(request.accept_languages.values())
    words = page_texts(language)
    text = words[problem] if problem else ""
    response = make_response(render_template("login.html", language=language, t=words, problem=text, next=wanted))
    response.headers["Cache-Control"] = "no-store"
    return response


def _go_to(path: str) -> Response:
    response = make_response(redirect(path, 303))
    response.headers["Cache-Control"] = "no-store"
    return response


def _wanted(path: str | None) -> str:
    """Where to go afterwards: a path of this site, never another one.

    >>> _wanted("/?q=ama"), _wanted("//evil.test"), _wanted("https://evil.test"), _wanted("/\\\\evil.test")
    ('/?q=ama', '/', '/', '/')
    """
    own = path is not None and path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if own and path is not None else "/"
