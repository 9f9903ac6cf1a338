"""Who may ask, who may add, and how much."""

import pytest

from bot.telegram.access import read_access
from bot.telegram.rate_limit import RateLimiter, Verdict
from cumbre.errors import SettingsError


def test_users_and_chats_of_the_list_are_admitted_and_nobody_else() -> None:
    access = read_access(["1001", "-100500"], [])
    assert access.admits(1001, 1001)
    assert access.admits(7, -100500)
    assert not access.admits(7, 7)
    assert not access.admits(7)


def test_without_a_list_nobody_is_admitted() -> None:
    assert not read_access([], []).admits(1, 1)


def test_who_may_add_may_ask_too() -> None:
    assert read_access([], ["5"]).admits(5, -1)


def test_everyone_may_be_let_in_by_that_word_alone() -> None:
    assert read_access(["everyone"], []).admits(123, 456)


@pytest.mark.parametrize("given", ["@mira", "12a", "1.5", ""])
def test_what_is_no_id_is_refused_with_what_is(given: str) -> None:
    with pytest.raises(SettingsError, match="is no id"):
        read_access([given], [])


def test_a_user_may_ask_so_much_in_a_minute_and_is_told_once() -> None:
    now = [0.0]
    throttle = RateLimiter(most=2, clock=lambda: now[0])
    assert [throttle.check(1) for _ in range(4)] == [Verdict.ANSWER, Verdict.ANSWER, Verdict.SAY_SO, Verdict.IGNORE]
    assert throttle.check(2) is Verdict.ANSWER
    now[0] = 61.0
    assert throttle.check(1) is Verdict.ANSWER
