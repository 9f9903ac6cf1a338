"""One chat's messages stay in order, and slow work in one keeps no other waiting."""

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


def test_within_a_chat_the_first_is_handled_first() -> None:
    done = run([(chat, number) for number in range(5) for chat in ("a", "b")], {})
    assert [number for chat, number in done if chat == "a"] == [0, 1, 2, 3, 4]
    assert [number for chat, number in done if chat == "b"] == [0, 1, 2, 3, 4]


def test_a_slow_chat_keeps_no_other_waiting() -> None:
    assert run([("slow", 0), ("slow", 1), ("quick", 0)], {"slow": 0.05})[0] == ("quick", 0)


def test_what_follows_a_fault_is_handled(caplog: pytest.LogCaptureFixture) -> None:
    assert run([("a", -1), ("a", 1)], {}) == [("a", 1)]
    assert "could not be handled" in caplog.text


def test_a_batch_is_handled_once_when_no_more_of_it_come() -> None:
    done: list[list[int]] = []

    async def handle(batch: list[int]) -> None:
        done.append(batch)

    async def play() -> None:
        # Numbers of two digits belong together.
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


def test_draining_ends_when_its_patience_does() -> None:
    async def handle(_batch: list[int]) -> None:
        await asyncio.sleep(60)

    async def play() -> bool:
        queues: ChatQueues[int] = ChatQueues(handle)
        queues.enqueue("chat", 1)
        return await queues.drain(patience_s=0.05)

    assert asyncio.run(play()) is False
