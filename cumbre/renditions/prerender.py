"""Make renditions in advance, while the file is in memory, and delete them when their photo leaves the album.

This is for a store that many machines share: showing a photo then means reading a small object instead of the file.
"""

import logging
from collections.abc import Callable

from cumbre.errors import CumbreError
from cumbre.renditions.port import RENDITION_SIZES_PX, RenditionStore
from cumbre.sandbox.port import PictureReader

_log = logging.getLogger(__name__)


class Prerenderer:
    """Make and delete renditions. Failures are only logged: a missing rendition is made on its first request.

    is_in_album: returns whether any document has this content hash.
    """

    def __init__(self, store: RenditionStore, pictures: PictureReader, is_in_album: Callable[[str], bool]) -> None:
        self._store = store
        self._pictures = pictures
        self._is_in_album = is_in_album

    def render(self, sha256: str, data: bytes) -> None:
        """Make every size of a file, unless all are stored. sha256: the hash of data."""
        try:
            if self._store.has_all(sha256):
                return
            # Largest first: has_all() may check only the smallest, which is missing if this is interrupted.
            sizes_px = sorted(RENDITION_SIZES_PX, reverse=True)
            for size_px, jpeg in zip(sizes_px, self._pictures.renditions(data, sizes_px), strict=True):
                self._store.put(sha256, size_px, jpeg)
        except CumbreError as error:
            _log.warning("the renditions of %s could not be made: %s", sha256, error)
        except Exception:
            _log.exception("the renditions of %s could not be made", sha256)

    def delete(self, sha256: str) -> None:
        """Delete the renditions of a deleted document's content, unless another document has the same content."""
        try:
            if not self._is_in_album(sha256):
                self._store.delete(sha256)
        except CumbreError as error:
            _log.warning("the renditions of %s could not be deleted: %s", sha256, error)
