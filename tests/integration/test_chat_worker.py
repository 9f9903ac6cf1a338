"""The worker function answers Telegram updates from a FIFO queue (on moto), with the real Bot API client."""

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient

from bot.aws.chat_queue import ChatQueue
from bot.aws.worker import Failures, UpdateWorker
from bot.telegram.access import read_access
from bot.telegram.inbox import UpdateInbox
from bot.telegram.rate_limit import RateLimiter
from bot.telegram.service import open_bot
from bot.telegram.wiring import BotParts
from bot.telegram.worker_threads import WorkerThreads
from cumbre.library.library import Library
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from tests.support.aws.moto_server import MotoServer
from tests.support.made import counting
from tests.support.small_album import TO_AMA_DABLAM, ingest, photo_towards
from tests.support.telegram.bot import MIRA, TENZIN, texts
from tests.support.telegram.people import Person
from tests.support.telegram.server import TOKEN, RunningTelegram, Sent

VISIBILITY_S = 60


@dataclass
class Cloud:
    """Telegram, the queue and the worker between them. The worker's clock is ahead, so that albums count as settled."""

    telegram: RunningTelegram
    sqs: Any
    address: str
    parts: BotParts
    clock_ahead_s: float = 60.0
    workers: list[UpdateWorker] = field(default_factory=list)

    def worker(self) -> UpdateWorker:
        """Create a worker, as in a new process of the function."""
        bot = open_bot(TOKEN, self.telegram.state.address)
        queue, inbox = ChatQueue(self.sqs, self.address), UpdateInbox(self.parts.state)
        clock: Callable[[], float] = lambda: time.time() + self.clock_ahead_s  # noqa: E731
        self.workers.append(UpdateWorker(bot, self.parts.bot, inbox, queue, clock))
        return self.workers[-1]

    def person(self, user_id: int = MIRA) -> Person:
        return Person(self.telegram.state, user_id)

    def enqueue(self, *acts: Callable[[], int]) -> None:
        """Let people act, and put the resulting updates into the queue as the webhook does."""
        for act in acts:
            act()
            ChatQueue(self.sqs, self.address).send(self.telegram.state.newest)

    def receive(self) -> list[dict[str, Any]]:
        """Return the next messages as the records that Lambda's event source passes to the function."""
        answer = self.sqs.receive_message(
            QueueUrl=self.address,
            MaxNumberOfMessages=10,
            VisibilityTimeout=VISIBILITY_S,
            MessageSystemAttributeNames=["All"],
        )
        return [
            {
                "messageId": one["MessageId"],
                "receiptHandle": one["ReceiptHandle"],
                "body": one["Body"],
                "attributes": one["Attributes"],
                "eventSource": "aws:sqs",
            }
            for one in answer.get("Messages", [])
        ]

    def handle(self, worker: UpdateWorker, records: list[dict[str, Any]], remaining_s: float = 30.0) -> Failures:
        return worker.handle({"Records": records}, remaining_s)

    def run(self, worker: UpdateWorker, remaining_s: float = 30.0) -> tuple[list[Sent], list[str]]:
        """Invoke the worker once and delete what it handled. Returns its requests to Telegram and the failed ids."""
        records = self.receive()
        before = len(self.telegram.state.sent)
        failures = self.handle(worker, records, remaining_s)["batchItemFailures"]
        failed = [one["itemIdentifier"] for one in failures]
        for record in records:
            if record["messageId"] not in failed:
                self.sqs.delete_message(QueueUrl=self.address, ReceiptHandle=record["receiptHandle"])
        sent = [one for one in self.telegram.state.sent[before:] if one.method != "sendChatAction"]
        return sent, failed


@pytest.fixture
def cloud(library: Library, album: Path, moto: MotoServer) -> Iterator[Cloud]:
    ingest(library, album)
    sqs = moto.client("sqs")
    attributes = {"FifoQueue": "true", "VisibilityTimeout": str(VISIBILITY_S)}
    address = str(sqs.create_queue(QueueName=f"chat-{uuid.uuid4().hex}.fifo", Attributes=attributes)["QueueUrl"])
    telegram, threads = RunningTelegram(), WorkerThreads()
    parts = BotParts(
        LocalQueryService(library),
        LocalAlbumService(library),
        library.catalog,
        library.state,
        read_access([str(MIRA), str(TENZIN)], [str(MIRA)]),
        None,
        threads,
        RateLimiter(),
    )
    cloud = Cloud(telegram, sqs, address, parts)
    yield cloud
    for worker in cloud.workers:
        worker.close()
    threads.close()
    sqs.close()
    telegram.stop()
    assert telegram.state.violations == []


def test_a_question_is_answered_and_leaves_the_queue(cloud: Cloud) -> None:
    mira = cloud.person()
    cloud.enqueue(lambda: mira.say("ama dablam"))
    sent, failed = cloud.run(cloud.worker())
    assert texts(sent)[-1] == "1 photo for “ama dablam”."
    assert failed == []
    assert cloud.receive() == []


def test_one_process_answers_several_batches_and_chats(cloud: Cloud) -> None:
    worker, mira, tenzin = cloud.worker(), cloud.person(), cloud.person(TENZIN)
    cloud.enqueue(lambda: mira.say("/peaks"), lambda: tenzin.say("ama dablam"), lambda: mira.say("a violin"))
    sent, failed = cloud.run(worker)
    assert failed == []
    assert [text.splitlines()[0] for text in texts(cloud.telegram.state.of_chat(MIRA))][-1].startswith("Nothing in the")
    assert texts(cloud.telegram.state.of_chat(TENZIN))[-1] == "1 photo for “ama dablam”."
    cloud.enqueue(lambda: mira.say("ama dablam"))
    sent, _ = cloud.run(worker)
    assert texts(sent)[-1] == "1 photo for “ama dablam”."


def test_an_answered_update_is_not_answered_again_by_another_process(cloud: Cloud) -> None:
    mira = cloud.person()
    cloud.enqueue(lambda: mira.say("ama dablam"))
    records = cloud.receive()
    assert cloud.handle(cloud.worker(), records) == {"batchItemFailures": []}
    sent_count = len(cloud.telegram.state.sent)
    # The process ended before the message was deleted, so it is delivered again.
    assert cloud.handle(cloud.worker(), records) == {"batchItemFailures": []}
    assert len(cloud.telegram.state.sent) == sent_count


def test_a_message_that_telegram_rejects_returns_to_the_queue_and_holds_back_only_its_own_chat(cloud: Cloud) -> None:
    worker, mira, tenzin = cloud.worker(), cloud.person(), cloud.person(TENZIN)
    for _ in range(4):
        cloud.telegram.state.fail("sendMessage", 502, "Bad Gateway")
    cloud.enqueue(lambda: mira.say("a violin"))
    _, failed = cloud.run(worker, remaining_s=7.0)
    assert len(failed) == 1
    cloud.telegram.state.forget_faults()
    cloud.enqueue(lambda: mira.say("ama dablam"), lambda: tenzin.say("ama dablam"))
    sent, again = cloud.run(worker)
    # The queue holds Mira's chat back while her first message is in flight, so only Tenzin was answered.
    assert again == []
    assert {one.message["chat"]["id"] for one in sent if one.message} == {TENZIN}


def test_an_album_that_grows_is_answered_once_with_all_its_pictures(cloud: Cloud) -> None:
    worker, mira = cloud.worker(), cloud.person()
    cloud.clock_ahead_s = 0.0
    pictures = [photo_towards(TO_AMA_DABLAM, f"2023:10:2{day} 08:00:00", sky=(90, 140, 200 + day)) for day in range(3)]
    send = [lambda data=data: mira.send_file(data, "a.jpg", group="album") for data in pictures]
    cloud.enqueue(send[0])
    sent, failed = cloud.run(worker)
    assert (sent, len(failed)) == ([], 1)
    cloud.enqueue(*send[1:])
    records: list[dict[str, Any]] = []
    while len(records) < 3:
        records = cloud.receive()
    cloud.clock_ahead_s = 60.0
    assert cloud.handle(worker, records) == {"batchItemFailures": []}
    answers = texts(cloud.telegram.state.of_chat(MIRA))
    assert answers[0].splitlines()[0] == "3 photos"


def test_only_an_unreadable_message_of_a_batch_is_returned(cloud: Cloud) -> None:
    mira = cloud.person()
    cloud.sqs.send_message(
        QueueUrl=cloud.address, MessageBody="no json", MessageGroupId="chat:none", MessageDeduplicationId="x"
    )
    cloud.enqueue(lambda: mira.say("ama dablam"))
    sent, failed = cloud.run(cloud.worker())
    assert len(failed) == 1
    assert texts(sent)[-1] == "1 photo for “ama dablam”."


def test_one_client_and_one_pool_of_threads_serve_all_batches_of_a_process(cloud: Cloud) -> None:
    worker, mira = cloud.worker(), cloud.person()
    cloud.enqueue(lambda: mira.say("ama dablam"))
    cloud.run(worker)
    with counting(httpx.AsyncClient, ThreadPoolExecutor, BaseClient) as made:
        for text in ("ama dablam", "/peaks", "a violin", "/help", "kangtega"):
            cloud.enqueue(lambda text=text: mira.say(text))  # type: ignore[misc]
            assert cloud.run(worker)[1] == []
    # The test's own clients are made before.
    assert made == {"AsyncClient": 0, "ThreadPoolExecutor": 0, "BaseClient": 0}


def test_after_a_freeze_of_the_process_connections_are_made_anew(cloud: Cloud) -> None:
    worker, mira = cloud.worker(), cloud.person()
    cloud.enqueue(lambda: mira.say("ama dablam"))
    cloud.run(worker)
    cloud.clock_ahead_s += 3600.0
    cloud.enqueue(lambda: mira.say("ama dablam"))
    with counting(httpx.AsyncClient) as made:
        sent, failed = cloud.run(worker)
    assert made == {"AsyncClient": 1}
    assert (texts(sent)[-1], failed) == ("1 photo for “ama dablam”.", [])
