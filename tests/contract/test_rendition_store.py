"""The contract of RenditionStore: every adapter must pass these tests."""

import hashlib
import uuid
from pathlib import Path

import pytest

from cumbre.renditions.folder import FolderRenditions
from cumbre.renditions.port import RENDITION_SIZES_PX, RenditionStore
from cumbre.renditions.s3 import S3Renditions
from cumbre.storage.s3 import open_s3_client

AMA, YAK = (hashlib.sha256(name).hexdigest() for name in (b"ama", b"yak"))


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RenditionStore:
    if request.param == "folder":
        return FolderRenditions(tmp_path / "renditions")
    moto = request.getfixturevalue("moto")
    client = open_s3_client(moto.address, moto.access_key, moto.secret_key)
    bucket = f"shown-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=bucket)
    return S3Renditions(client, bucket, "small/")


def test_gets_what_was_put(store: RenditionStore) -> None:
    store.put(AMA, 320, b"small")
    store.put(AMA, 1280, b"large")
    assert store.get(AMA, 320) == b"small"
    assert store.get(AMA, 1280) == b"large"
    assert store.get(AMA, 640) is None
    assert store.get(YAK, 320) is None


def test_put_replaces_an_existing_rendition(store: RenditionStore) -> None:
    store.put(AMA, 320, b"old")
    store.put(AMA, 320, b"new")
    assert store.get(AMA, 320) == b"new"


def test_an_empty_rendition_counts_as_missing(store: RenditionStore) -> None:
    store.put(AMA, 320, b"")
    assert store.get(AMA, 320) is None


def test_has_all_once_every_size_was_put_largest_first(store: RenditionStore) -> None:
    for size_px in sorted(RENDITION_SIZES_PX, reverse=True):
        assert not store.has_all(AMA)
        store.put(AMA, size_px, b"jpeg")
    assert store.has_all(AMA)
    assert not store.has_all(YAK)


def test_deletes_every_size_of_a_content_and_no_other(store: RenditionStore) -> None:
    for sha256 in (AMA, YAK):
        for size_px in RENDITION_SIZES_PX:
            store.put(sha256, size_px, b"jpeg")
    store.delete(AMA)
    store.delete(AMA)
    assert [store.get(AMA, size_px) for size_px in RENDITION_SIZES_PX] == [None] * len(RENDITION_SIZES_PX)
    assert store.has_all(YAK)


def test_trimming_keeps_renditions_of_the_album_within_the_size_limit(store: RenditionStore) -> None:
    store.put(AMA, 320, b"jpeg")
    store.trim(lambda sha256: sha256 == AMA, 1000)
    assert store.get(AMA, 320) == b"jpeg"
