"""The contract of PhotoStorage: every adapter must pass these tests.

To add an adapter, write a class such as FolderBucket that can also change objects without the storage.
"""

import uuid
from pathlib import Path
from typing import Any, Protocol

import pytest

from cumbre.errors import ObjectChanged, ObjectGone, PhotoError, StorageError
from cumbre.storage.folder import FolderPhotoStorage
from cumbre.storage.port import PhotoStorage
from cumbre.storage.s3 import S3PhotoStorage

MB = 1_000_000


class Bucket(Protocol):
    """A read-only storage, a writable one, and methods that change objects without either."""

    @property
    def reading(self) -> PhotoStorage: ...

    @property
    def writing(self) -> PhotoStorage: ...

    @property
    def refused(self) -> tuple[str, ...]: ...

    def put(self, key: str, data: bytes) -> None: ...

    def remove(self, key: str) -> None: ...

    def vanish(self) -> None: ...


REFUSED = ("../yak.jpg", "a/../../yak.jpg", "a\0.jpg", "", "./a.jpg", "a/../b.jpg")


class FolderBucket:
    # S3 allows the additional two.
    refused = (*REFUSED, "/yak.jpg", "a//b.jpg")

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reading = FolderPhotoStorage(root)
        self.writing = FolderPhotoStorage(root, writable=True)

    def put(self, key: str, data: bytes) -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, key: str) -> None:
        (self.root / key).unlink()

    def vanish(self) -> None:
        self.root.rename(self.root.with_name("elsewhere"))


class S3Bucket:
    # S3 allows keys of up to 1024 bytes.
    refused = (*REFUSED, "x" * 1025)

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name
        self.reading = S3PhotoStorage(client, name)
        self.writing = S3PhotoStorage(client, name, writable=True)
        client.create_bucket(Bucket=name)

    def put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._name, Key=key, Body=data)

    def remove(self, key: str) -> None:
        self._client.delete_object(Bucket=self._name, Key=key)

    def vanish(self) -> None:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name):
            for one in page.get("Contents", ()):
                self.remove(one["Key"])
        self._client.delete_bucket(Bucket=self._name)


@pytest.fixture(params=["folder", pytest.param("s3", marks=[pytest.mark.servers, pytest.mark.together("servers")])])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    if request.param == "s3":
        return S3Bucket(request.getfixturevalue("minio").client, f"test-{uuid.uuid4().hex}")
    root = tmp_path / "album"
    root.mkdir()
    return FolderBucket(root)


def keys(storage: PhotoStorage, prefix: str = "") -> list[str]:
    return [one.key for one in storage.list(prefix)]


def test_lists_photos_by_extension_in_any_case(bucket: Bucket) -> None:
    for key in ("day 1/yak.JPG", "day 1/notes.txt", "day 2/ama.heic", "summit.jpeg", "summit.jpeg.part"):
        bucket.put(key, b"x")
    assert sorted(keys(bucket.reading)) == ["day 1/yak.JPG", "day 2/ama.heic", "summit.jpeg"]


def test_lists_in_the_same_order_every_time(bucket: Bucket) -> None:
    for key in ("b.jpg", "a/z.jpg", "c/y.jpg", "a.jpg"):
        bucket.put(key, b"x")
    assert keys(bucket.reading) == keys(bucket.reading)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("day 1/", ["day 1/a.jpg", "day 1/b.jpg"]),
        ("day", ["day 1/a.jpg", "day 1/b.jpg", "day 10/c.jpg"]),
        ("day 1/a", ["day 1/a.jpg"]),
        ("day 3/", []),
    ],
)
def test_a_prefix_selects_the_keys_that_start_with_it(bucket: Bucket, prefix: str, found: list[str]) -> None:
    for key in ("day 1/a.jpg", "day 1/b.jpg", "day 10/c.jpg", "e.jpg"):
        bucket.put(key, b"x")
    assert sorted(keys(bucket.reading, prefix)) == found


def test_hidden_files_and_folders_are_ignored(bucket: Bucket) -> None:
    for key in ("._yak.jpg", ".thumbnails/yak.jpg", "day 1/@eaDir/yak.jpg", "yak.jpg"):
        bucket.put(key, b"x")
    assert keys(bucket.reading) == ["yak.jpg"]


def test_stat_agrees_with_the_listing(bucket: Bucket) -> None:
    bucket.put("day 1/Ama Dablam +1 ü.jpg", b"four")
    (listed,) = bucket.reading.list()
    assert listed.size_bytes == 4
    assert bucket.reading.stat("day 1/Ama Dablam +1 ü.jpg") == listed


def test_stat_of_a_missing_object_is_none(bucket: Bucket) -> None:
    assert bucket.reading.stat("nothing.jpg") is None
    assert bucket.reading.stat("no/such/folder.jpg") is None


def test_reads_the_content_with_the_etag(bucket: Bucket) -> None:
    bucket.put("yak.jpg", b"a yak")
    stat = bucket.reading.stat("yak.jpg")
    assert stat is not None
    assert bucket.reading.read("yak.jpg", stat.etag, MB) == b"a yak"


def test_changed_content_has_another_etag(bucket: Bucket) -> None:
    bucket.put("yak.jpg", b"a yak")
    before = bucket.reading.stat("yak.jpg")
    bucket.put("yak.jpg", b"a dzo, not a yak")
    after = bucket.reading.stat("yak.jpg")
    assert before is not None
    assert after is not None
    assert before.etag != after.etag
    with pytest.raises(ObjectChanged):
        bucket.reading.read("yak.jpg", before.etag, MB)


def test_reading_a_removed_object_raises_object_gone(bucket: Bucket) -> None:
    bucket.put("yak.jpg", b"a yak")
    stat = bucket.reading.stat("yak.jpg")
    assert stat is not None
    bucket.remove("yak.jpg")
    with pytest.raises(ObjectGone):
        bucket.reading.read("yak.jpg", stat.etag, MB)


def test_a_photo_that_is_too_large_is_a_photo_error(bucket: Bucket) -> None:
    bucket.put("yak.jpg", b"12345")
    stat = bucket.reading.stat("yak.jpg")
    assert stat is not None
    assert bucket.reading.read("yak.jpg", stat.etag, 5) == b"12345"
    with pytest.raises(PhotoError, match="limit"):
        bucket.reading.read("yak.jpg", stat.etag, 4)


def test_a_written_photo_can_be_read(bucket: Bucket) -> None:
    written = bucket.writing.write("2026/yak.jpg", b"a yak")
    assert bucket.reading.stat("2026/yak.jpg") == written
    assert bucket.reading.read("2026/yak.jpg", written.etag, MB) == b"a yak"
    assert keys(bucket.reading) == ["2026/yak.jpg"]


def test_an_existing_key_is_never_overwritten(bucket: Bucket) -> None:
    bucket.put("yak.jpg", b"the first")
    with pytest.raises(StorageError, match="exists"):
        bucket.writing.write("yak.jpg", b"the second")
    stat = bucket.reading.stat("yak.jpg")
    assert stat is not None
    assert bucket.reading.read("yak.jpg", stat.etag, MB) == b"the first"


def test_delete_removes_only_the_version_with_the_given_etag(bucket: Bucket) -> None:
    first = bucket.writing.write("yak.jpg", b"the first")
    bucket.writing.delete("yak.jpg", first.etag)
    assert keys(bucket.reading) == []
    bucket.writing.delete("yak.jpg", first.etag)
    bucket.writing.write("yak.jpg", b"another one")
    with pytest.raises(ObjectChanged):
        bucket.writing.delete("yak.jpg", first.etag)
    assert keys(bucket.reading) == ["yak.jpg"]


def test_a_read_only_storage_refuses_to_delete(bucket: Bucket) -> None:
    bucket.put("yak.jpg", b"a yak")
    stat = bucket.reading.stat("yak.jpg")
    assert stat is not None
    with pytest.raises(StorageError, match="read-only"):
        bucket.reading.delete("yak.jpg", stat.etag)
    assert keys(bucket.reading) == ["yak.jpg"]


def test_a_read_only_storage_refuses_to_write(bucket: Bucket) -> None:
    with pytest.raises(StorageError, match="read-only"):
        bucket.reading.write("yak.jpg", b"a yak")
    assert keys(bucket.reading) == []


def test_unsafe_keys_are_refused(bucket: Bucket) -> None:
    for key in bucket.refused:
        with pytest.raises(StorageError):
            bucket.reading.stat(key)
        with pytest.raises(StorageError):
            bucket.reading.read(key, "any", MB)
        with pytest.raises(StorageError):
            bucket.writing.write(key, b"x")


def test_a_missing_bucket_is_an_error_and_not_an_empty_bucket(bucket: Bucket) -> None:
    bucket.put("yak.jpg", b"a yak")
    bucket.vanish()
    with pytest.raises(StorageError):
        keys(bucket.reading)
    with pytest.raises(StorageError):
        bucket.reading.stat("yak.jpg")
    with pytest.raises(StorageError) as caught:
        bucket.reading.read("yak.jpg", "any", MB)
    assert not isinstance(caught.value, ObjectGone)
    with pytest.raises(StorageError):
        bucket.writing.write("new.jpg", b"x")
