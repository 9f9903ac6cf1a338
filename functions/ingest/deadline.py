"""How much of an invocation's time is left."""

from typing import Final

_MILLISECONDS: Final = 1000.0


class Deadline:
    """Of a Lambda context; without one (a test, another caller) there is time without end."""

    def __init__(self, context: object, margin_s: float) -> None:
        self._remaining_ms = getattr(context, "get_remaining_time_in_millis", None)
        self._margin_ms = margin_s * _MILLISECONDS

    def is_near(self) -> bool:
        """Whether less than the margin is left: then nothing more is begun."""
        return self._remaining_ms is not None and self._remaining_ms() < self._margin_ms
