"""The login page and the session cookie."""

from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request

from bot.i18n.catalogues import page_texts
from bot.i18n.languages import preferred_language, tag_of
from bot.web.login_throttle import LoginThrottle
from bot.web.sessions import SESSION_MAX_AGE_S, Sessions
from cumbre.system.passwords import password_matches

SESSION_COOKIE: Final = "cumbre_session"
LOGIN_PATH: Final = "/login"
# Paths that work without a login: the login page and the files that it needs.
OPEN_PATHS: Final = frozenset(
    {LOGIN_PATH, "/favicon.ico", "/static/css/base.css", "/static/css/login.css", "/static/mark.svg"}
)
_MAX_FORM_BYTES: Final = 10_000


def create_login(password: str | None, sessions: Sessions, attempts: LoginThrottle) -> Blueprint:
    """Return the blueprint of /login and /logout. Without a password, /login redirects to the page."""
    login = Blueprint("login", __name__, template_folder="templates")

    @login.get(LOGIN_PATH)
    def form() -> Response:
        if not password or is_logged_in(sessions):
            return _redirect_to(_safe_path(request.args.get("next")))
        return _page(_safe_path(request.args.get("next")), "")

    @login.post(LOGIN_PATH)
    def log_in() -> Response:
        request.max_content_length = _MAX_FORM_BYTES
        wanted = _safe_path(request.form.get("next"))
        if not password:
            return _redirect_to(wanted)
        wait_s = attempts.wait_s(request.remote_addr)
        if wait_s:
            response = _page(wanted, "login_wait")
            response.status_code = 429
            response.headers["Retry-After"] = str(wait_s)
            return response
        if not password_matches(request.form.get("password"), password):
            attempts.failed(request.remote_addr)
            response = _page(wanted, "login_wrong")
            response.status_code = 401
            return response
        attempts.succeeded(request.remote_addr)
        response = _redirect_to(wanted)
        response.set_cookie(
            SESSION_COOKIE,
            sessions.issue(),
            max_age=SESSION_MAX_AGE_S,
            httponly=True,
            secure=request.is_secure,
            # Lax, so that following a link to a photo keeps the session. Changes are checked by origin (request_guard).
            samesite="Lax",
        )
        return response

    @login.post("/logout")
    def log_out() -> Response:
        response = _redirect_to(LOGIN_PATH)
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax")
        # Also removes what the browser has cached of the album.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return login


def is_logged_in(sessions: Sessions) -> bool:
    """Return whether the request has a valid session cookie."""
    return sessions.is_valid(request.cookies.get(SESSION_COOKIE, ""))


def _page(next_path: str, problem: str) -> Response:
    language = preferred_language(request.accept_languages.values())
    texts = page_texts(language)
    text = texts[problem] if problem else ""
    html = render_template("login.html", language=tag_of(language), t=texts, problem=text, next=next_path)
    response = make_response(html)
    response.headers["Cache-Control"] = "no-store"
    return response


def _redirect_to(path: str) -> Response:
    response = make_response(redirect(path, 303))
    response.headers["Cache-Control"] = "no-store"
    return response


def _safe_path(path: str | None) -> str:
    """Return the path to go to after the login; "/" if it would lead to another site (open redirect).

    >>> _safe_path("/?q=ama"), _safe_path("//evil.test"), _safe_path("https://evil.test"), _safe_path("/\\\\evil.test")
    ('/?q=ama', '/', '/', '/')
    """
    is_local = path is not None and path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if is_local and path is not None else "/"
