"""Renditions in a bucket: made while a photo is indexed, deleted with its last document, and no cause of failures."""

import io
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from cumbre.errors import PhotoError
from cumbre.imaging.decode_errors import OUT_OF_MEMORY
from cumbre.library.library import Library
from cumbre.renditions.port import RENDITION_SIZES_PX
from cumbre.renditions.s3 import S3Renditions
from cumbre.sandbox.port import PictureContent
from cumbre.sandbox.process import PictureProcess
from cumbre.sandbox.protocol import Header
from cumbre.services.local_album_service import LocalAlbumService
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
def library(bucket: str, moto: MotoServer, open_cumbre: Callable[..., Library]) -> Library:
    return open_cumbre(
        renditions=f"s3://{bucket}",
        s3_endpoint=moto.address,
        s3_access_key=moto.access_key,
        s3_secret_key=moto.secret_key,
    )


def noted_requests(monkeypatch: pytest.MonkeyPatch) -> list[Header]:
    """Return the list of requests to picture processes from now on; each is one decoded picture."""
    noted: list[Header] = []
    request = PictureProcess.request

    def note(process: PictureProcess, header: Header, data: bytes, max_answer_bytes: int) -> tuple[Header, bytes]:
        noted.append(header)
        return request(process, header, data, max_answer_bytes)

    monkeypatch.setattr(PictureProcess, "request", note)
    return noted


def stored_keys(moto: MotoServer, bucket: str) -> list[str]:
    return [one["Key"] for one in moto.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "trek").mkdir()
    (tmp_path / "trek" / "ama.png").write_bytes(LARGE)
    return tmp_path / "trek"


def test_ingest_makes_every_size_at_once(library: Library, folder: Path, moto: MotoServer, bucket: str) -> None:
    ingest(library, folder)
    (photo,) = library.index().select()
    sha256 = photo.content_sha256
    assert sorted(stored_keys(moto, bucket)) == sorted(f"{sha256[:2]}/{sha256}-{px}.jpg" for px in RENDITION_SIZES_PX)
    for size_px in RENDITION_SIZES_PX:
        jpeg = LocalQueryService(library).rendition(photo.id, size_px)
        with Image.open(io.BytesIO(jpeg)) as picture:
            assert (picture.format, max(picture.size), dict(picture.getexif())) == ("JPEG", size_px, {})
    stored = moto.client("s3").head_object(Bucket=bucket, Key=f"{sha256[:2]}/{sha256}-320.jpg")
    assert stored["ContentType"] == "image/jpeg"
    assert stored["CacheControl"].startswith("private")


def test_a_stored_rendition_is_shown_while_the_photo_is_missing(library: Library, folder: Path) -> None:
    ingest(library, folder)
    (photo,) = library.index().select()
    folder.rename(folder.with_name("away"))
    assert LocalQueryService(library).rendition(photo.id, 640).startswith(b"\xff\xd8")


def test_a_presigned_url_shows_its_rendition_and_fails_for_a_missing_one(
    library: Library, folder: Path, moto: MotoServer, bucket: str
) -> None:
    ingest(library, folder)
    store = library.renditions.store
    assert isinstance(store, S3Renditions)
    (photo,) = library.index().select()
    address = store.presigned_url(photo.content_sha256, 320, expires_s=60)
    assert "X-Amz-Signature" in address or "Signature=" in address
    with urllib.request.urlopen(address) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(store.presigned_url("0" * 64, 320, expires_s=60))


def test_renditions_are_deleted_with_the_last_photo_of_their_content(
    library: Library, folder: Path, moto: MotoServer, bucket: str
) -> None:
    (folder / "copy.png").write_bytes(LARGE)
    ingest(library, folder)
    assert len(stored_keys(moto, bucket)) == 4
    (folder / "copy.png").unlink()
    ingest(library, folder)
    assert len(stored_keys(moto, bucket)) == 4
    (folder / "ama.png").unlink()
    ingest(library, folder, confirm_removals=True)
    assert stored_keys(moto, bucket) == []


def test_renditions_are_deleted_when_the_photo_changes(
    library: Library, folder: Path, moto: MotoServer, bucket: str
) -> None:
    ingest(library, folder)
    before = stored_keys(moto, bucket)
    (folder / "ama.png").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:29 08:00:00"))
    ingest(library, folder)
    assert len(stored_keys(moto, bucket)) == 4
    assert not set(before) & set(stored_keys(moto, bucket))
    (folder / "ama.png").write_bytes(b"no picture")
    ingest(library, folder)
    assert stored_keys(moto, bucket) == []


def test_renditions_are_made_only_once(
    library: Library, folder: Path, moto: MotoServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(library, folder)
    requests = noted_requests(monkeypatch)
    (photo,) = library.index().select()
    stored = library.index().get(photo.id)
    assert stored is not None
    library.index().delete(photo.id, stored.version)
    ingest(library, folder)
    assert library.index().count() == 1
    assert [request["also_px"] for request in requests] == [[]]


def test_an_added_photo_is_decoded_once_for_the_check_the_encoder_and_all_renditions(
    library: Library, moto: MotoServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    album = LocalAlbumService(library)
    requests = noted_requests(monkeypatch)
    added = album.add("ama.png", LARGE)
    assert added.is_new
    assert len(stored_keys(moto, bucket)) == len(RENDITION_SIZES_PX)
    assert len(requests) == 1
    assert not album.add("again.png", LARGE).is_new
    assert len(requests) == 1


def test_an_ingested_photo_is_decoded_once_for_the_encoder_and_all_renditions(
    library: Library, folder: Path, moto: MotoServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = noted_requests(monkeypatch)
    ingest(library, folder)
    assert len(stored_keys(moto, bucket)) == len(RENDITION_SIZES_PX)
    assert len(requests) == 1


def test_a_missing_bucket_fails_neither_the_ingest_nor_the_view_of_a_photo(
    library: Library, folder: Path, moto: MotoServer, bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    moto.client("s3").delete_bucket(Bucket=bucket)
    assert ingest(library, folder).indexed == 1
    assert "CUMBRE_RENDITIONS" in caplog.text
    (photo,) = library.index().select()
    assert LocalQueryService(library).rendition(photo.id, 320).startswith(b"\xff\xd8")


def test_a_failure_to_make_renditions_does_not_fail_the_photo(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = library.pictures.read

    def fail(data: bytes, size: tuple[int, int], resample: int, renditions_px: Sequence[int] = ()) -> PictureContent:
        if renditions_px:
            raise PhotoError(OUT_OF_MEMORY)
        return read(data, size, resample)

    monkeypatch.setattr(library.pictures, "read", fail)
    assert ingest(library, folder).indexed == 1


def test_trimming_deletes_old_renditions_of_photos_that_left_the_album(
    moto: MotoServer, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = moto.client("s3")
    now = time.time()
    store = S3Renditions(client, bucket, "small/", clock=lambda: now)
    removed, in_album, elsewhere = "ab" + "0" * 62, "ab" + "1" * 62, "cd" + "0" * 62
    for sha256 in (removed, in_album, elsewhere):
        store.put(sha256, 320, b"jpeg")
    monkeypatch.setattr("secrets.randbelow", lambda _: 0xAB)
    store.trim(lambda sha256: sha256 == in_album, 0)
    assert store.get(removed, 320) == b"jpeg"  # it is too new
    now += 4000.0
    store.trim(lambda sha256: sha256 == in_album, 0)
    assert [store.get(sha256, 320) for sha256 in (removed, in_album, elsewhere)] == [None, b"jpeg", b"jpeg"]
