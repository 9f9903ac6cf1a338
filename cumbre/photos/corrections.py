"""Corrections made by people, stored by content hash so that they survive renames and reindexing."""

from cumbre.json_codec import dumps
from cumbre.state.port import StateStore
from cumbre.state.records import read_record

_KIND = "correction"


class Corrections:
    """Store of the peaks that people named, by content hash."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def get(self, content_sha256: str) -> tuple[str, ...] | None:
        """Return the ids of the peaks a person named, best first; () for "none of them", None without a correction."""
        value = self._state.get(_KIND, content_sha256)
        return None if value is None else read_record(value, tuple[str, ...], "a correction")

    def put(self, content_sha256: str, peak_ids: tuple[str, ...]) -> None:
        """Store a correction; () means that the photo shows none of the peaks."""
        self._state.put(_KIND, content_sha256, dumps(peak_ids, tuple[str, ...]))

    def remove(self, content_sha256: str) -> None:
        """Delete the correction of a photo."""
        self._state.delete(_KIND, content_sha256)
