"""Staging area: a bucket for large payloads between functions and for uploads of the page, which expire after a day.

Keys below the prefix are `DATE/SHA256` for payloads between functions, and `upload/TOKEN` for uploads from browsers.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cumbre.errors import NotFound, ObjectGone, StorageError
from cumbre.settings import Settings
from cumbre.storage.s3 import open_s3_client, read_body, storage_faults
from cumbre.text.sentence import sentence

_SETTING: Final = "CUMBRE_STAGING"
_ATTEMPTS: Final = 3
_TOKEN_BYTES: Final = 16
_CONTENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}/([0-9a-f]{64})")
_UPLOAD: Final = re.compile(r"upload/[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class PresignedUpload:
    """A form with which a browser may post one file: to url, with the fields before the part named `file`.

    key is the argument for StagingArea.read_upload() afterwards.
    """

    url: str
    fields: dict[str, str]
    key: str


class StagingArea:
    """The objects of a bucket with a prefix. A lifecycle rule of the bucket deletes them; this class never does."""

    def __init__(
        self, client: Any, bucket: str, prefix: str = "", now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._now = now

    def put(self, data: bytes) -> str:
        """Store bytes for at least a day and return their key. Raises StorageError.

        The date is part of the key: the same bytes stored yesterday may expire before they are fetched.
        """
        key = f"{self._prefix}{self._now():%Y-%m-%d}/{hashlib.sha256(data).hexdigest()}"
        for attempt in range(1, _ATTEMPTS + 1):
            if self._put_if_absent(key, data, is_last=attempt == _ATTEMPTS):
                break
        return key

    def get(self, key: str, max_bytes: int) -> bytes:
        """Return the bytes of a key from put(). Raises NotFound, PhotoError for more than max_bytes, StorageError."""
        form = _CONTENT.fullmatch(self._without_prefix(key))
        if form is None:
            raise NotFound(sentence("there is no such file, or it has expired"))
        data = self._get_object(key, max_bytes)
        if hashlib.sha256(data).hexdigest() != form[1]:
            raise StorageError(f"{key} in the bucket {self._bucket} was changed after it was stored")
        return data

    def presigned_upload(self, max_bytes: int, expires_s: int) -> PresignedUpload:
        """Return a form for uploading one file of 1 to max_bytes, valid for expires_s seconds.

        S3 enforces both limits. The bucket's CORS rules must allow the page's origin. If the temporary credentials of
        a role expire earlier, the form expires with them.
        """
        key = f"{self._prefix}upload/{secrets.token_hex(_TOKEN_BYTES)}"
        with storage_faults(self._bucket, key, _SETTING):
            form = self._client.generate_presigned_post(
                self._bucket, key, Conditions=[["content-length-range", 1, max_bytes]], ExpiresIn=expires_s
            )
        return PresignedUpload(form["url"], form["fields"], key)

    def read_upload(self, key: str, max_bytes: int) -> bytes:
        """Return an upload from a browser, which stays stored until it expires. Raises as get() does."""
        if _UPLOAD.fullmatch(self._without_prefix(key)) is None:
            raise NotFound(sentence("there is no such file, or it has expired"))
        return self._get_object(key, max_bytes)

    def _put_if_absent(self, key: str, data: bytes, is_last: bool) -> bool:
        """Store bytes unless the key exists. Returns False if a concurrent write conflicted: repeat the call then."""
        from botocore.exceptions import ClientError

        with storage_faults(self._bucket, key, _SETTING):
            try:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*")
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                if code == "ConditionalRequestConflict" and not is_last:
                    return False
                if code != "PreconditionFailed":
                    raise
        return True

    def _get_object(self, key: str, max_bytes: int) -> bytes:
        try:
            with storage_faults(self._bucket, key, _SETTING):
                return read_body(self._client.get_object(Bucket=self._bucket, Key=key), max_bytes)
        except ObjectGone as error:
            raise NotFound(sentence("this file was kept for a day only: send it again")) from error

    def _without_prefix(self, key: str) -> str:
        """Return a key without the prefix; empty if the key is outside this area."""
        return key[len(self._prefix) :] if key.startswith(self._prefix) else ""


def open_staging(settings: Settings) -> StagingArea | None:
    """Return the staging area named in the settings; None if none is named."""
    if settings.staging_location is None:
        return None
    client = open_s3_client(settings.s3_endpoint, settings.s3_access_key, settings.s3_secret_key)
    return StagingArea(client, *settings.staging_location)
