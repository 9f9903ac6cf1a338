"""The number of usable cores, and the batch size that suits it."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.system.cpu import batch_size_for, usable_cores


@given(st.integers(1, 256))
def test_a_batch_gives_each_core_the_same_number_of_photos(cores: int) -> None:
    batch = batch_size_for(cores)
    assert batch >= 8
    assert batch % cores == 0
    assert batch < 8 + cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to cores")
def test_only_the_cores_that_a_process_may_use_are_counted() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert usable_cores() == len(before)
