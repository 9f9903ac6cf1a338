"""The whole way in the cloud: upload -> event -> index -> chat answer and page, on moto, run by Lambda's own client.

Each function is a process of the real runtime client; what Lambda does between them (event source mappings, Invoke, the
function URL) is done by the small servers of the tests.
"""

import json
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pillow_heif
import pytest

from bot.telegram.webhook import MOUNTED_AT, webhook_path
from tests.cloud_stack import FUNCTIONS, PASSWORD, CloudStack, aws_environment, make_stack
from tests.conftest import NAMCHE, TO_AMA_DABLAM, photo_towards
from tests.elasticsearch_server import ElasticsearchServer
from tests.function_url import HOST, FunctionUrl
from tests.lambda_runtime import LambdaRuntime
from tests.lambda_service import LambdaService
from tests.moto_server import MotoServer
from tests.pictures import encoded, exif, landscape
from tests.sqs_poller import SqsPoller
from tests.telegram_bot import MIRA, texts
from tests.telegram_burst import SECRET
from tests.telegram_people import Person
from tests.telegram_server import TOKEN, RunningTelegram, Sent

HANDLERS = {
    "ingest": "functions.ingest.entry.handler",
    "query": "functions.query.entry.handler",
    "bot": "bot.cloud.entry.page",
    "bot-worker": "bot.cloud.entry.worker",
}
MAX_BYTES_OF_TELEGRAM = 20_000_000


@dataclass
class CloudHouse:
    """Amazon's services and Telegram, with the four functions between them."""

    stack: CloudStack
    moto: MotoServer
    telegram: RunningTelegram
    runtimes: dict[str, LambdaRuntime]
    url: FunctionUrl
    s3: Any
    sqs: Any

    def settle(self) -> None:
        """What waits for the ingest function is handled."""
        SqsPoller(self.sqs, self.stack.queue, self._invoke("ingest")).drain()

    def after(self, give: Callable[[], int]) -> list[Sent]:
        """What the bot sends when Telegram has brought an update to the webhook."""
        give()
        before = len(self.telegram.state.sent)
        address = f"{MOUNTED_AT}/{webhook_path(TOKEN, SECRET)}"
        headers = {"x-telegram-bot-api-secret-token": SECRET}
        assert self.url.ask("POST", address, json=self.telegram.state.newest, headers=headers).status == 200
        assert SqsPoller(self.sqs, self.stack.chat_queue, self._invoke("bot-worker")).poll() == (1, 1)
        return [one for one in self.telegram.state.sent[before:] if one.method != "sendChatAction"]

    def upload(self, data: bytes) -> str:
        """As the page does it; the token of the upload."""
        place = json.loads(self.url.ask("POST", "/api/uploads").body)
        assert httpx.post(place["url"], data=place["fields"], files={"file": data}).status_code == 204
        return str(place["token"])

    def _invoke(self, function: str) -> Callable[[object, object], dict[str, Any]]:
        return lambda event, _context: self.runtimes[function].invoke(event)


def index_in_a_file(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    return {"CUMBRE_INDEX": f"embedded:{tmp_path / 'index.sqlite'}"}


def index_in_elasticsearch(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    server: ElasticsearchServer = request.getfixturevalue("elasticsearch")
    return {"CUMBRE_INDEX": server.access.address, "CUMBRE_INDEX_PREFIX": f"{tmp_path.name.lower().replace('_', '-')}-"}


@pytest.fixture(params=[index_in_a_file, pytest.param(index_in_elasticsearch, marks=pytest.mark.servers)])
def house(
    request: pytest.FixtureRequest, moto: MotoServer, cache_of_lite: Path, tmp_path: Path
) -> Iterator[CloudHouse]:
    stack = make_stack(moto)
    index = request.param(request, tmp_path)
    telegram = RunningTelegram()
    with LambdaService() as service:
        runtimes = {}
        for function in FUNCTIONS:
            home = tmp_path / function
            shutil.copytree(cache_of_lite, home / "cache")
            environment = {
                **aws_environment(moto, service.address),
                **stack.credentials(function),
                **stack.environments[function],
                **(index if function in ("ingest", "query") else {}),
                "CUMBRE_HOME": str(home),
                "CUMBRE_TELEGRAM_API": telegram.state.address,
                "CUMBRE_TELEGRAM_ALLOWED": str(MIRA),
            }
            runtimes[function] = LambdaRuntime(HANDLERS[function], environment)
            service.register(function, runtimes[function])
        url = FunctionUrl(lambda event, _context: runtimes["bot"].invoke(event))
        house = CloudHouse(stack, moto, telegram, runtimes, url, moto.client("s3"), moto.client("sqs"))
        yield house
        house.s3.close()
        house.sqs.close()
    telegram.stop()
    assert telegram.state.violations == []


def large_heic(size_bytes: int) -> bytes:
    """A HEIC file towards Ama Dablam, filled up with a box that every reader passes over."""
    pillow_heif.register_heif_opener()
    data = exif(**NAMCHE, heading_deg=TO_AMA_DABLAM, focal_length_35mm=61, taken_at="2023:10:30 07:00:00")
    picture = encoded(landscape((640, 480), sky=(80, 130, 210)), "HEIF", data)
    room = size_bytes - len(picture)
    return picture + struct.pack(">I4s", room, b"free") + bytes(room - 8)


def test_an_upload_is_found_in_the_chat_and_on_the_page(house: CloudHouse) -> None:
    photo = photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12")
    house.s3.put_object(Bucket=house.stack.photos, Key="photos/day 1/ama dablam+.jpg", Body=photo)
    house.settle()

    picture, said = house.after(lambda: Person(house.telegram.state, MIRA).say("ama dablam"))
    assert picture.method == "sendPhoto"
    assert texts([said]) == ["1 photo for “ama dablam”."]

    origin = {"origin": f"https://{HOST}"}
    entered = house.url.ask("POST", "/login", data={"password": PASSWORD, "next": "/"}, headers=origin)
    assert entered.status == 303
    found = json.loads(house.url.ask("GET", "/api/search?q=ama+dablam").body)
    [hit] = found["results"]
    assert hit["path"].endswith("photos/day 1/ama dablam+.jpg")
    assert hit["peaks"][0]["name"] == "Ama Dablam"
    corrected = house.url.ask("PUT", f"/api/photos/{hit['id']}/peaks", json={"peaks": ["taboche"]}, headers=origin)
    assert [peak["id"] for peak in json.loads(corrected.body)["peaks"]] == ["taboche"]

    house.s3.delete_object(Bucket=house.stack.photos, Key="photos/day 1/ama dablam+.jpg")
    house.settle()
    assert json.loads(house.url.ask("GET", "/api/status").body)["photos"] == 0
    assert "Contents" not in house.s3.list_objects_v2(Bucket=house.stack.shown)


def test_a_file_of_19_megabytes_goes_the_same_way(house: CloudHouse) -> None:
    heic = large_heic(19_000_000)
    house.s3.put_object(Bucket=house.stack.photos, Key="photos/IMG_0001.HEIC", Body=heic)
    house.settle()

    mira = Person(house.telegram.state, MIRA)
    answer = house.after(lambda: mira.send_file(heic, "IMG_0001.HEIC", "image/heic"))
    assert texts(answer)[0].startswith("Ama Dablam (6,812")

    house.url.ask("POST", "/login", data={"password": PASSWORD, "next": "/"})
    form = {"upload": f"{house.upload(heic)} IMG_0001.HEIC", "k": "5"}
    found = json.loads(house.url.ask("POST", "/api/search", data=form, content_type="multipart/form-data").body)
    assert found["identification"]["answer"] == "ama-dablam"
    assert len(found["results"]) == 1
