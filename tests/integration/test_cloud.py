"""The whole way in the cloud, on what Terraform made: upload -> event -> index -> chat answer and page."""

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
from tests.support.aws.deployed_cloud import FUNCTIONS, CloudHouse, close_house, key_of, open_house
from tests.support.aws.function_url import HOST
from tests.support.elasticsearch_server import ElasticsearchServer
from tests.support.pictures import encoded, exif, landscape
from tests.support.small_album import NAMCHE, TO_AMA_DABLAM, TO_NOTHING, photo_towards
from tests.support.telegram.bot import MIRA, buttons, texts
from tests.support.telegram.people import Person

pytestmark = [pytest.mark.cloud, pytest.mark.slow]

ORIGIN = {"origin": f"https://{HOST}"}


def index_in_a_file(request: pytest.FixtureRequest, scratch: Path) -> dict[str, str]:
    return {"CUMBRE_INDEX": f"embedded:{scratch / 'index.sqlite'}"}


def index_in_elasticsearch(request: pytest.FixtureRequest, scratch: Path) -> dict[str, str]:
    server: ElasticsearchServer = request.getfixturevalue("elasticsearch")
    return {"CUMBRE_INDEX": server.access.address, "CUMBRE_INDEX_PREFIX": "cloud-house-"}


@pytest.fixture(
    scope="module", params=[index_in_a_file, pytest.param(index_in_elasticsearch, marks=pytest.mark.servers)]
)
def house(
    request: pytest.FixtureRequest,
    applied_stack: AppliedStack,
    image_of: Callable[[str], ImageTree],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CloudHouse]:
    scratch = tmp_path_factory.mktemp("house")
    house = open_house(applied_stack, image_of, request.param(request, scratch), scratch)
    yield house
    close_house(house)


@pytest.fixture
def mira(house: CloudHouse) -> Person:
    return Person(house.telegram.state, MIRA)


def large_heic(size_bytes: int) -> bytes:
    """A HEIC file towards Ama Dablam, filled up with a box that every reader passes over."""
    pillow_heif.register_heif_opener()
    data = exif(**NAMCHE, heading_deg=TO_AMA_DABLAM, focal_length_35mm=61, taken_at="2023:10:30 07:00:00")
    picture = encoded(landscape((640, 480), sky=(80, 130, 210)), "HEIF", data)
    room = size_bytes - len(picture)
    return picture + struct.pack(">I4s", room, b"free") + bytes(room - 8)


def test_an_upload_is_found_in_the_chat_and_on_the_page(house: CloudHouse, mira: Person) -> None:
    key = "photos/day 1/ama dablam+.jpg"
    house.put(key, photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12"))
    picture, said = house.after(lambda: mira.say("ama dablam"))
    assert picture.method == "sendPhoto"
    assert texts([said]) == ["1 photo for “ama dablam”."]

    assert house.url.ask("POST", "/login", data={"password": "mistyped"}).status == 401
    house.log_in()
    [hit] = house.get("/api/search?q=ama+dablam")["results"]
    assert hit["path"].endswith(key)
    assert hit["peaks"][0]["name"] == "Ama Dablam"
    shown = house.url.ask("GET", f"/api/shown/{hit['content_sha256']}/320.jpg")
    assert httpx.get(shown.headers["location"]).content[:2] == b"\xff\xd8"

    corrected = house.url.ask("PUT", f"/api/photos/{hit['id']}/peaks", json={"peaks": ["taboche"]}, headers=ORIGIN)
    assert [peak["id"] for peak in json.loads(corrected.body)["peaks"]] == ["taboche"]
    undone = house.url.ask("DELETE", f"/api/photos/{hit['id']}/peaks", headers=ORIGIN)
    assert json.loads(undone.body)["peaks"][0]["id"] == "ama-dablam"

    house.delete(key)
    house.photos_are(0)
    assert "Contents" not in house.s3.list_objects_v2(Bucket=house.renditions)


def test_a_file_of_19_megabytes_goes_the_same_way(house: CloudHouse, mira: Person) -> None:
    heic = large_heic(19_000_000)
    house.put("photos/IMG_0001.HEIC", heic)
    answer = house.after(lambda: mira.send_file(heic, "IMG_0001.HEIC", "image/heic"))
    assert texts(answer)[0].startswith("Ama Dablam (6,812")
    house.log_in()
    found = house.post("/api/search", upload=house.upload(heic, "IMG_0001.HEIC"), k="5")
    assert found["identification"]["answer"] == "ama-dablam"
    assert len(found["results"]) == 1


def test_a_picture_of_more_than_a_call_carries_comes_by_the_staging_area(house: CloudHouse) -> None:
    """Noise can't be made small: its largest rendition has more than a megabyte."""
    noise = Image.fromarray(np.random.default_rng(7).integers(0, 256, (1600, 1600, 3), dtype=np.uint8))
    house.put("photos/noise.jpg", encoded(noise, "JPEG", exif(taken_at="2023:10:25 07:00:00")))
    house.log_in()
    hit = next(one for one in house.get("/api/search?k=50")["results"] if one["path"].endswith("noise.jpg"))
    shown = house.url.ask("GET", f"/api/photos/{hit['id']}/rendition?size=2560")
    assert (shown.status, shown.body[:2]) == (200, b"\xff\xd8")
    assert len(shown.body) > 1_000_000
    house.delete("photos/noise.jpg")


def test_a_photo_is_added_on_the_page_and_taken_back(house: CloudHouse) -> None:
    house.log_in()
    before = house.get("/api/status")["photos"]
    photo = photo_towards(TO_NOTHING, "2023:10:30 09:00:00", sky=(200, 200, 230))
    added = house.post("/api/photos", upload=house.upload(photo, "valley.jpg"))
    assert "/photos/inbox/valley-" in added["path"]
    house.photos_are(before + 1)
    # The event of the very same object comes to the queue, too.
    house.settle()
    house.photos_are(before + 1)
    assert house.url.ask("DELETE", f"/api/photos/{added['id']}", headers=ORIGIN).status == 204
    house.settle()
    house.photos_are(before)


def test_the_chat_of_the_page_remembers_its_pictures(house: CloudHouse) -> None:
    house.log_in()
    photo = photo_towards(TO_AMA_DABLAM, "2023:10:28 08:00:00", sky=(100, 150, 230))
    said = house.post("/chat/messages", upload=house.upload(photo, "ama.jpg"))["replies"][0]
    assert said["title"].startswith("Ama Dablam")
    other = next(one["data"] for row in said["buttons"] for one in row if one["label"] == "It is another peak")
    asked = house.url.ask("POST", "/chat/messages", json={"pressed": other})
    named = next(one for row in json.loads(asked.body)["replies"][0]["buttons"] for one in row)
    corrected = house.url.ask("POST", "/chat/messages", json={"pressed": named["data"]})
    assert corrected.status == 200


def test_an_album_of_pictures_is_one_answer(house: CloudHouse, mira: Person) -> None:
    files = [photo_towards(TO_AMA_DABLAM, f"2023:10:2{day} 08:00:00", sky=(80, 140, 200 + day)) for day in (1, 2)]
    house.bring(lambda: mira.send_file(files[0], "1.jpg", group="g"))
    assert house.work() == []
    house.bring(lambda: mira.send_file(files[1], "2.jpg", group="g"))
    answer = []
    while not answer:
        answer = house.work()
    assert texts(answer)[0].startswith("2 photos")
    assert buttons(answer[0])


def test_a_reconcile_finds_what_no_event_told(house: CloudHouse) -> None:
    before = house.get("/api/status")["photos"]
    with house.silent_bucket():
        untold = photo_towards(TO_AMA_DABLAM, "2023:10:26 08:00:00")
        house.s3.put_object(Bucket=house.photos, Key="photos/untold.jpg", Body=untold)
        house.settle()
    assert house.get("/api/status")["photos"] == before
    assert house.runtimes["ingest"].invoke({"cumbre": "reconcile"})["queued"] >= 1
    house.settle()
    house.photos_are(before + 1)


def test_each_function_calls_what_it_may_and_may_what_it_calls(house: CloudHouse) -> None:
    """The calls of all the stories above, as its role's policies have them."""
    of_lambda_itself = {
        "ingest": {("sqs", "ingest"): ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")},
        "worker": {("sqs", "chat.fifo"): ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")},
    }
    wrong = {}
    for function in FUNCTIONS:
        policies = house.stack.policies(function)
        calls = house.stack.moto.calls.of(key_of(function))
        assert calls, function
        forbidden = missing(policies, calls)
        # Event sources receive and delete with the function's role; what a function logs does not come by here.
        calls |= {
            (f"{service}:{action}", queue["arn"])
            for (service, name), actions in of_lambda_itself.get(function, {}).items()
            for queue in house.stack.resources("aws_sqs_queue").values()
            if queue["name"] == f"cumbre-{name}"
            for action in actions
        }
        idle = [call for call in unused(policies, calls) if not call[0].startswith("logs:")]
        if forbidden or idle:
            wrong[function] = {"not allowed": forbidden, "not needed": idle}
    assert wrong == {}, json.dumps(wrong, indent=1)
