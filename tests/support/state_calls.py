"""Watch the calls of a real state store: which, how many, and whether they held up an event loop."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

from cumbre.state.port import StateStore

_READS: Final = frozenset({"get", "get_many", "items"})


@dataclass(frozen=True, slots=True)
class StateCall:
    """A call of a store. in_event_loop: the calling thread was running an event loop, which had to wait."""

    method: str
    kind: str
    thread: str
    in_event_loop: bool


@dataclass
class StateCalls:
    """The calls so far, of all threads."""

    made: list[StateCall] = field(default_factory=list)

    def reads(self) -> list[StateCall]:
        """Return the calls that read, without those of the calling thread."""
        return [call for call in self._by_others() if call.method in _READS]

    def writes(self) -> list[StateCall]:
        """Return the calls that write, without those of the calling thread."""
        return [call for call in self._by_others() if call.method not in _READS]

    def in_event_loops(self) -> list[StateCall]:
        """Return the calls that an event loop waited for."""
        return [call for call in self.made if call.in_event_loop]

    def _by_others(self) -> list[StateCall]:
        mine = threading.current_thread().name
        return [call for call in self.made if call.thread != mine]


def watched(state: StateStore, calls: StateCalls) -> StateStore:
    """Return a store that passes every call on to `state` and adds it to `calls`."""
    return cast(StateStore, _Watched(state, calls))


class _Watched:
    def __init__(self, state: StateStore, calls: StateCalls) -> None:
        self._state = state
        self._calls = calls

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._state, name)

        def call(*given: Any, **named: Any) -> Any:
            self._note(name, given)
            return self._noted_pages(given, method(*given)) if name == "items" else method(*given, **named)

        return call

    def _noted_pages(self, given: tuple[Any, ...], items: Iterator[Any]) -> Iterator[Any]:
        # Pages are read during the iteration, which may happen in another thread than the call.
        for item in items:
            if _runs_event_loop():
                self._note("items", given)
            yield item

    def _note(self, method: str, given: tuple[Any, ...]) -> None:
        kind = str(given[0]) if given else ""
        self._calls.made.append(StateCall(method, kind, threading.current_thread().name, _runs_event_loop()))


def _runs_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
