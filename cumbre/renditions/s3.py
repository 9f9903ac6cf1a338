"""Store renditions in an S3 bucket of their own.

In the bucket of the photos, they would cause events and be indexed as photos of the album.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from cumbre.errors import ObjectGone
from cumbre.renditions.port import RENDITION_SIZES_PX
from cumbre.storage.s3 import storage_faults

_SETTING: Final = "CUMBRE_RENDITIONS"
# A browser may cache a rendition for a day; shared caches between it and the bucket may not.
_CACHE: Final = "private, max-age=86400"
# The parts of the bucket: one per pair of hexadecimal digits at the start of a content hash.
_PARTS: Final = 256
_GRACE_S: Final = 3600.0


class S3Renditions:
    """Objects with the key PREFIX + XX/SHA256-SIZE.jpg.

    The role also needs s3:ListBucket: without it, S3 answers 403 instead of 404 for a missing object.
    """

    def __init__(self, client: Any, bucket: str, prefix: str = "", clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._clock = clock

    def get(self, sha256: str, size_px: int) -> bytes | None:
        try:
            with storage_faults(self._bucket, self.key(sha256, size_px), _SETTING):
                found = self._client.get_object(Bucket=self._bucket, Key=self.key(sha256, size_px))
                with found["Body"] as body:
                    return bytes(body.read()) or None
        except ObjectGone:
            return None

    def put(self, sha256: str, size_px: int, jpeg: bytes) -> None:
        key = self.key(sha256, size_px)
        with storage_faults(self._bucket, key, _SETTING):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=jpeg, ContentType="image/jpeg", CacheControl=_CACHE
            )

    def has_all(self, sha256: str) -> bool:
        """Check only the smallest size, which Prerenderer stores last."""
        key = self.key(sha256, min(RENDITION_SIZES_PX))
        try:
            with storage_faults(self._bucket, key, _SETTING):
                self._client.head_object(Bucket=self._bucket, Key=key)
        except ObjectGone:
            return False
        return True

    def delete(self, sha256: str) -> None:
        for size_px in RENDITION_SIZES_PX:
            key = self.key(sha256, size_px)
            with storage_faults(self._bucket, key, _SETTING):
                self._client.delete_object(Bucket=self._bucket, Key=key)

    def trim(self, is_in_album: Callable[[str], bool], max_bytes: int) -> None:  # noqa: ARG002  the port has it
        """Delete renditions of content that left the album unnoticed (a worker was killed).

        A bucket is never full, so max_bytes is ignored. Each call checks one of 256 parts, chosen at random: checking
        all of them would cost more than the leftover objects do.
        """
        part = f"{self._prefix}{secrets.randbelow(_PARTS):02x}/"
        young = self._clock() - _GRACE_S
        old: set[str] = set()
        with storage_faults(self._bucket, setting=_SETTING):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=part):
                # A new rendition may belong to a photo that is about to be indexed.
                found = [one["Key"] for one in page.get("Contents", ()) if one["LastModified"].timestamp() < young]
                old |= {key.removeprefix(part).partition("-")[0] for key in found}
        for sha256 in sorted(old):
            if not is_in_album(sha256):
                self.delete(sha256)

    def presigned_url(self, sha256: str, size_px: int, expires_s: int) -> str:
        """Return a URL for this rendition that works without credentials for expires_s seconds. Makes no request."""
        key = self.key(sha256, size_px)
        with storage_faults(self._bucket, key, _SETTING):
            return str(
                self._client.generate_presigned_url(
                    "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=expires_s
                )
            )

    def key(self, sha256: str, size_px: int) -> str:
        """Return the key of a rendition's object."""
        return f"{self._prefix}{sha256[:2]}/{sha256}-{size_px}.jpg"
