"""The port StateStore: durable records of what people entered (corrections, imported peaks, album folders).

Unlike the index, this data can't be rebuilt from the photos. A record is bytes under (kind, key), as in a single-table
design of DynamoDB. Every adapter passes tests/contract/test_state_store.py.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

# DynamoDB limits items to 400 KB. Every adapter has this limit, so that a local state can move to the cloud.
MAX_VALUE_BYTES: Final = 350 * 1024


class StateStore(Protocol):
    """Small durable records by kind and key.

    Several threads and processes may share a store. Every method raises CumbreError if the store can't be used.
    """

    def get(self, kind: str, key: str) -> bytes | None:
        """Return a record's value; None if it does not exist or has expired."""
        ...

    def put(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> None:
        """Store or replace a record. expires_at is a POSIX time in seconds; None means never.

        Raises CumbreError if the value is larger than MAX_VALUE_BYTES.
        """
        ...

    def put_many(self, kind: str, values: Mapping[str, bytes]) -> None:
        """Store or replace many records of a kind, by key, without expiry; faster than one by one.

        If it raises CumbreError, a database stores none of them, but a table in the cloud may have stored some.
        """
        ...

    def put_if_absent(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> bool:
        """Store a record unless a live one exists, atomically; return whether it was stored.

        Of several concurrent callers exactly one stores it. Raises CumbreError as put() does.
        """
        ...

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """Return the values of those of the keys that have a live record, in as few requests as possible."""
        ...

    def replace_if_same(
        self, kind: str, key: str, before: bytes, value: bytes, expires_at: float | None = None
    ) -> bool:
        """Replace a live record if its value is still `before`, atomically; return whether it was replaced.

        Who reads a record, changes it and stores it with this overwrites no change of somebody else. Raises CumbreError
        as put() does.
        """
        ...

    def delete(self, kind: str, key: str) -> None:
        """Delete a record; a missing one is not an error."""
        ...

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """Yield key and value of the live records of a kind, ordered by key.

        The store may be used and changed between two items.
        """
        ...

    def close(self) -> None:
        """Release the connection. The store can't be used afterwards."""
        ...
