"""Redirects from the page's picture URLs to presigned URLs of the bucket, which are valid for an hour."""

import re
from typing import Final, Protocol

from flask import Blueprint, Response, abort, redirect

from cumbre.renditions.port import RENDITION_SIZES_PX

NAME: Final = "shown"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_EXPIRES_S: Final = 3600
# Shorter, so that browsers never follow a cached redirect to an expired URL.
_MAX_AGE_S: Final = 3000


class PresignedRenditions(Protocol):
    """Renditions in a bucket."""

    def presigned_url(self, sha256: str, size_px: int, expires_s: int) -> str:
        """Return a URL of a rendition; sha256 is the photo's content hash. The rendition may not exist."""
        ...


def create_rendition_redirects(renditions: PresignedRenditions) -> Blueprint:
    """Return the blueprint of GET /api/shown/CONTENT/SIZE.jpg. It redirects even if the rendition does not exist."""
    api = Blueprint(NAME, __name__, url_prefix="/api/shown")

    @api.get("/<content_sha256>/<int:size_px>.jpg")
    def shown(content_sha256: str, size_px: int) -> Response:
        if not _SHA256.fullmatch(content_sha256) or size_px not in RENDITION_SIZES_PX:
            abort(404)
        response = redirect(renditions.presigned_url(content_sha256, size_px, _EXPIRES_S), 302)
        response.headers["Cache-Control"] = f"private, max-age={_MAX_AGE_S}"
        return response  # type: ignore[return-value]

    return api
