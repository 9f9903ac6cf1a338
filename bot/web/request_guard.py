"""Checks on every request (Host header, password, origin) and security headers on every response.

An album is private, and the page often runs without a password on loopback, where any web site that the user visits can
reach it. So the Host header must name this server (against DNS rebinding), changes must come from the page itself
(against CSRF), and other sites can't embed the responses.
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, redirect, request
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as AnyResponse

from bot.web.login import LOGIN_PATH, OPEN_PATHS, create_login, is_logged_in
from bot.web.login_throttle import InMemoryLoginThrottle, LoginThrottle
from bot.web.security_headers import response_headers
from bot.web.sessions import Sessions
from cumbre.errors import SettingsError
from cumbre.system.passwords import password_matches
from functions.query.api.http_errors import HttpError, error_response

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def _no_name(_environ: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True)
class Guard:
    """Settings for a site that runs in many processes behind a TLS-terminating front end.

    vouched_name(environ) returns the host name as the front end reports it, which clients can't forge. sources are
    further origins that the page loads pictures from and uploads them to.
    """

    attempts: LoginThrottle = field(default_factory=InMemoryLoginThrottle)
    vouched_name: Callable[[Mapping[str, Any]], str] = _no_name
    sources: tuple[str, ...] = ()


def require_password_beyond_loopback(host: str, password: str | None) -> None:
    """Raise SettingsError if the page would be reachable from other machines without a password."""
    if not password and host_name(host) not in LOOPBACK_HOSTS:
        raise SettingsError(f"listening on {host} shows the album to others: set CUMBRE_PASSWORD, or use 127.0.0.1")


def protect(
    app: Flask,
    *,
    password: str | None,
    session_key: bytes,
    allowed_hosts: Iterable[str],
    map_tiles: str = "",
    guard: Guard | None = None,
) -> None:
    """Check every request of an app and put the security headers on every response."""
    guard = guard or Guard()
    names = LOOPBACK_HOSTS | {host_name(host) for host in allowed_hosts}
    sessions, attempts = Sessions(session_key, password or ""), guard.attempts
    headers = response_headers(map_tiles, guard.sources)
    app.register_blueprint(create_login(password, sessions, attempts))

    @app.before_request
    def check() -> AnyResponse | None:
        host = request.headers.get("Host", "")
        vouched = host_name(guard.vouched_name(request.environ))
        if not is_allowed_host(host, names | ({vouched} - {""}), any_address=bool(password)):
            message = "this host name is not allowed: add it to CUMBRE_ALLOWED_HOSTS"
            return error_response(HttpError(403, message))
        if request.method not in SAFE_METHODS and not is_same_origin(request.headers):
            return error_response(HttpError(403, "changes are accepted only from Cumbre's own page"))
        if password and request.path not in OPEN_PATHS and not is_logged_in(sessions):
            return _refuse_strangers(password, attempts)
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers[name] = value
        return response


def _refuse_strangers(password: str, attempts: LoginThrottle) -> AnyResponse | None:
    """Return None for clients that send the password (HTTP Basic). Redirect browsers to the login form."""
    password_sent = request.authorization.password if request.authorization else None
    if password_sent is None:
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            path = request.full_path.rstrip("?")
            return redirect(f"{LOGIN_PATH}?{urlencode({'next': path})}", 303)
        return _unauthorized()
    wait_s = attempts.wait_s(request.remote_addr)
    if wait_s:
        message = "too many wrong passwords: wait a while"
        return error_response(HttpError(429, message, retry_after_s=wait_s))
    if not password_matches(password_sent, password):
        attempts.failed(request.remote_addr)
        return _unauthorized()
    attempts.succeeded(request.remote_addr)
    return None


def _unauthorized() -> Response:
    response = error_response(HttpError(401, "this album requires a password"))
    # A browser would show its own password dialog over the page when a session has ended.
    if "Sec-Fetch-Mode" not in request.headers:
        response.headers["WWW-Authenticate"] = 'Basic realm="Cumbre", charset="UTF-8"'
    return response


def host_name(host: str) -> str:
    """Return the name or IP address from a Host header, lower case and without the port.

    >>> host_name("LocalHost:8080"), host_name("[::1]:8080"), host_name("::1")
    ('localhost', '::1', '::1')
    """
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    if host.count(":") > 1:
        return host
    return host.partition(":")[0].removesuffix(".")


def is_allowed_host(host: str, names: frozenset[str], *, any_address: bool) -> bool:
    """Return whether the Host header names this server.

    any_address also accepts every bare IP address: DNS rebinding needs a name, and a server on a network can't know its
    address in advance.
    """
    name = host_name(host)
    return name in names or (any_address and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_same_origin(headers: Headers) -> bool:
    """Return whether a request comes from the page itself, or from a program (it sends neither header).

    Only host and port are compared: behind a TLS-terminating proxy the scheme differs.
    """
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("Host", "").lower()
