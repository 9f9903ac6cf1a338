"""Store renditions in advance, made while the file is decoded, and delete them when their photo leaves the album.

This is for a store that many machines share: showing a photo then means reading a small object instead of the file.
"""

import logging
from collections.abc import Callable, Sequence

from cumbre.errors import CumbreError
from cumbre.renditions.port import RENDITION_SIZES_PX, RenditionStore

_log = logging.getLogger(__name__)


class Prerenderer:
    """Store and delete renditions. Failures are only logged: a missing rendition is made on its first request.

    is_in_album: returns whether any document has this content hash.
    """

    def __init__(self, store: RenditionStore, is_in_album: Callable[[str], bool]) -> None:
        self._store = store
        self._is_in_album = is_in_album

    def missing_px(self, sha256: str) -> tuple[int, ...]:
        """Return the sizes to make, largest first: none if all are stored or the store can't be reached."""
        try:
            return () if self._store.has_all(sha256) else tuple(sorted(RENDITION_SIZES_PX, reverse=True))
        except CumbreError as error:
            _log.warning("the renditions of %s are not made now: %s", sha256, error)
            return ()

    def put(self, sha256: str, sizes_px: Sequence[int], renditions: Sequence[bytes]) -> None:
        """Store the renditions of a content, in the order of missing_px()."""
        try:
            # Largest first: has_all() may check only the smallest, which is missing if this is interrupted.
            for size_px, jpeg in zip(sizes_px, renditions, strict=True):
                self._store.put(sha256, size_px, jpeg)
        except CumbreError as error:
            _log.warning("the renditions of %s could not be stored: %s", sha256, error)

    def delete(self, sha256: str) -> None:
        """Delete the renditions of a deleted document's content, unless another document has the same content."""
        try:
            if not self._is_in_album(sha256):
                self._store.delete(sha256)
        except CumbreError as error:
            _log.warning("the renditions of %s could not be deleted: %s", sha256, error)
