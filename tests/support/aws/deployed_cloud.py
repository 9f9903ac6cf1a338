"""The cloud that Terraform creates, with its four functions running from their images and a fake Telegram.

Each function is a process of Lambda's own runtime client. The test servers do what Lambda does between the functions:
event source mappings, Invoke and the function URL.
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
# The image of each function. The worker runs the bot image with another command.
FUNCTIONS = {"ingest": "ingest", "query": "query", "page": "bot", "worker": "bot"}
WORKER = "bot.aws.entry.worker"
# Each cloud starts with new update numbers, because state and queues outlive it and remember those already handled.
_FIRST_UPDATES = itertools.count(1_000_000, 1_000_000)
_DELETION_EVENT = EVENTS / "s3_removed.json"


def key_of(function: str) -> str:
    """Return the access key of a function, which identifies its calls."""
    return f"key-of-{function}"


@dataclass
class DeployedCloud:
    """Amazon's services and Telegram on test servers, with the functions between them."""

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
        """Upload a photo, run ingest on the event that S3 queues, and wait until a search finds the photo."""
        self.s3.put_object(Bucket=self.photos, Key=key, Body=data)
        self.settle()
        eventually(lambda: self.has(key))

    def has(self, key: str) -> bool:
        """Return whether the page finds a photo. (Elasticsearch needs up to a second to show a change.)"""
        self.log_in()
        return any(hit["path"].endswith(f"/{key}") for hit in self.get("/api/search?k=200")["results"])

    def wait_for_photos(self, count: int) -> None:
        """Wait until the index contains this many photos."""
        eventually(lambda: self.get("/api/status")["photos"] == count)

    def delete(self, key: str) -> None:
        """Delete a photo as a person does, which only adds a delete marker, and wait until it is not found."""
        self.s3.delete_object(Bucket=self.photos, Key=key)
        # moto sends deletion events only for buckets without versions.
        event = json.loads(_DELETION_EVENT.read_text())
        [record] = event["Records"]
        record["eventName"] = "ObjectRemoved:DeleteMarkerCreated"
        record["s3"]["bucket"]["name"] = self.photos
        record["s3"]["object"]["key"] = quote_plus(key, safe="/")
        self.sqs.send_message(QueueUrl=self.stack.mapping("ingest").queue_url, MessageBody=json.dumps(event))
        self.settle()
        eventually(lambda: not self.has(key))

    @contextmanager
    def without_bucket_events(self) -> Iterator[None]:
        """Turn off the photo bucket's event notifications."""
        configuration = self.s3.get_bucket_notification_configuration(Bucket=self.photos)
        self.s3.put_bucket_notification_configuration(Bucket=self.photos, NotificationConfiguration={})
        yield
        configuration.pop("ResponseMetadata")
        self.s3.put_bucket_notification_configuration(Bucket=self.photos, NotificationConfiguration=configuration)

    def settle(self) -> None:
        """Run the ingest function until its queue is empty."""
        SqsPoller(self.sqs, self.stack.mapping("ingest").queue_url, self._invoke("ingest")).drain()

    def deliver(self, *give: Callable[[], int]) -> None:
        """Perform actions of people and deliver each update to the webhook."""
        address = f"{MOUNTED_AT}/{webhook_path(TOKEN, SECRET)}"
        headers = {"x-telegram-bot-api-secret-token": SECRET}
        for act in give:
            act()
            assert self.url.ask("POST", address, json=self.telegram.state.newest, headers=headers).status == 200

    def work(self) -> list[Sent]:
        """Run the worker on one batch of the chat queue and return what it sends."""
        before = len(self.telegram.state.sent)
        SqsPoller(self.sqs, self.stack.mapping("worker").queue_url, self._invoke("worker")).poll()
        return [sent for sent in self.telegram.state.sent[before:] if sent.method != "sendChatAction"]

    def after(self, give: Callable[[], int]) -> list[Sent]:
        """Return what the bot sends after an action of a person."""
        self.deliver(give)
        return self.work()

    def log_in(self) -> None:
        """Log in to the page."""
        origin = {"origin": f"https://{HOST}"}
        assert self.url.ask("POST", "/login", data={"password": PASSWORD, "next": "/"}, headers=origin).status == 303

    def get(self, address: str) -> Any:
        """Return the JSON of an address."""
        answer = self.url.ask("GET", address)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def upload(self, data: bytes, name: str) -> str:
        """Upload a file to the staging area, as the page does; return the value that stands for it in a form."""
        target = json.loads(self.url.ask("POST", "/api/uploads").body)
        sent = httpx.post(target["url"], data=target["fields"], files={"file": data})
        assert sent.status_code == 204, sent.text
        return f"{target['token']} {name}"

    def post(self, address: str, **fields: str) -> Any:
        """Post a form and return the JSON of the answer."""
        answer = self.url.ask("POST", address, data=fields, content_type="multipart/form-data")
        assert answer.status in (200, 201), answer.body
        return json.loads(answer.body)

    def _invoke(self, function: str) -> Callable[[object, object], dict[str, Any]]:
        return lambda event, _context: self.runtimes[function].invoke(event)


def open_cloud(
    stack: AppliedStack,
    image_of: Callable[[str], ImageTree],
    index: Mapping[str, str],
    scratch: Path,
) -> DeployedCloud:
    """Start the functions and Telegram; close them with close_cloud(). `index` has the settings of the index."""
    _store_secrets(stack)
    telegram = RunningTelegram(first_update=next(_FIRST_UPDATES))
    service = LambdaService(stack.moto.calls)
    runtimes = {}
    for function, image in FUNCTIONS.items():
        tree = image_of(image)
        home = scratch / function
        if (image_cache := tree.root / "opt" / "cumbre" / "cache").is_dir():
            # Its path inside the image does not exist on this machine.
            shutil.copytree(image_cache, home / "cache")
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
    return DeployedCloud(stack, telegram, service, runtimes, url, stack.moto.client("s3"), stack.moto.client("sqs"))


def close_cloud(cloud: DeployedCloud) -> None:
    """Stop everything, empty the buckets and the state table, and assert that the bot broke no rule of Telegram."""
    cloud.service.__exit__()
    cloud.telegram.stop()
    # Terraform does not delete buckets that contain anything.
    for bucket in (cloud.photos, cloud.renditions):
        versions = cloud.s3.list_object_versions(Bucket=bucket)
        for version in [*versions.get("Versions", ()), *versions.get("DeleteMarkers", ())]:
            cloud.s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    table, state = cloud.stack.outputs["state_table"], cloud.stack.moto.client("dynamodb")
    for item in state.scan(TableName=table)["Items"]:
        state.delete_item(TableName=table, Key={name: item[name] for name in ("kind", "key")})
    state.close()
    cloud.s3.close()
    cloud.sqs.close()
    assert cloud.telegram.state.violations == []


def _store_secrets(stack: AppliedStack) -> None:
    bot_secrets = {
        "CUMBRE_PASSWORD": PASSWORD,
        "CUMBRE_TELEGRAM_TOKEN": TOKEN,
        "CUMBRE_TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
    client = stack.moto.client("secretsmanager")
    client.put_secret_value(SecretId="cumbre/bot", SecretString=json.dumps(bot_secrets))
    client.put_secret_value(SecretId="cumbre/index", SecretString=json.dumps({"CUMBRE_DEBUG": "0"}))
    client.close()
