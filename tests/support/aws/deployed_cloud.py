"""The cloud as Terraform makes it, with its four functions running from their images, and Telegram before it.

Each function is a process of Lambda's own runtime client; what Lambda does between them (event source mappings, Invoke,
the function URL) is done by the small servers of the tests.
"""

import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx

from bot.telegram.webhook import MOUNTED_AT, webhook_path
from tests.infra.image_tree import ImageTree
from tests.infra.stack import AppliedStack
from tests.support.aws.function_url import HOST, FunctionUrl
from tests.support.aws.lambda_runtime import LambdaRuntime
from tests.support.aws.lambda_service import LambdaService
from tests.support.aws.moto_server import REGION
from tests.support.aws.sqs_poller import SqsPoller
from tests.support.paths import EVENTS
from tests.support.processes import eventually
from tests.support.telegram.bot import MIRA
from tests.support.telegram.burst import SECRET
from tests.support.telegram.server import TOKEN, RunningTelegram, Sent

PASSWORD = "pangboche 3 985"
# Of each function its image and what its command is there; the page's is that of its Dockerfile.
FUNCTIONS = {"ingest": "ingest", "query": "query", "page": "bot", "worker": "bot"}
WORKER = "bot.aws.entry.worker"
# What has been answered is remembered by the state, and what was queued by the queue: each house begins anew.
_FIRST_UPDATES = itertools.count(1_000_000, 1_000_000)
_DELETED = EVENTS / "s3_removed.json"


def key_of(function: str) -> str:
    """The access key by which the calls of a function are told from those of others."""
    return f"key-of-{function}"


@dataclass
class CloudHouse:
    """Amazon's services and Telegram, with the functions between them."""

    stack: AppliedStack
    telegram: RunningTelegram
    service: LambdaService
    runtimes: dict[str, LambdaRuntime]
    url: FunctionUrl
    s3: Any
    sqs: Any

    @property
    def photos(self) -> str:
        return str(self.stack.outputs["photo_bucket"])

    @property
    def renditions(self) -> str:
        return str(self.stack.outputs["rendition_bucket"])

    def put(self, key: str, data: bytes) -> None:
        """An upload; S3 tells the queue, ingest handles it, and the index shows it a moment later."""
        self.s3.put_object(Bucket=self.photos, Key=key, Body=data)
        self.settle()
        eventually(lambda: self.has(key))

    def has(self, key: str) -> bool:
        """Whether the page finds a photo. (Elasticsearch shows what was written within a second.)"""
        self.log_in()
        return any(one["path"].endswith(f"/{key}") for one in self.get("/api/search?k=200")["results"])

    def photos_are(self, count: int) -> None:
        """So many photos are in the index, soon."""
        eventually(lambda: self.get("/api/status")["photos"] == count)

    def delete(self, key: str) -> None:
        """As a person deletes it: the versioned bucket keeps it behind a marker."""
        self.s3.delete_object(Bucket=self.photos, Key=key)
        # moto tells of deletions in buckets without versions alone.
        told = json.loads(_DELETED.read_text())
        [record] = told["Records"]
        record["eventName"] = "ObjectRemoved:DeleteMarkerCreated"
        record["s3"]["bucket"]["name"] = self.photos
        record["s3"]["object"]["key"] = quote_plus(key, safe="/")
        self.sqs.send_message(QueueUrl=self.stack.mapping("ingest").queue_url, MessageBody=json.dumps(told))
        self.settle()
        eventually(lambda: not self.has(key))

    @contextmanager
    def silent_bucket(self) -> Iterator[None]:
        """Nobody hears of what happens in the photo bucket meanwhile."""
        told = self.s3.get_bucket_notification_configuration(Bucket=self.photos)
        self.s3.put_bucket_notification_configuration(Bucket=self.photos, NotificationConfiguration={})
        yield
        told.pop("ResponseMetadata")
        self.s3.put_bucket_notification_configuration(Bucket=self.photos, NotificationConfiguration=told)

    def settle(self) -> None:
        """What waits for the ingest function is handled."""
        SqsPoller(self.sqs, self.stack.mapping("ingest").queue_url, self._invoke("ingest")).drain()

    def bring(self, *give: Callable[[], int]) -> None:
        """What people do reaches the webhook."""
        address = f"{MOUNTED_AT}/{webhook_path(TOKEN, SECRET)}"
        headers = {"x-telegram-bot-api-secret-token": SECRET}
        for act in give:
            act()
            assert self.url.ask("POST", address, json=self.telegram.state.newest, headers=headers).status == 200

    def work(self) -> list[Sent]:
        """What the worker sends about a batch of what was brought."""
        before = len(self.telegram.state.sent)
        SqsPoller(self.sqs, self.stack.mapping("worker").queue_url, self._invoke("worker")).poll()
        return [one for one in self.telegram.state.sent[before:] if one.method != "sendChatAction"]

    def after(self, give: Callable[[], int]) -> list[Sent]:
        self.bring(give)
        return self.work()

    def log_in(self) -> None:
        origin = {"origin": f"https://{HOST}"}
        assert self.url.ask("POST", "/login", data={"password": PASSWORD, "next": "/"}, headers=origin).status == 303

    def get(self, address: str) -> Any:
        answer = self.url.ask("GET", address)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def upload(self, data: bytes, name: str) -> str:
        """As the page does it; what stands in a form in place of the photo."""
        place = json.loads(self.url.ask("POST", "/api/uploads").body)
        sent = httpx.post(place["url"], data=place["fields"], files={"file": data})
        assert sent.status_code == 204, sent.text
        return f"{place['token']} {name}"

    def post(self, address: str, **fields: str) -> Any:
        answer = self.url.ask("POST", address, data=fields, content_type="multipart/form-data")
        assert answer.status in (200, 201), answer.body
        return json.loads(answer.body)

    def _invoke(self, function: str) -> Callable[[object, object], dict[str, Any]]:
        return lambda event, _context: self.runtimes[function].invoke(event)


def open_house(
    stack: AppliedStack,
    image_of: Callable[[str], ImageTree],
    index: Mapping[str, str],
    scratch: Path,
) -> CloudHouse:
    """index holds the settings of the index, which is no part of the stack. Close it with close_house()."""
    _store_secrets(stack)
    telegram = RunningTelegram(first_update=next(_FIRST_UPDATES))
    service = LambdaService(stack.moto.calls)
    runtimes = {}
    for function, image in FUNCTIONS.items():
        tree = image_of(image)
        home = scratch / function
        if (made := tree.root / "opt" / "cumbre" / "cache").is_dir():
            # Where the image has it is no place of this machine's.
            shutil.copytree(made, home / "cache")
        environment = {
            **stack.environment(function),
            **(index if image != "bot" else {}),
            "CUMBRE_HOME": str(home),
            "CUMBRE_TELEGRAM_API": telegram.state.address,
            "CUMBRE_TELEGRAM_ALLOWED": str(MIRA),
            "CUMBRE_TELEGRAM_MAY_ADD": str(MIRA),
            "AWS_ENDPOINT_URL": stack.moto.address,
            "AWS_ENDPOINT_URL_LAMBDA": service.address,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key_of(function),
            "AWS_SECRET_ACCESS_KEY": "of-the-tests",
        }
        handler = WORKER if function == "worker" else tree.command[0]
        runtimes[function] = LambdaRuntime(handler, environment, cwd=tree.task_root)
        service.register(f"cumbre-{function}", runtimes[function])
    url = FunctionUrl(lambda event, _context: runtimes["page"].invoke(event))
    return CloudHouse(stack, telegram, service, runtimes, url, stack.moto.client("s3"), stack.moto.client("sqs"))


def close_house(house: CloudHouse) -> None:
    house.service.__exit__()
    house.telegram.stop()
    # Buckets that hold anything are not removed with the rest.
    for bucket in (house.photos, house.renditions):
        versions = house.s3.list_object_versions(Bucket=bucket)
        for one in [*versions.get("Versions", ()), *versions.get("DeleteMarkers", ())]:
            house.s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    table, state = house.stack.outputs["state_table"], house.stack.moto.client("dynamodb")
    for item in state.scan(TableName=table)["Items"]:
        state.delete_item(TableName=table, Key={name: item[name] for name in ("kind", "key")})
    state.close()
    house.s3.close()
    house.sqs.close()
    assert house.telegram.state.violations == []


def _store_secrets(stack: AppliedStack) -> None:
    about_bot = {
        "CUMBRE_PASSWORD": PASSWORD,
        "CUMBRE_TELEGRAM_TOKEN": TOKEN,
        "CUMBRE_TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
    client = stack.moto.client("secretsmanager")
    client.put_secret_value(SecretId="cumbre/bot", SecretString=json.dumps(about_bot))
    client.put_secret_value(SecretId="cumbre/index", SecretString=json.dumps({"CUMBRE_DEBUG": "0"}))
    client.close()
