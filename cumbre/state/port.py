"""The port StateStore: what people told Cumbre, which no index can be rebuilt from.

A record is bytes under (kind, key), as a single-table design keeps them in DynamoDB. Every adapter passes
tests/contract.
"""

from collections.abc import Iterator
from typing import Final, Protocol

# DynamoDB holds items of up to 400 KB; every adapter has this limit, so that a home can move to the cloud.
MAX_VALUE_BYTES: Final = 350 * 1024


class StateStore(Protocol):
    """Small durable records (at most 350 KB each) by kind and key."""

    def get(self, kind: str, key: str) -> bytes | None:
        """The record, or None if there is none or it has expired."""
        ...

    def put(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> None:
        """Store or replace a record; expires_at is a POSIX time in seconds."""
        ...

    def put_if_absent(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> bool:
        """Store a record unless a live one is there already; says whether it was stored."""
        ...

    def delete(self, kind: str, key: str) -> None: ...

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """The live records of a kind, by key."""
        ...

    def close(self) -> None: ...
