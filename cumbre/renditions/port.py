"""The RenditionStore port, and the sizes in which renditions are made."""

from collections.abc import Callable
from typing import Protocol

RENDITION_SIZES_PX = (320, 640, 1280, 2560)


class RenditionStore(Protocol):
    """Stores renditions by content hash, so that a renamed photo keeps its own. Lost renditions are made again.

    Every method may raise StorageError. Every adapter must pass tests/contract/test_rendition_store.py.
    """

    def get(self, sha256: str, size_px: int) -> bytes | None:
        """Return a JPEG, or None if it is not stored."""
        ...

    def put(self, sha256: str, size_px: int, jpeg: bytes) -> None:
        """Store a JPEG, replacing an earlier one."""
        ...

    def has_all(self, sha256: str) -> bool:
        """Return whether every size is stored. Must be cheap."""
        ...

    def delete(self, sha256: str) -> None:
        """Delete every size of a content. Missing ones are ignored."""
        ...

    def trim(self, is_in_album: Callable[[str], bool], max_bytes: int) -> None:
        """Delete renditions of content that left the album and, if space is scarce, the least recently used ones.

        is_in_album: returns whether a content hash is in the album. max_bytes: the size that the store may keep. A
        large store may check only a part of itself in each call.
        """
        ...
