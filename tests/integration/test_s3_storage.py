"""S3 specifics of the photo storage, on a real MinIO. tests/contract covers what every storage does."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest

from cumbre.errors import ObjectGone, PhotoError, StorageError
from cumbre.storage.s3 import S3PhotoStorage, open_s3_client
from tests.support.minio_server import MinioServer

MB = 1_000_000


@pytest.fixture
def bucket(minio: MinioServer) -> str:
    name = f"test-{uuid.uuid4().hex}"
    minio.client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def put(minio: MinioServer, bucket: str) -> Callable[..., None]:
    client = minio.client

    def put_one(key: str, data: bytes = b"x") -> None:
        client.put_object(Bucket=bucket, Key=key, Body=data)

    return put_one


def storage(minio: MinioServer, bucket: str, prefix: str = "", **changes: str) -> S3PhotoStorage:
    access: dict[str, Any] = {"access_key": minio.user, "secret_key": minio.password, **changes}
    return S3PhotoStorage(open_s3_client(minio.address, **access), bucket, prefix)


@pytest.mark.servers
def test_lists_more_than_a_page_in_order(minio: MinioServer, bucket: str, put: Callable[..., None]) -> None:
    wanted = [f"{number:04}.jpg" for number in range(1010)]
    for key in reversed(wanted):
        put(key)
    assert [one.key for one in storage(minio, bucket).list()] == wanted


@pytest.mark.servers
@pytest.mark.parametrize("key", ["día 1/Ama Dablam आमा दब्लम 🏔.jpg", "a+b c%20d&e=f?.jpg", "new\nline.jpg", "é.jpg"])
def test_keys_may_contain_any_unicode(minio: MinioServer, bucket: str, put: Callable[..., None], key: str) -> None:
    put(key, b"a yak")
    (listed,) = storage(minio, bucket).list()
    assert storage(minio, bucket).stat(listed.key) == listed
    assert storage(minio, bucket).read(listed.key, listed.etag, MB) == b"a yak"


@pytest.mark.servers
def test_a_prefix_is_a_separate_album(minio: MinioServer, bucket: str, put: Callable[..., None]) -> None:
    for key in ("2022/a.jpg", "2023/b.jpg", "2023/day 1/c.jpg"):
        put(key)
    album = storage(minio, bucket, "2023/")
    assert [one.key for one in album.list()] == ["2023/b.jpg", "2023/day 1/c.jpg"]
    assert [one.key for one in album.list("2023/day 1/")] == ["2023/day 1/c.jpg"]
    assert list(album.list("2022/")) == []
    assert album.stat("2022/a.jpg") is None


@pytest.mark.servers
def test_only_the_newest_version_counts_and_a_delete_marker_means_removed(minio: MinioServer, bucket: str) -> None:
    client = minio.client
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=bucket, Key="yak.jpg", Body=b"first")
    client.put_object(Bucket=bucket, Key="yak.jpg", Body=b"second")
    album = storage(minio, bucket)
    (listed,) = album.list()
    assert album.read("yak.jpg", listed.etag, MB) == b"second"
    client.delete_object(Bucket=bucket, Key="yak.jpg")
    assert album.stat("yak.jpg") is None
    assert list(album.list()) == []
    with pytest.raises(ObjectGone):
        album.read("yak.jpg", listed.etag, MB)


@pytest.mark.servers
def test_a_presigned_url_gives_the_object(minio: MinioServer, bucket: str, put: Callable[..., None]) -> None:
    put("Ama Dablam ü.jpg", b"a mountain")
    with urlopen(storage(minio, bucket).presigned_url("Ama Dablam ü.jpg", 60)) as answer:
        assert answer.read() == b"a mountain"


@pytest.mark.servers
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"access_key": "nobody"}, "does not accept the credentials"),
        ({"secret_key": "wrong-secret-key"}, "does not accept the credentials"),
    ],
)
def test_wrong_credentials_are_reported_but_not_shown(
    minio: MinioServer, bucket: str, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(StorageError, match=message) as caught:
        list(storage(minio, bucket, **changes).list())
    assert not any(secret in str(caught.value) for secret in (minio.password, *changes.values()))


@pytest.mark.servers
def test_a_missing_bucket_is_named_with_its_setting(minio: MinioServer) -> None:
    with pytest.raises(StorageError, match=r"no-such-bucket does not exist: correct CUMBRE_STORAGE"):
        list(storage(minio, "no-such-bucket").list())


def test_an_unreachable_server_is_reported_with_its_setting() -> None:
    unreachable = S3PhotoStorage(open_s3_client("http://127.0.0.1:1", "key", "secret"), "trek")
    with pytest.raises(StorageError, match=r"can't be reached.*CUMBRE_S3_ENDPOINT"):
        list(unreachable.list())


class Stub:
    """A client with prepared answers, such as no real server gives on demand."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def get_object(self, **_: object) -> Any:
        return self._answers["get_object"]

    def get_paginator(self, _: str) -> "Stub":
        return self

    def paginate(self, **_: object) -> Any:
        return self._answers["pages"]


class Endless:
    """A body that never ends."""

    bytes_read = 0

    def __enter__(self) -> "Endless":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, size: int) -> bytes:
        self.bytes_read += size
        return bytes(size)


def test_reading_stops_at_the_limit_whatever_length_is_claimed() -> None:
    body = Endless()
    album = S3PhotoStorage(Stub(get_object={"ContentLength": 10, "Body": body}), "trek")
    with pytest.raises(PhotoError, match="limit"):
        album.read("yak.jpg", "etag", 3 * MB)
    assert body.bytes_read < 5 * MB


def test_an_object_of_6_gb_is_refused_before_any_of_it_is_read() -> None:
    body = Endless()
    huge = S3PhotoStorage(Stub(get_object={"ContentLength": 6_000_000_000, "Body": body}), "trek")
    with pytest.raises(PhotoError, match="larger than the limit of 100 MB"):
        huge.read("yak.jpg", "etag", 100 * MB)
    assert body.bytes_read == 0


def test_unsafe_keys_are_reported_and_the_others_are_listed() -> None:
    """Amazon S3 accepts such keys; MinIO refuses to store them."""
    page = [{"Key": key, "ETag": '"e"', "Size": 1} for key in ("a.jpg", "b/../c.jpg", "d.jpg")]
    album = S3PhotoStorage(Stub(pages=[{"Contents": page}]), "trek")
    listing = album.list()
    assert [next(listing).key, next(listing).key] == ["a.jpg", "d.jpg"]
    with pytest.raises(StorageError, match=r"rename such objects \('b/\.\./c\.jpg'\)"):
        next(listing)
