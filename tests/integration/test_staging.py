"""Pictures on their way between functions, and uploads of the page, on moto's S3."""

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
from cumbre.settings import Settings
from cumbre.storage.s3 import open_s3_client
from functions.query.rpc.json_codec import WireError
from functions.query.rpc.payloads import Payloads
from functions.query.rpc.staging import StagingArea, open_staging
from tests.support.aws.moto_server import MotoServer

MB = 1_000_000
PICTURE = b"a picture " * 100


class RawResponse(io.BytesIO):
    """The body of an answer as the client reads it."""

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


def test_what_is_put_can_be_fetched_and_is_written_once(moto: MotoServer, area: StagingArea, bucket: str) -> None:
    key = area.put(PICTURE)
    assert key == f"staging/2026-05-29/{hashlib.sha256(PICTURE).hexdigest()}"
    written = moto.client("s3").head_object(Bucket=bucket, Key=key)["LastModified"]
    assert area.put(PICTURE) == key
    assert area.get(key, MB) == PICTURE
    assert objects(moto, bucket) == [key]
    assert moto.client("s3").head_object(Bucket=bucket, Key=key)["LastModified"] == written


def test_two_that_write_the_same_at_once_both_have_it(client: Any, area: StagingArea) -> None:
    refused = []

    def conflict(request: Any, **_: Any) -> AWSResponse | None:
        """What S3 answers while another write of this key is under way; moto never does."""
        if refused:
            return None
        refused.append(request.url)
        said = b"<Error><Code>ConditionalRequestConflict</Code><Message>Try again.</Message></Error>"
        return AWSResponse(request.url, 409, {}, RawResponse(said))

    client.meta.events.register("before-send.s3.PutObject", conflict)
    assert area.get(area.put(PICTURE), MB) == PICTURE
    assert len(refused) == 1


def test_what_lies_there_since_yesterday_is_put_again_since_it_may_expire(client: Any, bucket: str) -> None:
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
def test_other_keys_are_not_even_asked_for(area: StagingArea, key: str) -> None:
    with pytest.raises(NotFound):
        area.get(key, MB)
    if not key.startswith("staging/upload/"):
        with pytest.raises(NotFound):
            area.read_upload(key, MB)


def test_what_has_expired_is_not_found(area: StagingArea) -> None:
    with pytest.raises(NotFound, match="send it again"):
        area.get(f"staging/2026-05-27/{'0' * 64}", MB)


def test_no_more_is_read_than_wanted(area: StagingArea) -> None:
    key = area.put(PICTURE)
    with pytest.raises(PhotoError, match="larger than the limit"):
        area.get(key, len(PICTURE) - 1)
    assert area.get(key, len(PICTURE)) == PICTURE


def test_what_somebody_put_in_its_place_is_refused(moto: MotoServer, area: StagingArea, bucket: str) -> None:
    key = area.put(PICTURE)
    moto.client("s3").put_object(Bucket=bucket, Key=key, Body=b"another picture")
    with pytest.raises(StorageError, match="is not what was put there"):
        area.get(key, MB)


def test_a_bucket_that_is_not_there_names_its_setting(client: Any) -> None:
    with pytest.raises(StorageError, match="CUMBRE_STAGING"):
        StagingArea(client, f"no-such-bucket-{uuid.uuid4().hex}").put(PICTURE)


def post(form: Any, data: bytes, **changed: str) -> httpx.Response:
    return httpx.post(form.url, data={**form.fields, **changed}, files={"file": ("ama.jpg", data)})


def test_a_browser_sends_a_file_by_itself(area: StagingArea) -> None:
    form = area.presigned_upload(MB, expires_s=600)
    assert post(form, PICTURE).status_code == 204
    assert area.read_upload(form.key, MB) == PICTURE
    assert area.read_upload(form.key, MB) == PICTURE
    assert area.presigned_upload(MB, expires_s=600).key != form.key


def test_a_form_names_its_key_its_size_and_its_end(area: StagingArea) -> None:
    form = area.presigned_upload(MB, expires_s=600)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert ["content-length-range", 1, MB] in policy["conditions"]
    assert {"key": form.key} in policy["conditions"]
    left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert 590 < left.total_seconds() <= 600
    # The old way of signing is refused by encrypted buckets, and by all of newer regions.
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_a_form_leads_to_the_buckets_own_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    form = StagingArea(open_s3_client("", "a", "b"), "photos-of-a-trek", "staging/").presigned_upload(MB, 600)
    assert form.url == "https://photos-of-a-trek.s3.eu-central-1.amazonaws.com/"


def test_few_bytes_travel_within_the_call_and_many_by_the_area(area: StagingArea) -> None:
    parcels = Payloads(area, MB, inline_max=10)
    assert parcels.pack(b"a yak") == "YSB5YWs="
    staged = parcels.pack(PICTURE)
    assert list(staged) == ["staged"]
    assert (parcels.unpack("YSB5YWs="), parcels.unpack(staged)) == (b"a yak", PICTURE)


def test_without_an_area_the_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="CUMBRE_STAGING"):
        Payloads(None, MB, inline_max=10).pack(PICTURE)
    with pytest.raises(WireError):
        Payloads(None, MB).unpack({"stage": "x"})


def test_the_settings_name_the_area(moto: MotoServer, bucket: str) -> None:
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
