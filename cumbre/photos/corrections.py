"""What people said a photo shows. It belongs to the picture's content, so that a rename or a reindex keeps it."""

import json

from cumbre.state.port import StateStore

_KIND = "correction"


class Corrections:
    """Corrected peaks by content hash."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def get(self, content_sha256: str) -> tuple[str, ...] | None:
        """The peaks that a person named, likeliest first; () for none of them, None if nobody said anything."""
        value = self._state.get(_KIND, content_sha256)
        return None if value is None else tuple(json.loads(value))

    def put(self, content_sha256: str, peak_ids: tuple[str, ...]) -> None:
        self._state.put(_KIND, content_sha256, json.dumps(peak_ids).encode())

    def remove(self, content_sha256: str) -> None:
        self._state.delete(_KIND, content_sha256)
