"""Count what is created while something runs: thread pools, HTTP clients, connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def counting(*classes: type[Any]) -> Iterator[dict[str, int]]:
    """Count the objects of these classes that are created inside the context, by the name of the class."""
    made = {one.__name__: 0 for one in classes}
    with pytest.MonkeyPatch.context() as patch:
        for one in classes:
            patch.setattr(one, "__init__", _counted(one, made))
        yield made


def _counted(one: type[Any], made: dict[str, int]) -> Any:
    original = one.__init__

    def init(self: Any, *given: Any, **named: Any) -> None:
        made[one.__name__] += 1
        original(self, *given, **named)

    return init
