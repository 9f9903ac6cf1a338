"""Renditions in a bucket of their own (in that of the photos they would be events, and photos of the album)."""

from collections.abc import Callable
from typing import Any, Final

from cumbre.errors import ObjectGone
from cumbre.query import RENDITION_SIZES_PX
from cumbre.storage.s3 import faults

_SETTING: Final = "CUMBRE_RENDITIONS"
# A browser may keep what it was shown for a day; nobody between it and the bucket may.
_CACHE: Final = "private, max-age=86400"


class S3Renditions:
    """Objects PREFIX + XX/SHA256-SIZE.jpg.

    The role needs s3:ListBucket besides: without it S3 answers 403, not 404, for an object that is not there.
    """

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def get(self, sha256: str, size_px: int) -> bytes | None:
        try:
            with faults(self._bucket, self.key(sha256, size_px), _SETTING):
                found = self._client.get_object(Bucket=self._bucket, Key=self.key(sha256, size_px))
                with found["Body"] as body:
                    return bytes(body.read()) or None
        except ObjectGone:
            return None

    def put(self, sha256: str, size_px: int, jpeg: bytes) -> None:
        key = self.key(sha256, size_px)
        with faults(self._bucket, key, _SETTING):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=jpeg, ContentType="image/jpeg", CacheControl=_CACHE
            )

    def has_all(self, sha256: str) -> bool:
        """One look: who makes them all puts the smallest last."""
        key = self.key(sha256, min(RENDITION_SIZES_PX))
        try:
            with faults(self._bucket, key, _SETTING):
                self._client.head_object(Bucket=self._bucket, Key=key)
        except ObjectGone:
            return False
        return True

    def delete(self, sha256: str) -> None:
        for size_px in RENDITION_SIZES_PX:
            key = self.key(sha256, size_px)
            with faults(self._bucket, key, _SETTING):
                self._client.delete_object(Bucket=self._bucket, Key=key)

    def trim(self, is_in_album: Callable[[str], bool], most_bytes: int) -> None:
        """A bucket is never full; what leaves the album is deleted when ingest sees it leave."""

    def presigned_url(self, sha256: str, size_px: int, expires_s: int) -> str:
        """An address that shows this rendition to whoever has it, until it expires; asks nothing of the bucket."""
        key = self.key(sha256, size_px)
        with faults(self._bucket, key, _SETTING):
            return str(
                self._client.generate_presigned_url(
                    "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=expires_s
                )
            )

    def key(self, sha256: str, size_px: int) -> str:
        return f"{self._prefix}{sha256[:2]}/{sha256}-{size_px}.jpg"
