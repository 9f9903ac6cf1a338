"""Renditions in a bucket: made while a photo is indexed, gone when its last document is, never a photo's failure."""

import io
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cumbre.library.library import Library
from cumbre.renditions.port import RENDITION_SIZES_PX
from cumbre.renditions.s3 import S3Renditions
from cumbre.services.local_query_service import LocalQueryService
from tests.support.aws.moto_server import MotoServer
from tests.support.pictures import encoded, landscape
from tests.support.small_album import TO_AMA_DABLAM, ingest, photo_towards

LARGE = encoded(landscape((3000, 2000)), "PNG")


@pytest.fixture
def bucket(moto: MotoServer) -> str:
    name = f"shown-{uuid.uuid4().hex}"
    moto.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def cumbre(bucket: str, moto: MotoServer, open_cumbre: Callable[..., Library]) -> Library:
    return open_cumbre(
        renditions=f"s3://{bucket}",
        s3_endpoint=moto.address,
        s3_access_key=moto.access_key,
        s3_secret_key=moto.secret_key,
    )


def kept(moto: MotoServer, bucket: str) -> list[str]:
    return [one["Key"] for one in moto.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "trek").mkdir()
    (tmp_path / "trek" / "ama.png").write_bytes(LARGE)
    return tmp_path / "trek"


def test_ingest_makes_every_size_at_once(cumbre: Library, folder: Path, moto: MotoServer, bucket: str) -> None:
    ingest(cumbre, folder)
    (photo,) = cumbre.index().select()
    sha256 = photo.content_sha256
    assert sorted(kept(moto, bucket)) == sorted(f"{sha256[:2]}/{sha256}-{px}.jpg" for px in RENDITION_SIZES_PX)
    for size_px in RENDITION_SIZES_PX:
        jpeg = LocalQueryService(cumbre).rendition(photo.id, size_px)
        with Image.open(io.BytesIO(jpeg)) as picture:
            assert (picture.format, max(picture.size), dict(picture.getexif())) == ("JPEG", size_px, {})
    stored = moto.client("s3").head_object(Bucket=bucket, Key=f"{sha256[:2]}/{sha256}-320.jpg")
    assert stored["ContentType"] == "image/jpeg"
    assert stored["CacheControl"].startswith("private")


def test_what_is_kept_is_shown_though_the_file_is_away(cumbre: Library, folder: Path) -> None:
    ingest(cumbre, folder)
    (photo,) = cumbre.index().select()
    folder.rename(folder.with_name("away"))
    assert LocalQueryService(cumbre).rendition(photo.id, 640).startswith(b"\xff\xd8")


def test_a_presigned_address_shows_a_rendition_and_another_one_nothing(
    cumbre: Library, folder: Path, moto: MotoServer, bucket: str
) -> None:
    ingest(cumbre, folder)
    store = cumbre.renditions.cached.store
    assert isinstance(store, S3Renditions)
    (photo,) = cumbre.index().select()
    address = store.presigned_url(photo.content_sha256, 320, expires_s=60)
    assert "X-Amz-Signature" in address or "Signature=" in address
    with urllib.request.urlopen(address) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(store.presigned_url("0" * 64, 320, expires_s=60))


def test_they_go_with_the_last_photo_of_their_content(
    cumbre: Library, folder: Path, moto: MotoServer, bucket: str
) -> None:
    (folder / "copy.png").write_bytes(LARGE)
    ingest(cumbre, folder)
    assert len(kept(moto, bucket)) == 4
    (folder / "copy.png").unlink()
    ingest(cumbre, folder)
    assert len(kept(moto, bucket)) == 4
    (folder / "ama.png").unlink()
    ingest(cumbre, folder, confirm_removals=True)
    assert kept(moto, bucket) == []


def test_they_go_when_the_photo_becomes_another(cumbre: Library, folder: Path, moto: MotoServer, bucket: str) -> None:
    ingest(cumbre, folder)
    before = kept(moto, bucket)
    (folder / "ama.png").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:29 08:00:00"))
    ingest(cumbre, folder)
    assert len(kept(moto, bucket)) == 4
    assert not set(before) & set(kept(moto, bucket))
    (folder / "ama.png").write_bytes(b"no picture")
    ingest(cumbre, folder)
    assert kept(moto, bucket) == []


def test_they_are_made_once(
    cumbre: Library, folder: Path, moto: MotoServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(cumbre, folder)
    asked: list[Any] = []
    monkeypatch.setattr(cumbre.sandbox, "renditions", lambda *question: asked.append(question))
    (photo,) = cumbre.index().select()
    stored = cumbre.index().get(photo.id)
    assert stored is not None
    cumbre.index().delete(photo.id, stored.version)
    ingest(cumbre, folder)
    assert cumbre.index().count() == 1
    assert asked == []


def test_a_bucket_that_is_away_fails_no_photo_and_no_look(
    cumbre: Library, folder: Path, moto: MotoServer, bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    moto.client("s3").delete_bucket(Bucket=bucket)
    assert ingest(cumbre, folder).indexed == 1
    assert "CUMBRE_RENDITIONS" in caplog.text
    (photo,) = cumbre.index().select()
    assert LocalQueryService(cumbre).rendition(photo.id, 320).startswith(b"\xff\xd8")


def test_a_decoder_that_fails_at_them_fails_no_photo(
    cumbre: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(cumbre.sandbox, "renditions", fail)
    assert ingest(cumbre, folder).indexed == 1


def test_what_left_the_album_unseen_goes_in_time(
    moto: MotoServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = moto.client("s3")
    now = time.time()
    store = S3Renditions(client, bucket, "small/", clock=lambda: now)
    gone, there, elsewhere = "ab" + "0" * 62, "ab" + "1" * 62, "cd" + "0" * 62
    for sha256 in (gone, there, elsewhere):
        store.put(sha256, 320, b"jpeg")
    monkeypatch.setattr("secrets.randbelow", lambda _: 0xAB)
    store.trim(lambda sha256: sha256 == there, 0)
    assert store.get(gone, 320) == b"jpeg"  # it was made just now
    now += 4000.0
    store.trim(lambda sha256: sha256 == there, 0)
    assert [store.get(sha256, 320) for sha256 in (gone, there, elsewhere)] == [None, b"jpeg", b"jpeg"]
