"""Who may ask: the address asked for, the password, the site a change comes from; and what a browser may do.

An album is private and the page often runs without a password on loopback, where any web site that the same person
visits can reach it. So: the Host header must name this server (DNS rebinding), changes must come from the page itself
(cross-site request forgery), and nobody may embed what is answered.
"""

import hmac
import ipaddress
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.datastructures import Headers

from cumbre.errors import SettingsError
from functions.query.problems import Problem, problem_response

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# blob: is the preview of a photo that was just dropped. Trusted types make the browser itself refuse HTML from data.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

RESPONSE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def require_password_beyond_loopback(host: str, password: str | None) -> None:
    """Raise SettingsError where the page would listen beyond this machine without a password."""
    if not password and host_name(host) not in LOOPBACK_HOSTS:
        raise SettingsError(f"listening on {host} shows the album to others: set CUMBRE_PASSWORD, or use 127.0.0.1")


def protect(app: Flask, *, password: str | None, allowed_hosts: Iterable[str]) -> None:
    """Check every request of an app and put the security headers on every response."""
    names = LOOPBACK_HOSTS | {host_name(host) for host in allowed_hosts}

    @app.before_request
    def check() -> Response | None:
        if not is_allowed_host(request.headers.get("Host", ""), names, any_address=bool(password)):
            message = "Cumbre does not answer to this address; CUMBRE_ALLOWED_HOSTS lists the names that it answers to"
            return problem_response(Problem(403, "forbidden", message))
        given = request.authorization.password if request.authorization else None
        if password and not is_password(given, password):
            response = problem_response(Problem(401, "unauthorized", "this album asks for its password"))
            response.headers["WWW-Authenticate"] = 'Basic realm="Cumbre", charset="UTF-8"'
            return response
        if request.method not in SAFE_METHODS and not is_same_origin(request.headers):
            return problem_response(Problem(403, "forbidden", "changes are accepted from Cumbre's own page only"))
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in RESPONSE_HEADERS.items():
            response.headers[name] = value
        return response


def host_name(host: str) -> str:
    """The name or address in a Host header, without its port.

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
    """Whether the Host header is one of ours.

    any_address accepts a bare IP address as well: rebinding needs a name, and a server on a network has an address
    that it can't know beforehand.
    """
    name = host_name(host)
    return name in names or (any_address and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_password(given: str | None, password: str) -> bool:
    """Compare in a time that depends neither on the content nor on the length."""
    return given is not None and hmac.compare_digest(
        sha256(given.encode()).digest(), sha256(password.encode()).digest()
    )


def is_same_origin(headers: Headers) -> bool:
    """Whether a change comes from the page itself or from a program that is no browser (it sends neither header).

    Only host and port are compared: behind a proxy that speaks TLS the scheme differs.
    """
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("Host", "").lower()
