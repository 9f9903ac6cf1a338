"""The S3 adapter of PhotoStorage: Amazon S3, or any server with the S3 API (MinIO, RustFS, Ceph...)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from cumbre.errors import ObjectChanged, ObjectGone, PhotoError, StorageError
from cumbre.storage.formats import is_photo_key
from cumbre.storage.port import ListingIncomplete, ObjectStat
from cumbre.system.aws_client import open_aws_client
from cumbre.text.counted import counted
from cumbre.text.sentence import sentence

_CHUNK_BYTES: Final = 1 << 20
_CONNECT_TIMEOUT_S: Final = 5
_READ_TIMEOUT_S: Final = 30
_ATTEMPTS: Final = 4
_CONNECTIONS: Final = 16
# The limit of S3.
_KEY_BYTES_MAX: Final = 1024
_REPORTED_MAX: Final = 100
_GONE: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED: Final = frozenset({"412", "PreconditionFailed"})
_DENIED: Final = frozenset({"401", "403", "AccessDenied", "Forbidden", "AllAccessDisabled"})
_BAD_CREDENTIALS: Final = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "TokenRefreshRequired"}
)


def open_s3_client(endpoint: str = "", access_key: str = "", secret_key: str = "") -> Any:
    """Return an S3 client. Empty arguments mean Amazon and the standard AWS credentials; see open_aws_client."""
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
        # Servers other than Amazon's have one host name for all buckets ("path"), and not all support Amazon's newer
        # checksums. At Amazon, presigned URLs must name the bucket's region ("virtual"), because the host name for all
        # regions redirects requests for new buckets.
        s3={"addressing_style": "path" if endpoint else "virtual"},
        # The default for presigned URLs in us-east-1 is the old signature, which encrypted buckets refuse.
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


class S3PhotoStorage:
    """The photos of a bucket with keys that begin with `prefix`. Keys are the full object keys, prefix included.

    Folders are only parts of keys, so a key may contain anything that S3 accepts, except "." or ".." as a part. In a
    bucket with versioning the newest version counts. writable: new photos may be stored; existing ones are never
    overwritten.
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
        """The prefix of all keys; "" for the whole bucket."""
        return self._prefix

    @property
    def client(self) -> Any:
        """The boto3 client."""
        return self._client

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """See PhotoStorage.list. Sorted by the bytes of the keys, as S3 does."""
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
                    elif _is_dotted(one["Key"]) and len(dotted) < _REPORTED_MAX:
                        dotted.append(one["Key"])
        if dotted:
            raise ListingIncomplete(
                f"{counted(len(dotted), 'object')} of {self._bucket} can't be requested, because . or .. is a part of "
                f"the key: rename such objects ({dotted[0]!r})",
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
                # The server checks the condition, so one of two concurrent writes fails.
                put = self._client.put_object(Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*")
        except ObjectChanged as error:
            raise StorageError(f"{key} already exists") from error
        return ObjectStat(key, _etag(put), len(data))

    def delete(self, key: str, etag: str) -> None:
        self._check_writable(key)
        current = self.stat(key)
        if current is None:
            return
        # Not every server supports conditional deletes, so a write between this check and the delete is lost.
        if current.etag != etag:
            raise ObjectChanged(f"{key} was changed in the meantime")
        with storage_faults(self._bucket, key):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def presigned_url(self, key: str, expires_s: int) -> str:
        """Return a URL that gives anyone read access to this object for `expires_s` seconds."""
        _check(key)
        params = {"Bucket": self._bucket, "Key": key}
        with storage_faults(self._bucket, key):
            return str(self._client.generate_presigned_url("get_object", Params=params, ExpiresIn=expires_s))

    def _check_writable(self, key: str) -> None:
        """Raise StorageError if the bucket is read-only or the key is invalid or outside the prefix."""
        if not self._writable:
            raise StorageError(f"the bucket {self._bucket} is read-only")
        _check(key)
        if not key.startswith(self._prefix):
            raise StorageError(f"{key} is outside {self._prefix}")

    def _check_bucket(self) -> None:
        """Raise StorageError if the bucket itself does not exist."""
        with storage_faults(self._bucket):
            self._client.head_bucket(Bucket=self._bucket)


@contextmanager
def storage_faults(bucket: str, key: str = "", setting: str = "CUMBRE_STORAGE") -> Iterator[None]:
    """Raise the client's errors as StorageError, or as ObjectGone or ObjectChanged if they concern the object `key`.

    setting is the name of the setting that contains the bucket name; the messages mention it.
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
            raise StorageError(
                f"{where} does not exist: correct {setting}, or create it with `cumbre setup`"
            ) from error
        if code in _GONE:
            raise ObjectGone(f"{key} does not exist in {where} any more") from error
        if code in _CHANGED or status == "412":
            raise ObjectChanged(f"{key} was changed in the meantime") from error
        if code in _BAD_CREDENTIALS or code.startswith("Expired"):
            raise StorageError(
                f"{where} does not accept the credentials ({code}): renew AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from error
        if code in _DENIED:
            raise StorageError(
                f"the credentials do not allow access to {where}: docs/storage.md lists the rights that are needed"
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
    """Read the body of a get_object response.

    Raises PhotoError if it is larger than max_bytes. Does not trust the length that the server reports, so memory stays
    limited.
    """
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
    """Raise StorageError if this can't be the key of an object."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise StorageError(f"{key!r} is not valid Unicode") from None
    if not 0 < size <= _KEY_BYTES_MAX or "\0" in key:
        raise StorageError(f"{key[:100]!r} can't be an S3 key")
    if _is_dotted(key):
        raise StorageError(f"{key!r} has . or .. as a part: rename the object")


def _is_dotted(key: str) -> bool:
    """Return whether HTTP clients would resolve the key as a path, and so request another object."""
    return any(part in (".", "..") for part in key.split("/"))
