"""One chat's messages stay in order, and slow work in one keeps no other waiting."""

import asyncio

import pytest

from bot.telegram.chat_queues import ChatQueues


def run(items: list[tuple[str, int]], pause_s: dict[str, float], at_once: int = 8) -> list[tuple[str, int]]:
    done: list[tuple[str, int]] = []

    async def handle(item: tuple[str, int]) -> None:
        await asyncio.sleep(pause_s.get(item[0], 0.0))
        if item[1] < 0:
            raise ValueError("a bug")
        done.append(item)

    async def play() -> None:
        queues: ChatQueues[tuple[str, int]] = ChatQueues(handle, at_once)
        for item in items:
            queues.put(item[0], item)
        await queues.drain()

    asyncio.run(play())
    return done


def test_within_a_chat_the_first_is_handled_first() -> None:
    done = run([(chat, number) for number in range(5) for chat in ("a", "b")], {})
    assert [number for chat, number in done if chat == "a"] == [0, 1, 2, 3, 4]
    assert [number for chat, number in done if chat == "b"] == [0, 1, 2, 3, 4]


def test_a_slow_chat_keeps_no_other_waiting() -> None:
    assert run([("slow", 0), ("slow", 1), ("quick", 0)], {"slow": 0.05})[0] == ("quick", 0)


def test_no_more_than_the_limit_are_handled_at_once() -> None:
    assert run([("slow", 0), ("quick", 0)], {"slow": 0.05}, at_once=1) == [("slow", 0), ("quick", 0)]


def test_what_follows_a_fault_is_handled(caplog: pytest.LogCaptureFixture) -> None:
    assert run([("a", -1), ("a", 1)], {}) == [("a", 1)]
    assert "could not be handled" in caplog.text
