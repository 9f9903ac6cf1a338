"""Received updates outlive the process, and none is answered twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.telegram.inbox import UpdateInbox
from cumbre.state.sqlite import SqliteStateStore


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteStateStore]:
    opened = SqliteStateStore(tmp_path / "state.sqlite")
    yield opened
    opened.close()


def update(number: int) -> dict[str, object]:
    return {"update_id": number, "message": {"text": f"words {number}"}}


def test_stored_updates_wait_in_order_even_for_another_process(state: SqliteStateStore) -> None:
    for number in (10, 9, 100):
        assert UpdateInbox(state).store(update(number))
    assert list(UpdateInbox(state).waiting()) == [(update(9), 0), (update(10), 0), (update(100), 0)]


def test_a_repeated_update_is_not_stored_again_before_or_after_its_answer(state: SqliteStateStore) -> None:
    inbox = UpdateInbox(state)
    assert inbox.store(update(1))
    assert not inbox.store(update(1))
    inbox.mark_answered(update(1))
    assert not inbox.store(update(1))
    assert list(inbox.waiting()) == []


def test_the_number_of_times_an_update_was_resumed_is_stored(state: SqliteStateStore) -> None:
    UpdateInbox(state).store(update(1))
    UpdateInbox(state).resumed(update(1), 2)
    assert list(UpdateInbox(state).waiting()) == [(update(1), 2)]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(["keep", "answer"]), st.integers(0, 4)), max_size=20))
def test_each_update_is_answered_at_most_once_in_any_order_of_steps(
    tmp_path: Path, steps: list[tuple[str, int]]
) -> None:
    state = SqliteStateStore(tmp_path / "state.sqlite")
    for kind in ("telegram update", "telegram answered"):
        for key, _ in list(state.items(kind)):
            state.delete(kind, key)
    inbox, kept, answered = UpdateInbox(state), set(), set()
    for step, number in steps:
        if step == "keep":
            assert inbox.store(update(number)) == (number not in kept)
            kept.add(number)
        else:
            for waiting, _ in list(inbox.waiting())[:1]:
                assert waiting["update_id"] not in answered
                answered.add(waiting["update_id"])
                inbox.mark_answered(waiting)
    assert {one["update_id"] for one, _ in inbox.waiting()} == kept - answered
    state.close()
