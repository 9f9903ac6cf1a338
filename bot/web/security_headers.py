"""What a browser may do with what is answered: headers against script, framing and talk with other sites."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit


def response_headers(map_tiles: str = "", buckets: Iterable[str] = ()) -> dict[str, str]:
    """The headers of every response.

    map_tiles is the address of map tiles, buckets are the origins of buckets whose pictures are shown and added to:
    nothing else comes from elsewhere.
    """
    return {
        "Content-Security-Policy": content_security_policy(map_tiles, buckets),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        # Not no-referrer: with it a browser sends a form of our own with the origin "null", as from a stranger.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def content_security_policy(map_tiles: str = "", buckets: Iterable[str] = ()) -> str:
    # blob: is the preview of a photo that was just dropped. Trusted types make the browser itself refuse HTML from
    # data.
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
    """Where tiles come from, as a source of the policy.

    >>> tile_source("https://{s}.tiles.example.org/{z}/{x}/{y}.png")
    'https://*.tiles.example.org'
    """
    if not map_tiles:
        return ""
    parts = urlsplit(map_tiles)
    return f"{parts.scheme}://{re.sub(r'^{s}', '*', parts.netloc)}"
