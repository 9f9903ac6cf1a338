"""Optional values that a test knows to be there."""

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """Return the value. Fails the test if it is None."""
    assert value is not None
    return value
