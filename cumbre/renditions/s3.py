"""Renditions in a bucket of their own (in that of the photos they would be events, and photos of the album)."""

import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from cumbre.errors import ObjectGone
from cumbre.renditions.port import RENDITION_SIZES_PX
from cumbre.storage.s3 import storage_faults

_SETTING: Final = "CUMBRE_RENDITIONS"
# A browser may keep what it was shown for a day; nobody between it and the bucket may.
_CACHE: Final = "private, max-age=86400"
# By the first two digits of the content's hash.
_PARTS: Final = 256
_YOUNG_S: Final = 3600.0


class S3Renditions:
    """Objects PREFIX + XX/SHA256-SIZE.jpg.

    The role needs s3:ListBucket besides: without it S3 answers 403, not 404, for an object that is not there.
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
        """One look: who makes them all puts the smallest last."""
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

    def trim(self, is_in_album: Callable[[str], bool], most_bytes: int) -> None:  # noqa: ARG002  the port has it
        """A bucket is never full. What left the album without being seen (a worker was ended) goes in time.

        Each call looks at one of 256 parts, drawn by chance: looking at all would cost more than they do.
        """
        part = f"{self._prefix}{secrets.randbelow(_PARTS):02x}/"
        young = self._clock() - _YOUNG_S
        old: set[str] = set()
        with storage_faults(self._bucket, setting=_SETTING):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=part):
                # What was made just now may be of a photo that is about to be written.
                found = [one["Key"] for one in page.get("Contents", ()) if one["LastModified"].timestamp() < young]
                old |= {key.removeprefix(part).partition("-")[0] for key in found}
        for sha256 in sorted(old):
            if not is_in_album(sha256):
                self.delete(sha256)

    def presigned_url(self, sha256: str, size_px: int, expires_s: int) -> str:
        """An address that shows this rendition to whoever has it, until it expires; asks nothing of the bucket."""
        key = self.key(sha256, size_px)
        with storage_faults(self._bucket, key, _SETTING):
            return str(
                self._client.generate_presigned_url(
                    "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=expires_s
                )
            )

    def key(self, sha256: str, size_px: int) -> str:
        return f"{self._prefix}{sha256[:2]}/{sha256}-{size_px}.jpg"
