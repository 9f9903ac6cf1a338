"""Photos in a bucket of S3, or of any server that speaks it (MinIO, RustFS, Ceph...)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from cumbre.errors import ObjectChanged, ObjectGone, PhotoError, StorageError
from cumbre.storage.formats import is_photo_key
from cumbre.storage.port import ListingIncomplete, ObjectStat
from cumbre.system.aws_client import open_aws_client
from cumbre.text.sentence import sentence

_CHUNK_BYTES: Final = 1 << 20
_CONNECT_TIMEOUT_S: Final = 5
_READ_TIMEOUT_S: Final = 30
_ATTEMPTS: Final = 4
_CONNECTIONS: Final = 16
# What S3 itself allows.
_KEY_BYTES_MAX: Final = 1024
_SAID_MAX: Final = 100
_GONE: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED: Final = frozenset({"412", "PreconditionFailed"})
_DENIED: Final = frozenset({"401", "403", "AccessDenied", "Forbidden", "AllAccessDisabled"})
_BAD_CREDENTIALS: Final = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "TokenRefreshRequired"}
)


def open_s3_client(endpoint: str = "", access_key: str = "", secret_key: str = "") -> Any:
    """A client for the bucket's service; see open_aws_client."""
    return open_aws_client(
        "s3",
        "the bucket",
        attempts=_ATTEMPTS,
        endpoint=endpoint,
        access_key=access_key,
        secret_key=secret_key,
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        max_pool_connections=_CONNECTIONS,
        # Servers that are not Amazon's answer under one host name, and not all know its newer checksums. Addresses that
        # are given away name the bucket's region ("virtual"): the one name for all regions redirects new buckets.
        s3={"addressing_style": "path" if endpoint else "virtual"},
        # Without it those of us-east-1 are signed in the old way, which encrypted buckets refuse.
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


class S3PhotoStorage:
    """The photos of a bucket whose keys begin with `prefix`; keys are the object's own, prefix and all.

    A folder is only a part of a key here, so a key may hold anything that S3 takes; a bucket with versions shows the
    newest of each. writable: new photos may be stored; what is there is never written over.
    """

    def __init__(self, client: Any, bucket: str, prefix: str = "", writable: bool = False) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._writable = writable

    @property
    def bucket(self) -> str:
        return self._bucket

    @property
    def prefix(self) -> str:
        return self._prefix

    @property
    def client(self) -> Any:
        return self._client

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Page by page, as S3 sorts them: by the bytes of their keys."""
        wanted = prefix if prefix.startswith(self._prefix) else self._prefix
        if not wanted.startswith(prefix):
            return
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=wanted)
        dotted: list[str] = []
        with storage_faults(self._bucket):
            for page in pages:
                for one in page.get("Contents", ()):
                    if is_photo_key(one["Key"]):
                        yield ObjectStat(one["Key"], _etag(one), one["Size"])
                    elif _is_dotted(one["Key"]) and len(dotted) < _SAID_MAX:
                        dotted.append(one["Key"])
        if dotted:
            raise ListingIncomplete(
                f"{len(dotted)} objects of {self._bucket} have . or .. as a part of their key and can't be asked for: "
                f"rename them ({dotted[0]!r})",
                tuple(dotted),
            )

    def stat(self, key: str) -> ObjectStat | None:
        _check(key)
        if not key.startswith(self._prefix):
            return None
        try:
            with storage_faults(self._bucket, key):
                found = self._client.head_object(Bucket=self._bucket, Key=key)
        except ObjectGone:
            self._check_bucket()
            return None
        return ObjectStat(key, _etag(found), found["ContentLength"])

    def read(self, key: str, etag: str, max_bytes: int) -> bytes:
        _check(key)
        try:
            with storage_faults(self._bucket, key):
                answer = self._client.get_object(Bucket=self._bucket, Key=key, IfMatch=f'"{etag}"')
                return read_body(answer, max_bytes)
        except ObjectGone:
            self._check_bucket()
            raise

    def write(self, key: str, data: bytes) -> ObjectStat:
        self._check_writable(key)
        try:
            with storage_faults(self._bucket, key):
                # The condition is the server's to keep: of two that write at once one is told.
                put = self._client.put_object(Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*")
        except ObjectChanged as error:
            raise StorageError(f"{key} exists already") from error
        return ObjectStat(key, _etag(put), len(data))

    def delete(self, key: str, etag: str) -> None:
        self._check_writable(key)
        there = self.stat(key)
        if there is None:
            return
        # Not every server knows conditional deletes: whoever writes in between loses what was written.
        if there.etag != etag:
            raise ObjectChanged(f"{key} has changed")
        with storage_faults(self._bucket, key):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def presigned_url(self, key: str, expires_s: int) -> str:
        """An address that gives this object to whoever has it, until it expires."""
        _check(key)
        params = {"Bucket": self._bucket, "Key": key}
        with storage_faults(self._bucket, key):
            return str(self._client.generate_presigned_url("get_object", Params=params, ExpiresIn=expires_s))

    def _check_writable(self, key: str) -> None:
        """Raises StorageError for a key that may not be written."""
        if not self._writable:
            raise StorageError(f"the bucket {self._bucket} is only read")
        _check(key)
        if not key.startswith(self._prefix):
            raise StorageError(f"{key} lies outside {self._prefix}")

    def _check_bucket(self) -> None:
        """Raises StorageError if it is the bucket that is not there."""
        with storage_faults(self._bucket):
            self._client.head_bucket(Bucket=self._bucket)


@contextmanager
def storage_faults(bucket: str, key: str = "", setting: str = "CUMBRE_STORAGE") -> Iterator[None]:
    """Raises StorageError for what the client raises; ObjectGone and ObjectChanged for an object's own answers.

    setting is the one that names the bucket.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
    from urllib3.exceptions import HTTPError

    where = f"the bucket {bucket}"
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
        if code == "NoSuchBucket" or (not key and code in _GONE):
            raise StorageError(f"{where} does not exist: correct {setting}, or make it (`cumbre setup`)") from error
        if code in _GONE:
            raise ObjectGone(f"{key} is not in {where} any more") from error
        if code in _CHANGED or status == "412":
            raise ObjectChanged(f"{key} has changed") from error
        if code in _BAD_CREDENTIALS or code.startswith("Expired"):
            raise StorageError(
                f"{where} does not accept the credentials ({code}): renew AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from error
        if code in _DENIED:
            raise StorageError(
                f"{where} may not be read with these credentials: docs/storage.md names the rights that are needed"
            ) from error
        raise StorageError(f"{where} refused: {code} {error.response.get('Error', {}).get('Message', '')}") from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StorageError(
            f"there are no credentials for {where}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise StorageError(
            f"{where} can't be reached ({' '.join(str(error).split())[:200]}): is the server running, and are "
            f"{setting} and CUMBRE_S3_ENDPOINT right?"
        ) from error


def read_body(answer: Any, max_bytes: int) -> bytes:
    """What get_object answered with; no more than max_bytes is ever held, whatever the server says of the length."""
    with answer["Body"] as body:
        if answer["ContentLength"] > max_bytes:
            raise _too_large(max_bytes)
        content = bytearray()
        while chunk := body.read(_CHUNK_BYTES):
            content += chunk
            if len(content) > max_bytes:
                raise _too_large(max_bytes)
    return bytes(content)


def _too_large(max_bytes: int) -> PhotoError:
    return PhotoError(sentence("the file is larger than the limit of {n} MB", n=f"{max_bytes / 1e6:g}"))


def _etag(answer: Any) -> str:
    return str(answer["ETag"]).strip('"')


def _check(key: str) -> None:
    """Raises StorageError for what can't be a key."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise StorageError(f"{key!r} is no valid Unicode") from None
    if not 0 < size <= _KEY_BYTES_MAX or "\0" in key:
        raise StorageError(f"{key[:100]!r} can't be a key of S3")
    if _is_dotted(key):
        raise StorageError(f"{key!r} has . or .. as a part: rename the object")


def _is_dotted(key: str) -> bool:
    """Whether HTTP clients would resolve the key as a path before they ask, and so ask for another object."""
    return any(part in (".", "..") for part in key.split("/"))
