"""A fixture that starts `cumbre serve` processes, which end with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.processes import Server, kill


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Server]]:
    """Return a function that starts `cumbre serve` on this home. It may be called several times."""
    started: list[Server] = []

    def start_one(*arguments: object, **environment: str) -> Server:
        started.append(Server(home, *arguments, **environment))
        return started[-1]

    yield start_one
    for server in started:
        if server.process.poll() is None:
            kill(server.process)
