"""Writes in bulk: each item's own outcome, and another try for those that Elasticsearch had no room for."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from cumbre.index.elasticsearch.faults import fault, index_faults

_ITEMS: Final = 200
_AT_ONCE: Final = 4
_TRIES: Final = 6
_FIRST_PAUSE_S: Final = 0.25
_BUSY: Final = frozenset({429, 502, 503, 504})
_CONFLICTS: Final = frozenset({"version_conflict_engine_exception", "document_missing_exception"})


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One action ("create", "index" or "update") with its conditions, and what it writes."""

    action: str
    conditions: Mapping[str, Any]
    body: Mapping[str, Any]


def write_all(client: Any, address: str, alias: str, items: Sequence[BulkItem]) -> set[int]:
    """Carry out the items; the places of those whose condition no longer held are returned.

    alias must be one: an index that has been replaced is not made anew. Raises IndexFault for the first item that can't
    be written, after all others of its chunk have been.
    """

    def write_chunk(start: int) -> set[int]:
        return _write_chunk(client, address, alias, items, range(start, min(start + _ITEMS, len(items))))

    starts = range(0, len(items), _ITEMS)
    if len(starts) == 1:
        return write_chunk(0)
    # A request is carried out by one thread of the server's.
    with ThreadPoolExecutor(_AT_ONCE, "bulk") as pool:
        return set().union(*pool.map(write_chunk, starts))


def _write_chunk(client: Any, address: str, alias: str, items: Sequence[BulkItem], places: Sequence[int]) -> set[int]:
    conflicts: set[int] = set()
    waiting = list(places)
    for left in range(_TRIES - 1, -1, -1):
        waiting = _send(client, address, alias, items, waiting, conflicts, may_wait=left > 0)
        if not waiting:
            break
        time.sleep(_FIRST_PAUSE_S * 2 ** (_TRIES - 1 - left) * random.uniform(0.5, 1.0))  # noqa: S311
    return conflicts


def _send(
    client: Any,
    address: str,
    alias: str,
    items: Sequence[BulkItem],
    places: Sequence[int],
    conflicts: set[int],
    may_wait: bool,
) -> list[int]:
    """One request; returns the places of the items that were turned away for want of room."""
    busy: list[int] = []
    with index_faults(address):
        # A request whose answer never came may have been carried out: its items come back as conflicts, and are read.
        answer = client.bulk(operations=list(_lines(items, places)), index=alias, require_alias=True)
        refused = None
        for place, outcome in zip(places, answer["items"], strict=True):
            ((_, result),) = outcome.items()
            error = result.get("error")
            if error is None:
                continue
            if error["type"] in _CONFLICTS:
                conflicts.add(place)
            elif result["status"] in _BUSY and may_wait and error["type"] != "cluster_block_exception":
                busy.append(place)
            else:
                refused = refused or fault(address, error["type"], f"{result['_id']}: {error.get('reason')}")
        if refused is not None:
            raise refused
    return busy


def _lines(items: Sequence[BulkItem], places: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    for place in places:
        item = items[place]
        yield {item.action: dict(item.conditions)}
        yield item.body
