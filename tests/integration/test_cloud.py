"""The whole cloud deployment that Terraform creates: from an upload to its event, the index, the chat and the page."""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from tests.infra.image_tree import ImageTree
from tests.infra.policies import missing, unused
from tests.infra.stack import AppliedStack
from tests.support.aws.deployed_cloud import FUNCTIONS, DeployedCloud, close_cloud, key_of, open_cloud
from tests.support.aws.function_url import HOST
from tests.support.elasticsearch_server import ElasticsearchServer
from tests.support.pictures import encoded, exif, landscape
from tests.support.small_album import NAMCHE, TO_AMA_DABLAM, TO_NOTHING, photo_towards
from tests.support.telegram.bot import MIRA, buttons, texts
from tests.support.telegram.people import Person
from tests.support.telegram.server import Sent

pytestmark = [pytest.mark.cloud, pytest.mark.slow]

ORIGIN = {"origin": f"https://{HOST}"}


def index_in_a_file(request: pytest.FixtureRequest, scratch: Path) -> dict[str, str]:
    return {"CUMBRE_INDEX": f"embedded:{scratch / 'index.sqlite'}"}


def index_in_elasticsearch(request: pytest.FixtureRequest, scratch: Path) -> dict[str, str]:
    server: ElasticsearchServer = request.getfixturevalue("elasticsearch")
    return {"CUMBRE_INDEX": server.access.address, "CUMBRE_INDEX_PREFIX": "cloud-deployment-"}


@pytest.fixture(
    scope="module", params=[index_in_a_file, pytest.param(index_in_elasticsearch, marks=pytest.mark.servers)]
)
def deployed_cloud(
    request: pytest.FixtureRequest,
    applied_stack: AppliedStack,
    image_of: Callable[[str], ImageTree],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DeployedCloud]:
    scratch = tmp_path_factory.mktemp("deployment")
    deployed_cloud = open_cloud(applied_stack, image_of, request.param(request, scratch), scratch)
    yield deployed_cloud
    close_cloud(deployed_cloud)


@pytest.fixture
def mira(deployed_cloud: DeployedCloud) -> Person:
    return Person(deployed_cloud.telegram.state, MIRA)


def large_heic(size_bytes: int) -> bytes:
    """Return a HEIC photo towards Ama Dablam, padded to this size with a box that every reader skips."""
    pillow_heif.register_heif_opener()
    data = exif(**NAMCHE, heading_deg=TO_AMA_DABLAM, focal_length_35mm=61, taken_at="2023:10:30 07:00:00")
    picture = encoded(landscape((640, 480), sky=(80, 130, 210)), "HEIF", data)
    padding = size_bytes - len(picture)
    return picture + struct.pack(">I4s", padding, b"free") + bytes(padding - 8)


def test_an_upload_is_found_in_the_chat_and_on_the_page(deployed_cloud: DeployedCloud, mira: Person) -> None:
    key = "photos/day 1/ama dablam+.jpg"
    deployed_cloud.put(key, photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12"))
    picture, reply = deployed_cloud.after(lambda: mira.say("ama dablam"))
    assert picture.method == "sendPhoto"
    assert texts([reply]) == ["1 photo for “ama dablam”."]

    assert deployed_cloud.url.ask("POST", "/login", data={"password": "mistyped"}).status == 401
    deployed_cloud.log_in()
    [hit] = deployed_cloud.get("/api/search?q=ama+dablam")["results"]
    assert hit["path"].endswith(key)
    assert hit["peaks"][0]["name"] == "Ama Dablam"
    shown = deployed_cloud.url.ask("GET", f"/api/shown/{hit['content_sha256']}/320.jpg")
    assert httpx.get(shown.headers["location"]).content[:2] == b"\xff\xd8"

    corrected = deployed_cloud.url.ask(
        "PUT", f"/api/photos/{hit['id']}/peaks", json={"peaks": ["taboche"]}, headers=ORIGIN
    )
    assert [peak["id"] for peak in json.loads(corrected.body)["peaks"]] == ["taboche"]
    undone = deployed_cloud.url.ask("DELETE", f"/api/photos/{hit['id']}/peaks", headers=ORIGIN)
    assert json.loads(undone.body)["peaks"][0]["id"] == "ama-dablam"

    deployed_cloud.delete(key)
    deployed_cloud.wait_for_photos(0)
    assert "Contents" not in deployed_cloud.s3.list_objects_v2(Bucket=deployed_cloud.renditions)


def test_a_file_of_19_megabytes_is_indexed_and_identified(deployed_cloud: DeployedCloud, mira: Person) -> None:
    heic = large_heic(19_000_000)
    deployed_cloud.put("photos/IMG_0001.HEIC", heic)
    answer = deployed_cloud.after(lambda: mira.send_file(heic, "IMG_0001.HEIC", "image/heic"))
    assert texts(answer)[0].startswith("Ama Dablam (6,812")
    deployed_cloud.log_in()
    found = deployed_cloud.post("/api/search", upload=deployed_cloud.upload(heic, "IMG_0001.HEIC"), k="5")
    assert found["identification"]["answer"] == "ama-dablam"
    assert len(found["results"]) == 1


def test_a_rendition_too_large_for_a_lambda_payload_uses_the_staging_area(deployed_cloud: DeployedCloud) -> None:
    """Noise compresses badly: its largest rendition has more than a megabyte."""
    noise = Image.fromarray(np.random.default_rng(7).integers(0, 256, (1600, 1600, 3), dtype=np.uint8))
    deployed_cloud.put("photos/noise.jpg", encoded(noise, "JPEG", exif(taken_at="2023:10:25 07:00:00")))
    deployed_cloud.log_in()
    hit = next(one for one in deployed_cloud.get("/api/search?k=50")["results"] if one["path"].endswith("noise.jpg"))
    shown = deployed_cloud.url.ask("GET", f"/api/photos/{hit['id']}/rendition?size=2560")
    assert (shown.status, shown.body[:2]) == (200, b"\xff\xd8")
    assert len(shown.body) > 1_000_000
    deployed_cloud.delete("photos/noise.jpg")


def test_a_photo_is_added_on_the_page_and_removed_again(deployed_cloud: DeployedCloud) -> None:
    deployed_cloud.log_in()
    before = deployed_cloud.get("/api/status")["photos"]
    photo = photo_towards(TO_NOTHING, "2023:10:30 09:00:00", sky=(200, 200, 230))
    added = deployed_cloud.post("/api/photos", upload=deployed_cloud.upload(photo, "valley.jpg"))
    assert "/photos/inbox/valley-" in added["path"]
    deployed_cloud.wait_for_photos(before + 1)
    # The event of this object reaches the queue, too.
    deployed_cloud.settle()
    deployed_cloud.wait_for_photos(before + 1)
    assert deployed_cloud.url.ask("DELETE", f"/api/photos/{added['id']}", headers=ORIGIN).status == 204
    deployed_cloud.settle()
    deployed_cloud.wait_for_photos(before)


def test_the_chat_of_the_page_remembers_its_pictures(deployed_cloud: DeployedCloud) -> None:
    deployed_cloud.log_in()
    photo = photo_towards(TO_AMA_DABLAM, "2023:10:28 08:00:00", sky=(100, 150, 230))
    reply = deployed_cloud.post("/chat/messages", upload=deployed_cloud.upload(photo, "ama.jpg"))["replies"][0]
    assert reply["title"].startswith("Ama Dablam")
    other = next(one["data"] for row in reply["buttons"] for one in row if one["label"] == "It's another peak")
    asked = deployed_cloud.url.ask("POST", "/chat/messages", json={"pressed": other})
    named = next(one for row in json.loads(asked.body)["replies"][0]["buttons"] for one in row)
    corrected = deployed_cloud.url.ask("POST", "/chat/messages", json={"pressed": named["data"]})
    assert corrected.status == 200


def test_an_album_of_pictures_gets_one_answer(deployed_cloud: DeployedCloud, mira: Person) -> None:
    files = [photo_towards(TO_AMA_DABLAM, f"2023:10:2{day} 08:00:00", sky=(80, 140, 200 + day)) for day in (1, 2)]
    deployed_cloud.deliver(lambda: mira.send_file(files[0], "1.jpg", group="g"))
    assert deployed_cloud.work() == []
    deployed_cloud.deliver(lambda: mira.send_file(files[1], "2.jpg", group="g"))
    answer: list[Sent] = []
    while not answer:
        answer = deployed_cloud.work()
    assert texts(answer)[0].startswith("2 photos")
    assert buttons(answer[0])


def test_a_reconcile_finds_a_photo_without_an_event(deployed_cloud: DeployedCloud) -> None:
    before = deployed_cloud.get("/api/status")["photos"]
    with deployed_cloud.without_bucket_events():
        photo = photo_towards(TO_AMA_DABLAM, "2023:10:26 08:00:00")
        deployed_cloud.s3.put_object(Bucket=deployed_cloud.photos, Key="photos/unannounced.jpg", Body=photo)
        deployed_cloud.settle()
    assert deployed_cloud.get("/api/status")["photos"] == before
    assert deployed_cloud.runtimes["ingest"].invoke({"cumbre": "reconcile"})["queued"] >= 1
    deployed_cloud.settle()
    deployed_cloud.wait_for_photos(before + 1)


def test_each_function_has_exactly_the_permissions_that_it_uses(deployed_cloud: DeployedCloud) -> None:
    """Compares the calls made by all tests above with the policies of each function's role."""
    made_by_lambda = {
        "ingest": {("sqs", "ingest"): ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")},
        "worker": {("sqs", "chat.fifo"): ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")},
    }
    wrong = {}
    for function in FUNCTIONS:
        policies = deployed_cloud.stack.policies(function)
        calls = deployed_cloud.stack.moto.calls.of(key_of(function))
        assert calls, function
        forbidden = missing(policies, calls)
        # Event sources receive and delete with the function's role. Calls that write logs are not recorded here.
        calls |= {
            (f"{service}:{action}", queue["arn"])
            for (service, name), actions in made_by_lambda.get(function, {}).items()
            for queue in deployed_cloud.stack.resources("aws_sqs_queue").values()
            if queue["name"] == f"cumbre-{name}"
            for action in actions
        }
        unneeded = [call for call in unused(policies, calls) if not call[0].startswith("logs:")]
        if forbidden or unneeded:
            wrong[function] = {"not allowed": forbidden, "not needed": unneeded}
    assert wrong == {}, json.dumps(wrong, indent=1)
