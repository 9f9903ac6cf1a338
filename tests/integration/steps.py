"""Threads that run step by step: a test can pause, fail or kill them at each call of a storage or index."""

import threading
from collections.abc import Callable
from typing import Any


class Died(Exception):
    """Stands for the end of a killed process: none of its later steps happens."""


class Steps:
    """The progress of one worker. Its calls wait here until the test lets them continue."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._allowed = 0
        self._is_waiting = False
        self._free = False
        self._dead = False
        self._fault: Exception | None = None
        self.finished = False

    def pause(self) -> None:
        """Wait until the worker may take its next step. Raises Died, or the fault that the test wants in this step."""
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
        """Record that the worker has no more steps."""
        with self._changed:
            self.finished = True
            self._changed.notify_all()

    def advance(self, fault: Exception | None = None) -> None:
        """Let the worker take one step, or fail in it with `fault`, and wait until it pauses again or ends."""
        self._wait_until_paused()
        with self._changed:
            if self.finished:
                return
            self._fault = fault
            self._allowed += 1
            self._is_waiting = False
            self._changed.notify_all()
        self._wait_until_paused()

    def run_to_end(self) -> None:
        """Let the worker take all of its remaining steps without pausing."""
        with self._changed:
            self._free = True
            self._changed.notify_all()

    def die(self) -> None:
        """Let the worker raise Died instead of taking its next step."""
        with self._changed:
            self._dead = True
            self._changed.notify_all()

    def _wait_until_paused(self) -> None:
        with self._changed:
            has_paused = self._changed.wait_for(lambda: self._is_waiting or self.finished, 30)
            assert has_paused, "a worker neither pauses nor ends"


class SteppedProxy:
    """Passes every call on to a real storage or index; each call is one step."""

    def __init__(self, real: Any, steps: Steps) -> None:
        self._real = real
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._real, name)
        if not callable(attribute):
            return attribute

        def step(*args: Any, **options: Any) -> Any:
            self._steps.pause()
            return attribute(*args, **options)

        return step


class Worker:
    """A thread that handles a photo step by step. `error` is the exception that ended it, if any."""

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
