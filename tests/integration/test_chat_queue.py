"""The SQS queue that stores Telegram updates until the worker function answers them, on moto."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from bot.aws.chat_queue import ChatQueue, group_of
from bot.aws.media_groups import LARGEST_BATCH, SETTLING_S, QueuedUpdate, split_unsettled
from cumbre.errors import CumbreError
from tests.support.aws.moto_server import MotoServer

NOW = 1_700_000_000.0


@pytest.fixture
def sqs(moto: MotoServer) -> Iterator[Any]:
    client = moto.client("sqs")
    yield client
    client.close()


@pytest.fixture
def address(sqs: Any) -> str:
    made = sqs.create_queue(QueueName=f"chat-{uuid.uuid4().hex}.fifo", Attributes={"FifoQueue": "true"})
    return str(made["QueueUrl"])


def update(number: int, chat: int = 7, **message: Any) -> dict[str, Any]:
    return {"update_id": number, "message": {"message_id": number, "chat": {"id": chat}, **message}}


def received(sqs: Any, address: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=address, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
    return list(answer.get("Messages", []))


def test_a_repeated_update_is_queued_once_and_each_chat_keeps_its_order(sqs: Any, address: str) -> None:
    queue = ChatQueue(sqs, address)
    for one in (update(1), update(2), update(1), update(3, chat=8)):
        queue.send(one)
    messages = received(sqs, address)
    by_chat = [(one["Attributes"]["MessageGroupId"], json.loads(one["Body"])["update_id"]) for one in messages]
    assert sorted(by_chat) == [("chat:7", 1), ("chat:7", 2), ("chat:8", 3)]


def test_sending_to_a_missing_queue_raises_an_error(sqs: Any, address: str) -> None:
    with pytest.raises(CumbreError, match="did not accept a message"):
        ChatQueue(sqs, f"{address[:-5]}-gone.fifo").send(update(1))


def test_messages_that_were_put_back_are_received_again_in_order(sqs: Any, address: str) -> None:
    queue = ChatQueue(sqs, address)
    for number in (1, 2, 3):
        queue.send(update(number))
    receipts = {one["MessageId"]: one["ReceiptHandle"] for one in received(sqs, address)}
    queue.put_back(receipts, 0)
    assert [json.loads(one["Body"])["update_id"] for one in received(sqs, address)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("incoming", "group"),
    [
        (update(1, chat=-100123), "chat:-100123"),
        ({"update_id": 1, "callback_query": {"from": {"id": 5}, "message": {"chat": {"id": 7}}}}, "chat:7"),
        ({"update_id": 1, "callback_query": {"from": {"id": 5}, "inline_message_id": "x"}}, "chat:5"),
        ({"update_id": 1, "inline_query": {"from": {"id": 5}}}, "chat:5"),
        ({"update_id": 1, "message": {"chat": "none"}}, "chat:none"),
        ({"update_id": 1, "poll": {}}, "chat:none"),
    ],
)
def test_every_kind_of_update_gets_the_message_group_that_keeps_its_order(incoming: dict[str, Any], group: str) -> None:
    assert group_of(incoming) == group


def queued(number: int, age_s: float, chat: int = 7, album: str | None = None) -> QueuedUpdate:
    message = {"media_group_id": album} if album else {}
    return QueuedUpdate(f"m{number}", f"r{number}", f"chat:{chat}", NOW - age_s, update(number, chat, **message))


def numbers(found: list[QueuedUpdate]) -> list[int]:
    return [one.update["update_id"] for one in found]


def test_an_album_that_may_grow_waits_together_with_later_updates_of_its_chat() -> None:
    batch = [
        queued(1, 1.0),
        queued(2, 0.9, album="a"),
        queued(3, 0.2, chat=8),
        queued(4, 0.1, album="a"),
        queued(5, 0.1),
    ]
    ready, unsettled = split_unsettled(batch, NOW)
    assert (numbers(ready), numbers(unsettled)) == ([1, 3], [2, 4, 5])


def test_a_settled_album_is_answered() -> None:
    batch = [queued(1, SETTLING_S + 2, album="a"), queued(2, SETTLING_S, album="a")]
    assert numbers(split_unsettled(batch, NOW)[0]) == [1, 2]


def test_a_full_batch_does_not_wait() -> None:
    batch = [queued(number, 0.0, album="a") for number in range(LARGEST_BATCH)]
    assert split_unsettled(batch, NOW)[1] == []
