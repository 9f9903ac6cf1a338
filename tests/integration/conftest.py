"""Servers that end with their test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.processes import Server, kill


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Server]]:
    """Starts `cumbre serve` on this home, as often as a test wants."""
    started: list[Server] = []

    def start_one(*arguments: object, **environment: str) -> Server:
        started.append(Server(home, *arguments, **environment))
        return started[-1]

    yield start_one
    for server in started:
        if server.process.poll() is None:
            kill(server.process)
