"""Writes items in bulk: checks the outcome of each item, and retries those that Elasticsearch was too busy for."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from cumbre.index.elasticsearch.faults import fault, index_faults

_CHUNK_SIZE: Final = 200
_PARALLEL_REQUESTS: Final = 4
_ATTEMPTS: Final = 6
_FIRST_PAUSE_S: Final = 0.25
_BUSY: Final = frozenset({429, 502, 503, 504})
_CONFLICTS: Final = frozenset({"version_conflict_engine_exception", "document_missing_exception"})


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One action ("create", "index" or "update"), its metadata (id and version conditions) and its body."""

    action: str
    conditions: Mapping[str, Any]
    body: Mapping[str, Any]


def write_all(client: Any, address: str, alias: str, items: Sequence[BulkItem]) -> set[int]:
    """Write the items; return the positions of those with a version conflict.

    alias must be an alias, not an index: writing to an index that was deleted would create it again.
    Raises IndexFault for the first item that can't be written, after all other items of its chunk have been written.
    """

    def write_chunk(start: int) -> set[int]:
        return _write_chunk(client, address, alias, items, range(start, min(start + _CHUNK_SIZE, len(items))))

    starts = range(0, len(items), _CHUNK_SIZE)
    if len(starts) == 1:
        return write_chunk(0)
    # The server uses one thread per request.
    with ThreadPoolExecutor(_PARALLEL_REQUESTS, "bulk") as pool:
        return set().union(*pool.map(write_chunk, starts))


def _write_chunk(
    client: Any, address: str, alias: str, items: Sequence[BulkItem], positions: Sequence[int]
) -> set[int]:
    conflicts: set[int] = set()
    waiting = list(positions)
    for retries_left in range(_ATTEMPTS - 1, -1, -1):
        waiting = _send(client, address, alias, items, waiting, conflicts, may_retry=retries_left > 0)
        if not waiting:
            break
        time.sleep(_FIRST_PAUSE_S * 2 ** (_ATTEMPTS - 1 - retries_left) * random.uniform(0.5, 1.0))  # noqa: S311
    return conflicts


def _send(
    client: Any,
    address: str,
    alias: str,
    items: Sequence[BulkItem],
    positions: Sequence[int],
    conflicts: set[int],
    may_retry: bool,
) -> list[int]:
    """Send one request; add conflicts to `conflicts` and return the positions of the items to retry."""
    busy: list[int] = []
    with index_faults(address):
        # If a response is lost, the items may have been written: the client's retry then reports them as conflicts, and
        # the caller reads them again.
        answer = client.bulk(operations=list(_lines(items, positions)), index=alias, require_alias=True)
        refused = None
        for position, outcome in zip(positions, answer["items"], strict=True):
            ((_, result),) = outcome.items()
            error = result.get("error")
            if error is None:
                continue
            if error["type"] in _CONFLICTS:
                conflicts.add(position)
            elif result["status"] in _BUSY and may_retry and error["type"] != "cluster_block_exception":
                busy.append(position)
            else:
                refused = refused or fault(address, error["type"], f"{result['_id']}: {error.get('reason')}")
        if refused is not None:
            raise refused
    return busy


def _lines(items: Sequence[BulkItem], positions: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    for position in positions:
        item = items[position]
        yield {item.action: dict(item.conditions)}
        yield item.body
