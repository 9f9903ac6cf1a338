"""The staging area for pictures passed between functions and for uploads of the page, on moto's S3."""

import base64
import hashlib
import io
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from botocore.awsrequest import AWSResponse

from cumbre.errors import NotFound, PhotoError, SettingsError, StorageError
from cumbre.json_codec import CodecError
from cumbre.settings import Settings
from cumbre.storage.s3 import open_s3_client
from functions.query.rpc.payloads import Payloads
from functions.query.rpc.staging import StagingArea, open_staging
from tests.support.aws.moto_server import MotoServer

MB = 1_000_000
PICTURE = b"a picture " * 100


class RawResponse(io.BytesIO):
    """The body of a response as the client reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def bucket(moto: MotoServer) -> str:
    name = f"photos-{uuid.uuid4().hex}"
    moto.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def client(moto: MotoServer) -> Any:
    return open_s3_client(moto.address, moto.access_key, moto.secret_key)


@pytest.fixture
def area(client: Any, bucket: str) -> StagingArea:
    return StagingArea(client, bucket, "staging/", lambda: datetime(2026, 5, 29, 12, tzinfo=UTC))


def objects(moto: MotoServer, bucket: str) -> list[str]:
    return [one["Key"] for one in moto.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


def test_a_stored_picture_can_be_read_and_is_written_once(moto: MotoServer, area: StagingArea, bucket: str) -> None:
    key = area.put(PICTURE)
    assert key == f"staging/2026-05-29/{hashlib.sha256(PICTURE).hexdigest()}"
    written = moto.client("s3").head_object(Bucket=bucket, Key=key)["LastModified"]
    assert area.put(PICTURE) == key
    assert area.get(key, MB) == PICTURE
    assert objects(moto, bucket) == [key]
    assert moto.client("s3").head_object(Bucket=bucket, Key=key)["LastModified"] == written


def test_a_write_that_conflicts_with_another_one_is_repeated(client: Any, area: StagingArea) -> None:
    refused: list[str] = []

    def conflict(request: Any, **_: Any) -> AWSResponse | None:
        """Answer as S3 does while another write of this key is in progress, which moto never does."""
        if refused:
            return None
        refused.append(request.url)
        body = b"<Error><Code>ConditionalRequestConflict</Code><Message>Try again.</Message></Error>"
        return AWSResponse(request.url, 409, {}, RawResponse(body))

    client.meta.events.register("before-send.s3.PutObject", conflict)
    assert area.get(area.put(PICTURE), MB) == PICTURE
    assert len(refused) == 1


def test_a_picture_stored_yesterday_is_stored_again_because_it_may_expire(client: Any, bucket: str) -> None:
    yesterday = StagingArea(client, bucket, "", lambda: datetime(2026, 5, 28, 23, 59, tzinfo=UTC)).put(PICTURE)
    today = StagingArea(client, bucket, "", lambda: datetime(2026, 5, 29, 0, 1, tzinfo=UTC)).put(PICTURE)
    assert yesterday != today


@pytest.mark.parametrize(
    "key",
    [
        "",
        "photos/day 1/ama.jpg",
        "staging/",
        "staging/2026-05-29/../../photos/ama.jpg",
        f"staging/2026-05-29/{'0' * 63}",
        f"staging/2026-05-29/{'A' * 64}",
        f"staging/2026-05-29/{'0' * 64}\n",
        f"other/2026-05-29/{'0' * 64}",
        f"staging/upload/{'0' * 32}",
    ],
)
def test_keys_that_are_not_of_the_staging_area_are_not_found(area: StagingArea, key: str) -> None:
    with pytest.raises(NotFound):
        area.get(key, MB)
    if not key.startswith("staging/upload/"):
        with pytest.raises(NotFound):
            area.read_upload(key, MB)


def test_an_expired_picture_is_not_found(area: StagingArea) -> None:
    with pytest.raises(NotFound, match="send it again"):
        area.get(f"staging/2026-05-27/{'0' * 64}", MB)


def test_a_picture_above_the_limit_is_not_read(area: StagingArea) -> None:
    key = area.put(PICTURE)
    with pytest.raises(PhotoError, match="larger than the limit"):
        area.get(key, len(PICTURE) - 1)
    assert area.get(key, len(PICTURE)) == PICTURE


def test_a_replaced_picture_is_refused(moto: MotoServer, area: StagingArea, bucket: str) -> None:
    key = area.put(PICTURE)
    moto.client("s3").put_object(Bucket=bucket, Key=key, Body=b"another picture")
    with pytest.raises(StorageError, match="was changed after it was stored"):
        area.get(key, MB)


def test_a_missing_bucket_names_its_setting(client: Any) -> None:
    with pytest.raises(StorageError, match="CUMBRE_STAGING"):
        StagingArea(client, f"no-such-bucket-{uuid.uuid4().hex}").put(PICTURE)


def post(form: Any, data: bytes, **changed: str) -> httpx.Response:
    return httpx.post(form.url, data={**form.fields, **changed}, files={"file": ("ama.jpg", data)})


def test_a_browser_can_upload_a_file_directly(area: StagingArea) -> None:
    form = area.presigned_upload(MB, expires_s=600)
    assert post(form, PICTURE).status_code == 204
    assert area.read_upload(form.key, MB) == PICTURE
    assert area.read_upload(form.key, MB) == PICTURE
    assert area.presigned_upload(MB, expires_s=600).key != form.key


def test_an_upload_form_fixes_its_key_its_largest_size_and_its_expiry(area: StagingArea) -> None:
    form = area.presigned_upload(MB, expires_s=600)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert ["content-length-range", 1, MB] in policy["conditions"]
    assert {"key": form.key} in policy["conditions"]
    remaining = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert 590 < remaining.total_seconds() <= 600
    # Encrypted buckets and all buckets of newer regions refuse the older signature version.
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_an_upload_form_leads_to_the_region_of_the_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    form = StagingArea(open_s3_client("", "a", "b"), "photos-of-a-trek", "staging/").presigned_upload(MB, 600)
    assert form.url == "https://photos-of-a-trek.s3.eu-central-1.amazonaws.com/"


def test_small_payloads_are_sent_inline_and_large_ones_through_the_area(area: StagingArea) -> None:
    payloads = Payloads(area, MB, inline_max=10)
    assert payloads.pack(b"a yak") == "YSB5YWs="
    staged = payloads.pack(PICTURE)
    assert list(staged) == ["staged"]
    assert (payloads.unpack("YSB5YWs="), payloads.unpack(staged)) == (b"a yak", PICTURE)


def test_a_missing_staging_area_names_its_setting() -> None:
    with pytest.raises(SettingsError, match="CUMBRE_STAGING"):
        Payloads(None, MB, inline_max=10).pack(PICTURE)
    with pytest.raises(CodecError):
        Payloads(None, MB).unpack({"stage": "x"})


def test_the_staging_area_is_opened_as_the_settings_say(moto: MotoServer, bucket: str) -> None:
    assert open_staging(Settings()) is None
    area = open_staging(
        Settings(
            staging=f"s3://{bucket}/staging",
            s3_endpoint=moto.address,
            s3_access_key=moto.access_key,
            s3_secret_key=moto.secret_key,
        )
    )
    assert area is not None
    assert area.put(PICTURE).startswith("staging/")
