"""The page on a host that limits request size: photos are uploaded to a bucket and served from one (in moto)."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.aws.presigned_uploads import create_uploads, request_with_uploads
from bot.aws.rendition_redirects import create_rendition_redirects
from bot.web.request_guard import Guard
from bot.web.site import create_app
from cumbre.renditions.s3 import S3Renditions
from functions.query.rpc.staging import StagingArea
from tests.browser.acts import add_photos, give_photo, open_album, picture_file
from tests.browser.site import Site, served
from tests.support.aws.moto_server import MotoServer
from tests.support.fakes import FakeAlbum, FakeAlbumService, FakeQueryService, draw_photo

pytestmark = pytest.mark.browser

MAX_BYTES = 1_000_000


@pytest.fixture
def bucket(moto: MotoServer) -> Iterator[tuple[Any, str]]:
    s3, name = moto.client("s3"), f"photos-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    # Any origin here. Terraform allows only the origin of the page.
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
    yield s3, name
    s3.close()


@pytest.fixture
def site(album: FakeAlbum, bucket: tuple[Any, str], moto: MotoServer) -> Iterator[Site]:
    staging, renditions = StagingArea(*bucket, "staging/"), S3Renditions(*bucket, "shown/")
    query = FakeQueryService(album)
    for photo in album.photos.values():
        renditions.put(photo.document.content_sha256, 320, query.rendition(photo.document.id, 320))
    app = create_app(
        query,
        FakeAlbumService(album),
        lambda: album.catalog,
        guard=Guard(sources=(moto.address,)),
        beside=[create_uploads(staging, MAX_BYTES), create_rendition_redirects(renditions)],
    )
    app.request_class = request_with_uploads(staging, MAX_BYTES)
    with served(app, album) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site, moto: MotoServer) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce")
    page = site.watch(context, moto.address)
    open_album(page, site.address, 5)
    yield page
    context.close()


def test_pictures_come_from_the_bucket_and_missing_ones_from_the_server(page: Page, site: Site) -> None:
    hosts = page.locator(".tile img").evaluate_all(
        "images => images.map((image) => new URL(image.currentSrc).pathname)"
    )
    assert all(path.startswith("/api/shown/") for path in hosts)
    page.locator(".tile").first.click()
    # The bucket does not have the larger sizes yet.
    expect(page.locator("#large.loaded")).to_have_count(1)
    assert "/rendition?size=" in page.locator("#large").evaluate("image => image.currentSrc")
    site.faults[:] = [fault for fault in site.faults if "404" not in fault]


def test_photos_to_search_with_and_to_add_are_uploaded_through_the_bucket(
    page: Page, site: Site, moto: MotoServer, bucket: tuple[Any, str]
) -> None:
    with page.expect_request(lambda request: request.url.startswith(moto.address) and request.method == "POST"):
        give_photo(page)
    expect(page.locator("#question")).to_contain_text("Ama Dablam")
    add_photos(page, picture_file(draw_photo((200, 30, 10)), "one.jpg"))
    expect(page.locator(".upload.added")).to_have_count(1)
    assert any(photo.document.key == "one.jpg" for _, photo in site.album.all())
    s3, name = bucket
    assert len(s3.list_objects_v2(Bucket=name, Prefix="staging/upload/")["Contents"]) == 2
    assert urlsplit(page.url).netloc == urlsplit(site.address).netloc
    site.faults[:] = [fault for fault in site.faults if "404" not in fault]


def test_a_failed_upload_is_reported_and_can_be_retried(page: Page, site: Site, bucket: tuple[Any, str]) -> None:
    page.route("**/api/uploads", lambda route: route.fulfill(status=503, body="{}"))
    add_photos(page, picture_file(draw_photo((200, 30, 10)), "one.jpg"))
    expect(page.locator(".upload.failed")).to_have_count(1)
    page.unroute("**/api/uploads")
    page.get_by_role("button", name="Try again: one.jpg").click()
    expect(page.locator(".upload.added")).to_have_count(1)
    site.faults[:] = [fault for fault in site.faults if "503" not in fault and "404" not in fault]
