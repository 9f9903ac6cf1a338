"""The port RenditionStore: where renditions are kept, and in which sizes they are made."""

from collections.abc import Callable
from typing import Protocol

RENDITION_SIZES_PX = (320, 640, 1280, 2560)


class RenditionStore(Protocol):
    """Keeps renditions by content, so that a renamed photo keeps its own. What it loses is made again.

    Every method may raise StorageError. Every adapter passes tests/contract.
    """

    def get(self, sha256: str, size_px: int) -> bytes | None: ...

    def put(self, sha256: str, size_px: int, jpeg: bytes) -> None: ...

    def has_all(self, sha256: str) -> bool:
        """Whether every size is there; cheap."""
        ...

    def delete(self, sha256: str) -> None:
        """Delete every size of a content; one that is gone already is fine."""
        ...

    def trim(self, is_in_album: Callable[[str], bool], most_bytes: int) -> None:
        """Delete what left the album and, where room is scarce, the least recently used beyond most_bytes.

        A large store may look at a part of it each time.
        """
        ...
