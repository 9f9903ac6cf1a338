"""Gzip compression for text responses; pictures are already compressed.

Own code, because Flask-Compress brings 7 MB of native packages (brotli, zstd) and sends gzip to clients that refuse it.
"""

import gzip
from functools import lru_cache
from typing import Final

from flask import Flask, Response, request

_MIN_BYTES: Final = 1000
_TYPES: Final = frozenset(
    {"text/html", "text/css", "text/javascript", "application/json", "application/yaml", "image/svg+xml"}
)
# Enough for every static file of the page.
_CACHED_FILES_MAX: Final = 128
_LEVEL: Final = 6


def compress(app: Flask) -> None:
    """Compress an app's responses with gzip for clients that accept it.

    Safe against BREACH: no response has both a secret and text from the request, so its length reveals nothing.
    """

    @app.after_request
    def compressed(response: Response) -> Response:
        if response.mimetype not in _TYPES or response.status_code != 200:
            return response
        response.vary.add("Accept-Encoding")
        if not request.accept_encodings.quality("gzip") or "Content-Encoding" in response.headers:
            return response
        response.direct_passthrough = False
        data = response.get_data()
        if len(data) >= _MIN_BYTES:
            is_file = request.endpoint is not None and request.endpoint.endswith("static")
            response.set_data(_zipped_file(data) if is_file else gzip.compress(data, _LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
            _weaken_etag(response)
        return response


def _weaken_etag(response: Response) -> None:
    """Make the ETag weak: the content is the same, the bytes are not."""
    tag, _ = response.get_etag()
    if tag is not None:
        response.set_etag(tag, weak=True)


@lru_cache(maxsize=_CACHED_FILES_MAX)
def _zipped_file(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)
