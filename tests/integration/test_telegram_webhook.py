"""The Telegram webhook of a real `cumbre serve`: its setup, and a burst of updates with a kill in the middle.

The burst has 150 updates by default, and 1000 with CUMBRE_TEST_ROUNDS=100.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.processes import Server, cumbre, eventually, kill
from tests.support.server_cache import free_port
from tests.support.telegram.burst import SECRET, SETTINGS, Burst
from tests.support.telegram.server import TOKEN, RunningTelegram

UPDATES = 1000 if int(os.environ.get("CUMBRE_TEST_ROUNDS", "0")) >= 100 else 150


@pytest.fixture
def telegram() -> Iterator[RunningTelegram]:
    running = RunningTelegram()
    yield running
    running.stop()
    assert running.state.violations == []


@pytest.mark.slow
def test_every_update_of_a_burst_is_answered_despite_a_kill(
    home: Path, album: Path, telegram: RunningTelegram, start: Callable[..., Server]
) -> None:
    port = free_port()
    settings = {**SETTINGS, "CUMBRE_TELEGRAM_API": telegram.state.address}
    arguments = ("--photos", album, "--port", str(port))
    first = start(*arguments, **settings)
    burst = Burst(telegram.state, UPDATES, people=UPDATES // 5, duplicated=0.05)
    threads = burst.deliver(port)
    eventually(lambda: len(burst.answers()) > UPDATES // 3)
    kill(first.process)
    before = burst.answers()
    second = start(*arguments, **settings)
    for thread in threads:
        thread.join()
    eventually(lambda: len(burst.answers()) == UPDATES, patience_s=180)
    answers = burst.answers()
    assert set(answers) == set(range(UPDATES))
    twice = {number for number, times in answers.items() if times > 1}
    # Only updates that were answered before the kill may be answered once more.
    assert twice <= set(before)
    assert max(answers.values()) <= 2
    assert len(twice) <= 20
    assert second.process.stdout is not None
    assert second.process.stdout.readline() == "The Telegram bot is at https://t.me/cumbre_test_bot\n"
    code, log = second.stop()
    assert code == 0
    assert TOKEN not in log
    assert SECRET not in log


def test_the_webhook_is_registered_with_telegram_and_deleted_again(home: Path, telegram: RunningTelegram) -> None:
    settings = {**SETTINGS, "CUMBRE_TELEGRAM_API": telegram.state.address}
    ran = cumbre(home, "telegram", "set-webhook", **settings)
    assert ran.returncode == 0, ran.stderr
    webhook = telegram.state.webhook
    assert webhook["url"].startswith("https://cumbre.example/telegram/")
    assert webhook["secret_token"] == SECRET
    assert webhook["allowed_updates"] == ["message", "callback_query", "inline_query"]
    assert cumbre(home, "telegram", "delete-webhook", **settings).returncode == 0
    assert telegram.state.webhook == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"CUMBRE_TELEGRAM_TOKEN": ""}, "set CUMBRE_TELEGRAM_TOKEN first"),
        ({"CUMBRE_TELEGRAM_TOKEN": "99:a-wrong-token"}, "copy it again from @BotFather"),
        ({"CUMBRE_TELEGRAM_WEBHOOK": ""}, "set CUMBRE_TELEGRAM_WEBHOOK"),
        ({"CUMBRE_TELEGRAM_WEBHOOK": "http://cumbre.example"}, "must be https://HOST"),
        ({"CUMBRE_TELEGRAM_WEBHOOK_SECRET": "short"}, "16 to 256 letters"),
    ],
)
def test_wrong_settings_of_the_webhook_are_explained(
    home: Path, telegram: RunningTelegram, change: dict[str, str], message: str
) -> None:
    settings = {**SETTINGS, "CUMBRE_TELEGRAM_API": telegram.state.address, **change}
    failed = cumbre(home, "telegram", "set-webhook", **settings)
    assert failed.returncode == 2
    assert message in failed.stderr
    assert "wrong-token" not in failed.stderr
