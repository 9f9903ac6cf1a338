"""The executor that runs calls in the thread that submits them."""

import threading

import pytest

from cumbre.system.calling_thread import InCallingThread


def test_a_call_is_done_when_it_is_submitted_in_the_same_thread() -> None:
    future = InCallingThread().submit(lambda number: (number, threading.current_thread()), 7)
    assert future.done()
    assert future.result() == (7, threading.current_thread())


def test_an_error_is_raised_with_the_result() -> None:
    future = InCallingThread().submit(int, "seven")
    with pytest.raises(ValueError, match="seven"):
        future.result()
