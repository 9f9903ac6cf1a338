"""The pictures that the page shows, straight from their bucket: an address of it that holds for an hour."""

import re
from typing import Final, Protocol

from flask import Blueprint, Response, abort, redirect

from cumbre.renditions.port import RENDITION_SIZES_PX

NAME: Final = "shown"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_EXPIRES_S: Final = 3600
# Less, so that no browser follows an address that has expired meanwhile.
_MAX_AGE_S: Final = 3000


class PresignedRenditions(Protocol):
    """Renditions in a bucket."""

    def presigned_url(self, sha256: str, size_px: int, expires_s: int) -> str: ...


def create_rendition_redirects(renditions: PresignedRenditions) -> Blueprint:
    """GET /api/shown/CONTENT/SIZE.jpg leads to the rendition of a picture; nobody is asked whether it is there."""
    api = Blueprint(NAME, __name__, url_prefix="/api/shown")

    @api.get("/<content_sha256>/<int:size_px>.jpg")
    def shown(content_sha256: str, size_px: int) -> Response:
        if not _SHA256.fullmatch(content_sha256) or size_px not in RENDITION_SIZES_PX:
            abort(404)
        response = redirect(renditions.presigned_url(content_sha256, size_px, _EXPIRES_S), 302)
        response.headers["Cache-Control"] = f"private, max-age={_MAX_AGE_S}"
        return response  # type: ignore[return-value]

    return api
