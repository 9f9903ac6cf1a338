"""Random sequences of messages to the bot, some delivered twice: each is answered once, in the order of its chat.

CUMBRE_TEST_ROUNDS sets the number of sequences: five times as many.
"""

import itertools
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cumbre.library.library import Library
from tests.support.pictures import encoded, landscape
from tests.support.small_album import ingest
from tests.support.telegram.bot import RunningBot, start_bot
from tests.support.telegram.people import Person
from tests.support.telegram.server import RunningTelegram

_SEQUENCES = int(os.environ.get("CUMBRE_TEST_ROUNDS", "0")) * 5 or 60
_PICTURE = encoded(landscape(size=(320, 240)), "JPEG")
_QUOTED = re.compile(r"called “([0-9]+)”")
_QUOTED_IN_SPANISH = re.compile(r"llame «([0-9]+)»")
_people = itertools.count(10_000)


@dataclass(frozen=True)
class Step:
    """One message: to the first or second chat, delivered once or twice."""

    chat: int
    kind: str
    twice: bool


steps = st.builds(
    Step,
    st.integers(0, 1),
    st.sampled_from(
        [
            "words",
            "photo",
            "file",
            "album",
            "place",
            "press",
            "forged",
            "sticker",
            "inline",
            "peaks",
            "language",
            "blocked",
        ]
    ),
    st.booleans(),
)


@pytest.fixture
def running_bot(library: Library, album: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningBot]:
    # Here albums arrive at once and inline queries are not typed letter by letter, so short pauses are enough.
    monkeypatch.setattr("bot.telegram.incoming._ALBUM_S", 0.05)
    monkeypatch.setattr("bot.telegram.incoming._TYPING_S", 0.01)
    ingest(library, album)
    telegram = RunningTelegram()
    running = start_bot(library, telegram, allowed=(), everyone=True)
    yield running
    running.service.stop()
    telegram.stop()
    assert telegram.state.violations == []


def perform(running_bot: RunningBot, person: Person, step: Step, number: int) -> bool:
    """Let a person perform a step. Returns whether an answer is due."""
    match step.kind:
        case "words":
            # The answer quotes the number, which identifies the message.
            person.say(f"/near {number}")
        case "photo":
            person.send_photo(_PICTURE)
        case "file":
            person.send_file(b"nothing" if number % 2 else _PICTURE, "<b>.jpg")
        case "album":
            for _ in range(3):
                person.send_photo(_PICTURE, group=f"album {number} of {person.user_id}")
        case "place":
            person.send_place(27.8, 86.7)
        case "press" | "forged":
            with_buttons = [one for one in person.answers() if (one.message or {}).get("reply_markup")]
            if step.kind == "forged" or not with_buttons:
                person.press_data(person.any_message(), "more.AAAAAAAA" if number % 2 else "\N{MOUNTAIN}.../../")
            else:
                rows = (with_buttons[-1].message or {})["reply_markup"].get("inline_keyboard", [[{}]])
                data = rows[number % len(rows)][0].get("callback_data", "x")
                person.press_data(with_buttons[-1].message or {}, data)
            # The answer may be only a short notice.
            return False
        case "sticker":
            person.send_other("sticker")
        case "inline":
            person.ask_inline("a mountain")
            return False
        case "peaks":
            person.say("/peaks")
        case "language":
            person.say(f"/language {'es' if number % 2 else 'en'}")
        case "blocked":
            running_bot.server.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
            return False
    return True


@settings(
    max_examples=_SEQUENCES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(sequence=st.lists(steps, min_size=1, max_size=8), together=st.booleans())
def test_each_message_is_answered_once_and_in_order(
    running_bot: RunningBot, caplog: pytest.LogCaptureFixture, sequence: list[Step], together: bool
) -> None:
    caplog.clear()
    running_bot.server.forget_faults()
    running_bot.server.sent.clear()
    people = [running_bot.person(next(_people)), running_bot.person(next(_people))]
    asked: dict[int, list[str]] = {0: [], 1: []}
    due = [0, 0]
    faults = sum(step.kind == "blocked" for step in sequence)
    presses = 0
    for number, step in enumerate(sequence):
        is_due = perform(running_bot, people[step.chat], step, number)
        due[step.chat] += is_due
        presses += step.kind in ("press", "forged")
        if step.kind == "words":
            asked[step.chat].append(str(number))
        if step.twice:
            running_bot.repeat_newest()
        if not together:
            running_bot.settle()
    running_bot.settle()
    for chat, person in enumerate(people):
        answers = [str(one.fields.get("text", "")) for one in person.answers()]
        quoted = [
            found[1]
            for text in answers
            if (found := _QUOTED.search(text)) or (found := _QUOTED_IN_SPANISH.search(text))
        ]
        assert sorted(set(quoted), key=int) == quoted, "out of order, or twice"
        assert len(asked[chat]) - faults <= len(quoted) <= len(asked[chat])
        assert not due[chat] or answers or faults
    pressed = [one for one in running_bot.server.sent if one.method == "answerCallbackQuery"]
    assert len(pressed) == presses
    bad = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert bad == []
