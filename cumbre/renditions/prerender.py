"""Renditions made ahead, while the file is at hand, and deleted when their photo leaves the album.

For a store that many machines share: whoever shows a photo then reads a small object instead of the file.
"""

import logging
from collections.abc import Callable

from cumbre.errors import CumbreError
from cumbre.renditions.port import RENDITION_SIZES_PX, RenditionStore
from cumbre.sandbox.port import PictureReader

_log = logging.getLogger(__name__)


class Prerenderer:
    """Nothing here ever fails a photo: a rendition that is not made is made when it is first asked for.

    is_in_album says whether any document has a content.
    """

    def __init__(self, store: RenditionStore, pictures: PictureReader, is_in_album: Callable[[str], bool]) -> None:
        self._store = store
        self._pictures = pictures
        self._is_in_album = is_in_album

    def render(self, sha256: str, data: bytes) -> None:
        """Make every size of a file whose content this is, unless they are there."""
        try:
            if self._store.has_all(sha256):
                return
            # The largest first: where it ends in the middle, the smallest tells that not all are there.
            sizes_px = sorted(RENDITION_SIZES_PX, reverse=True)
            for size_px, jpeg in zip(sizes_px, self._pictures.renditions(data, sizes_px), strict=True):
                self._store.put(sha256, size_px, jpeg)
        except CumbreError as error:
            _log.warning("the pictures to show of %s were not made: %s", sha256, error)
        except Exception:
            _log.exception("the pictures to show of %s were not made", sha256)

    def delete(self, sha256: str) -> None:
        """A document with this content is gone: delete its renditions, unless another one has it."""
        try:
            if not self._is_in_album(sha256):
                self._store.delete(sha256)
        except CumbreError as error:
            _log.warning("the pictures to show of %s were not deleted: %s", sha256, error)
