"""Workers that take one step when they are told: every call of a storage or index is a place to stop, fail or die."""

import threading
from collections.abc import Callable
from typing import Any


class Died(Exception):
    """The process is gone: nothing that it would have done afterwards happens."""


class Steps:
    """Where one worker stands. Its calls wait here until the test lets them go on."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._allowed = 0
        self._is_waiting = False
        self._free = False
        self._dead = False
        self._fault: Exception | None = None
        self.finished = False

    def pause(self) -> None:
        """Called before each step. Raises what the test wants to go wrong."""
        with self._changed:
            self._is_waiting = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._allowed > 0 or self._free or self._dead)
            self._is_waiting = False
            if self._dead:
                raise Died
            self._allowed = max(self._allowed - 1, 0)
            fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    def end(self) -> None:
        with self._changed:
            self.finished = True
            self._changed.notify_all()

    def go(self, fault: Exception | None = None) -> None:
        """Let it take one step, or fail in it, and wait until it stands again."""
        self._wait_until_standing()
        with self._changed:
            if self.finished:
                return
            self._fault = fault
            self._allowed += 1
            self._is_waiting = False
            self._changed.notify_all()
        self._wait_until_standing()

    def run_on(self) -> None:
        with self._changed:
            self._free = True
            self._changed.notify_all()

    def die(self) -> None:
        with self._changed:
            self._dead = True
            self._changed.notify_all()

    def _wait_until_standing(self) -> None:
        with self._changed:
            stands = self._changed.wait_for(lambda: self._is_waiting or self.finished, 30)
            assert stands, "a worker neither waits nor ends"


class Stepping:
    """Passes every call on to a real storage or index, one step each."""

    def __init__(self, real: Any, steps: Steps) -> None:
        self._real = real
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found):
            return found

        def step(*args: Any, **options: Any) -> Any:
            self._steps.pause()
            return found(*args, **options)

        return step


class Worker:
    """A thread that does something about a photo, step by step. error is what it ended with."""

    def __init__(self, name: str, work: Callable[[Steps], object]) -> None:
        self.name = name
        self.steps = Steps()
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(work,))
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self, work: Callable[[Steps], object]) -> None:
        try:
            work(self.steps)
        except Exception as error:
            self.error = error
        finally:
            self.steps.end()
