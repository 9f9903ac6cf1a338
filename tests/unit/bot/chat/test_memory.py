"""Notes and offers of a chat, also when two of its messages are answered at the same time."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat.memory import ChatNotes, Memory
from bot.chat.messages import SentPicture
from bot.chat.turn import Turn
from cumbre.state.sqlite import SqliteStateStore
from tests.support.fakes import KHUMBU

PICTURE = SentPicture("abc", "a.jpg")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    state = SqliteStateStore(tmp_path / "state.sqlite")
    yield Memory(state)
    state.close()


def turn(memory: Memory) -> Turn:
    return Turn("1", None, memory, lambda: KHUMBU)


def test_a_new_chat_has_the_default_notes(memory: Memory) -> None:
    assert memory.notes("1").notes == ChatNotes()


def test_what_a_message_remembers_is_visible_at_once_and_stored_at_its_end(memory: Memory) -> None:
    first = turn(memory)
    first.remember(language="es", pictures=(PICTURE,), pictures_sent_at=5.0)
    assert first.notes.language == "es"
    assert first.translator.text("chat.language") == turn_in_spanish(memory)
    assert memory.notes("1").notes == ChatNotes()
    first.save()
    stored = memory.notes("1").notes
    assert (stored.language, stored.pictures, stored.pictures_sent_at) == ("es", (PICTURE,), 5.0)
    assert memory.notes("2").notes == ChatNotes()


def turn_in_spanish(memory: Memory) -> str:
    return Turn("other", "es", memory, lambda: KHUMBU).translator.text("chat.language")


@pytest.mark.parametrize("chat_is_new", [True, False])
def test_two_messages_at_the_same_time_keep_each_others_changes(memory: Memory, chat_is_new: bool) -> None:
    if not chat_is_new:
        before = turn(memory)
        before.remember(knows_about_originals=True)
        before.save()
    photo, command = turn(memory), turn(memory)
    command.remember(language="es")
    command.save()
    photo.remember(pictures=(PICTURE,), pictures_sent_at=5.0)
    photo.save()
    kept = memory.notes("1").notes
    assert (kept.language, kept.pictures) == ("es", (PICTURE,))
    assert kept.knows_about_originals is not chat_is_new


def test_many_messages_at_once_lose_no_change(memory: Memory) -> None:
    changes: list[dict[str, Any]] = [
        {"language": "es"},
        {"knows_about_originals": True},
        {"writes_names": False},
        {"pictures": (PICTURE,)},
        {"naming": "abcdefgh"},
    ]
    turns = [turn(memory) for _ in changes]

    def answer(number: int) -> None:
        turns[number].remember(**changes[number])
        turns[number].save()

    with ThreadPoolExecutor(len(changes)) as pool:
        list(pool.map(answer, range(len(changes))))
    stored = memory.notes("1").notes
    assert replace(stored, renewed_at=0.0) == ChatNotes("es", True, False, (PICTURE,), 0.0, "abcdefgh")


def ask_for_name(memory: Memory, token: str) -> None:
    asking = turn(memory)
    asking.remember(naming=token)
    asking.save()


def test_a_question_for_a_name_is_taken_by_one_message_only(memory: Memory) -> None:
    ask_for_name(memory, "abcdefgh")
    first, second = turn(memory), turn(memory)
    second.remember(language="es")
    assert first.take_naming() == "abcdefgh"
    assert second.take_naming() == ""
    second.save()
    stored = memory.notes("1").notes
    assert (stored.naming, stored.language) == ("", "es")


def test_a_question_that_is_asked_meanwhile_waits_for_its_own_answer(memory: Memory) -> None:
    ask_for_name(memory, "abcdefgh")
    answering = turn(memory)
    ask_for_name(memory, "ijklmnop")
    assert answering.take_naming() == ""
    answering.save()
    assert memory.notes("1").notes.naming == "ijklmnop"


def test_a_chat_in_use_keeps_its_notes(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    first = turn(memory)
    first.remember(language="es")
    first.save()
    now = time.time()
    for days in range(20, 820, 20):
        monkeypatch.setattr("time.time", lambda days=days: now + days * 86_400.0)
        turn(memory).save()
    assert memory.notes("1").notes.language == "es"


def test_two_presses_at_the_same_time_keep_each_others_changes_of_an_offer(memory: Memory) -> None:
    token = memory.offer("1", {"targets": [1, 2]})
    first, second = memory.recall("1", token), memory.recall("1", token)
    assert first is not None
    assert second is not None
    memory.change_offer("1", first, {"number": 0, "before": None})
    memory.change_offer("1", second, {"choices": ["lhotse"]})
    changed = memory.recall("1", token)
    assert changed is not None
    assert changed.meaning == {"targets": [1, 2], "number": 0, "before": None, "choices": ["lhotse"]}


def test_an_offer_is_found_with_its_own_chat_and_token_only(memory: Memory) -> None:
    token = memory.offer("1", {"peaks": ["lhotse"]})
    assert memory.recall("2", token) is None
    assert memory.recall("1", "no token") is None
