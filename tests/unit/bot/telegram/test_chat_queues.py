"""Messages of a chat stay in order, and a slow chat does not delay the others."""

import asyncio

import pytest

from bot.telegram.chat_queues import Batch, ChatQueues

Item = tuple[str, int]


def run(items: list[Item], pause_s: dict[str, float]) -> list[Item]:
    done: list[Item] = []

    async def handle(batch: list[Item]) -> None:
        [item] = batch
        await asyncio.sleep(pause_s.get(item[0], 0.0))
        if item[1] < 0:
            raise ValueError("a bug")
        done.append(item)

    async def play() -> None:
        queues: ChatQueues[Item] = ChatQueues(handle)
        for item in items:
            queues.enqueue(item[0], item)
        assert await queues.drain()

    asyncio.run(play())
    return done


def test_messages_of_a_chat_are_handled_in_order() -> None:
    done = run([(chat, number) for number in range(5) for chat in ("a", "b")], {})
    assert [number for chat, number in done if chat == "a"] == [0, 1, 2, 3, 4]
    assert [number for chat, number in done if chat == "b"] == [0, 1, 2, 3, 4]


def test_a_slow_chat_does_not_delay_the_others() -> None:
    assert run([("slow", 0), ("slow", 1), ("quick", 0)], {"slow": 0.05})[0] == ("quick", 0)


def test_messages_after_an_error_are_still_handled(caplog: pytest.LogCaptureFixture) -> None:
    assert run([("a", -1), ("a", 1)], {}) == [("a", 1)]
    assert "could not be handled" in caplog.text


def test_a_batch_is_handled_once_when_no_more_items_arrive() -> None:
    done: list[list[int]] = []

    async def handle(batch: list[int]) -> None:
        done.append(batch)

    async def play() -> None:
        # Two-digit numbers belong together.
        queues: ChatQueues[int] = ChatQueues(handle, lambda number: Batch("tens", 0.05) if number > 9 else None)
        for number in (1, 11, 2):
            queues.enqueue("chat", number)
        await asyncio.sleep(0.03)
        queues.enqueue("chat", 12)
        await asyncio.sleep(0.03)
        queues.enqueue("chat", 13)
        await queues.drain()

    asyncio.run(play())
    assert done == [[1], [11, 12, 13], [2]]


def test_draining_ends_after_its_time_limit() -> None:
    async def handle(_batch: list[int]) -> None:
        await asyncio.sleep(60)

    async def play() -> bool:
        queues: ChatQueues[int] = ChatQueues(handle)
        queues.enqueue("chat", 1)
        return await queues.drain(patience_s=0.05)

    assert asyncio.run(play()) is False
