"""Tell when the time of a Lambda invocation is nearly over."""

from typing import Final

_MILLISECONDS: Final = 1000.0


class Deadline:
    """The end of a Lambda invocation, less a margin. Without a Lambda context (e.g. in tests) it is never near."""

    def __init__(self, context: object, margin_s: float) -> None:
        self._remaining_ms = getattr(context, "get_remaining_time_in_millis", None)
        self._margin_ms = margin_s * _MILLISECONDS

    def is_near(self) -> bool:
        """Return whether less than the margin is left; callers then start no further work."""
        return self._remaining_ms is not None and self._remaining_ms() < self._margin_ms
