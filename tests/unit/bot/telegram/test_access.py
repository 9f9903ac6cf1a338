"""Who may use the bot, who may add photos, and how often."""

import pytest

from bot.telegram.access import read_access
from bot.telegram.rate_limit import RateLimiter, Verdict
from cumbre.errors import SettingsError


def test_only_users_and_chats_on_the_list_are_admitted() -> None:
    access = read_access(["1001", "-100500"], [])
    assert access.admits(1001, 1001)
    assert access.admits(7, -100500)
    assert not access.admits(7, 7)
    assert not access.admits(7)


def test_without_a_list_nobody_is_admitted() -> None:
    assert not read_access([], []).admits(1, 1)


def test_users_who_may_add_photos_may_also_ask() -> None:
    assert read_access([], ["5"]).admits(5, -1)


def test_the_word_everyone_alone_admits_everyone() -> None:
    assert read_access(["everyone"], []).admits(123, 456)


@pytest.mark.parametrize("given", ["@mira", "12a", "1.5", ""])
def test_a_value_that_is_not_an_id_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="is not an id"):
        read_access([given], [])


def test_the_messages_of_a_user_per_minute_are_limited_and_the_user_is_notified_once() -> None:
    now = [0.0]
    throttle = RateLimiter(most=2, clock=lambda: now[0])
    assert [throttle.check(1) for _ in range(4)] == [Verdict.ANSWER, Verdict.ANSWER, Verdict.SAY_SO, Verdict.IGNORE]
    assert throttle.check(2) is Verdict.ANSWER
    now[0] = 61.0
    assert throttle.check(1) is Verdict.ANSWER
