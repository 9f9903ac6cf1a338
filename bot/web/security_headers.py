"""HTTP security headers: no foreign scripts, no framing, no contact with other sites."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit


def response_headers(map_tiles: str = "", buckets: Iterable[str] = ()) -> dict[str, str]:
    """Return the headers for every response.

    map_tiles is the URL template of map tiles. buckets are the origins of buckets that pictures are loaded from and
    uploaded to. The page may contact no other origin.
    """
    return {
        "Content-Security-Policy": content_security_policy(map_tiles, buckets),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        # Not no-referrer: browsers would then send the page's own forms with the origin "null", as from another site.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def content_security_policy(map_tiles: str = "", buckets: Iterable[str] = ()) -> str:
    """Return the Content-Security-Policy header; for the parameters see response_headers()."""
    # blob: is needed for previews of chosen photos. Trusted types make the browser refuse HTML that is built from data.
    images = " ".join(filter(None, ("img-src 'self' blob:", tile_source(map_tiles), *buckets)))
    connections = " ".join(("connect-src 'self'", *buckets))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            images,
            connections,
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def tile_source(map_tiles: str) -> str:
    """Return the CSP source for a URL template of map tiles; empty if there is none.

    >>> tile_source("https://{s}.tiles.example.org/{z}/{x}/{y}.png")
    'https://*.tiles.example.org'
    """
    if not map_tiles:
        return ""
    parts = urlsplit(map_tiles)
    return f"{parts.scheme}://{re.sub(r'^{s}', '*', parts.netloc)}"
